"""What events and crashes left behind: find it, and take it to its end.

`Sweep` looks at what waits in the inbox, every few minutes. `Collect` looks at everything that
lies in the files bucket, every few days. `Redrive` is a person's: what waits is tried again now.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Protocol

from idlewheel.domain import drafts
from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import METADATA_SUFFIX
from idlewheel.domain.uploads import IN_FLIGHT, SESSION, Lane, parse_staged_key
from idlewheel.errors import NotFound, Problem, Rejected
from idlewheel.services.manifests import Manifests
from idlewheel.services.urls import Urls, is_active, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from idlewheel.domain.uploads import StagedKey, Upload
    from idlewheel.services.ports import Catalog, Files, Inbox, Uploads

OVERDUE = {Lane.FORM: timedelta(minutes=3), Lane.LARGE: timedelta(minutes=20)}
"""How long an object may wait before its event is taken for lost; ingest alone may take 15."""

BETWEEN = timedelta(minutes=5)
"""How often the inbox is swept, as template.yaml has it."""

DEADLINE = {Lane.FORM: IN_FLIGHT, Lane.LARGE: SESSION + timedelta(minutes=60)}
"""When an upload without a verdict gets one, whatever became of its events.

Counted from its opening: S3 does not say when the bytes of a large object were complete.
"""

ABANDONED = drafts.KEPT + timedelta(days=1)
"""The age at which a copy cannot belong to a publication on its way: a draft's has expired, and
any other commits within the 15 minutes of the invocation that copied it."""


class Waiting(NamedTuple):
    """An object of the inbox."""

    key: str
    arrived_at: datetime


class Stored(NamedTuple):
    """One version, or one delete marker, of an object of the files bucket."""

    key: str
    version_id: str
    stored_at: datetime
    is_latest: bool
    """It decides what a client gets."""
    is_marker: bool
    size: int = 0
    """Bytes."""


class Staging(Protocol):
    """The inbox, listed."""

    def waiting(self) -> Iterable[Waiting]:
        """All that is staged."""
        ...


class Store(Protocol):
    """The files bucket, listed."""

    def stored(self) -> Iterable[Stored]:
        """Every version of every published file, in the order of their keys."""
        ...


class NotedManifests(Manifests, Protocol):
    """The manifests, listed."""

    def files_noted(self, name: NormalizedName) -> set[str]:
        """The filenames of a project that have one."""
        ...


class Events(Protocol):
    """The queues that ingest reads."""

    def send_again(self, key: str) -> None:
        """Say once more that *key* was staged."""
        ...


class DeadLetters(Protocol):
    """The events that ingest could not process, and of which nobody has told yet."""

    def clear(self) -> int:
        """Remove them; answer how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """Takes care of uploads whose event was lost; repeating it changes nothing."""

    uploads: Uploads
    inbox: Inbox
    staging: Staging
    events: Events

    def sweep(self, now: datetime) -> Counter[str]:
        """Send lost events again, and end what is past its deadline; count what was done."""
        done: Counter[str] = Counter()
        for waiting in self.staging.waiting():
            done[self._take(waiting, now)] += 1
        return done

    def _take(self, waiting: Waiting, now: datetime) -> str:
        staged = parse_staged_key(waiting.key)
        upload = _awaited(self.uploads, staged)
        if staged is None or upload is None:
            self.inbox.discard(waiting.key)
            return "discarded"
        if now >= upload.received_at + DEADLINE[staged.lane]:
            self.uploads.reject(upload.id, _overdue(upload))
            self.inbox.discard(waiting.key)
            return "ended"
        if _is_due(now - waiting.arrived_at, OVERDUE[staged.lane]):
            self.events.send_again(waiting.key)
            return "sent again"
        return "young"


@dataclass(frozen=True, slots=True)
class Redrive:
    """Has every upload without a verdict judged again, however long it has waited.

    For who has mended what kept ingest from judging. What has ended stays ended.
    """

    uploads: Uploads
    staging: Staging
    events: Events
    dead_letters: DeadLetters

    def redrive(self) -> Counter[str]:
        """Send the events, then remove the dead letters, which would end those uploads."""
        done: Counter[str] = Counter()
        for waiting in self.staging.waiting():
            if _awaited(self.uploads, parse_staged_key(waiting.key)) is None:
                done["ended"] += 1
                continue
            self.events.send_again(waiting.key)
            done["sent again"] += 1
        done["dead letters"] = self.dead_letters.clear()
        return done


def _awaited(uploads: Uploads, staged: StagedKey | None) -> Upload | None:
    """Answer the upload that waits for what is staged there, if any does."""
    if staged is None:
        return None
    try:
        upload = uploads.get(staged.upload_id)
    except NotFound:
        return None
    return None if upload.state.terminal else upload


@dataclass(frozen=True, slots=True)
class Collect:
    """Removes copies that no publication owns, and mends URLs that say other than the table."""

    catalog: Catalog
    files: Files
    store: Store
    manifests: NotedManifests

    def collect(self, now: datetime) -> Counter[str]:
        """Go through the whole bucket, project by project; count what was found."""
        done: Counter[str] = Counter()
        for project, versions in groupby(self.store.stored(), _project_of):
            done.update(self._project(NormalizedName(project), list(versions), now))
        return done

    def _project(
        self, name: NormalizedName, versions: list[Stored], now: datetime
    ) -> Iterator[str]:
        files = {key: file for file in self.catalog.files(name) for key in keys_of(name, [file])}
        shown = {one.key for one in versions if one.is_latest and not one.is_marker}
        for one in versions:
            yield "owned" if one.key in files else self._orphan(one, now)
        offered = bool(files) and self.catalog.project(name).status.offers_files
        wrong = {
            file.filename: file
            for key, file in files.items()
            if (key in shown) != (offered and is_active(file))
        }
        if files:
            yield from self._note(name, {file.filename for file in files.values()})
        if wrong:
            Urls(self.catalog, self.files).agree(name, list(wrong.values()))
            yield from ("mended" for _ in wrong)

    def _note(self, name: NormalizedName, filenames: set[str]) -> Iterator[str]:
        """Write the manifests that are missing, and what the project is now in any case."""
        for filename in sorted(filenames - self.manifests.files_noted(name)):
            self.manifests.note_file(name, filename)
            yield "noted"
        self.manifests.note_project(name)

    def _orphan(self, one: Stored, now: datetime) -> str:
        if now - one.stored_at < ABANDONED:
            return "young"
        # A second, consistent look, right before: the first one may be minutes old by now.
        claim = self.catalog.claim(_filename_of(one.key))
        if claim is not None and f"/{claim.sha256}/{claim.filename}" in one.key:
            return "owned"
        self.files.drop(one.key, one.version_id)
        return "collected"


def _is_due(age: timedelta, overdue: timedelta) -> bool:
    """Once per *overdue*: an event more is cheap, verifying a large file again is not."""
    return age // overdue > max(age - BETWEEN, timedelta()) // overdue


def _project_of(one: Stored) -> str:
    return one.key.split("/")[1]


def _filename_of(key: str) -> str:
    name = key.rpartition("/")[2]
    return name.removesuffix(METADATA_SUFFIX).removesuffix(PROVENANCE_SUFFIX)


def _overdue(upload: Upload) -> Rejected:
    return Rejected(
        (
            Problem(
                "internal",
                f"{upload.filename} could not be judged in time, and that is our fault, not the "
                f"file's; upload it again, and tell the operators of this index: {upload.id}",
            ),
        )
    )
