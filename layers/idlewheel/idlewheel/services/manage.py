"""Yank, delete, restore, change a status: for people with the right to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action
from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.project import METADATA_SUFFIX, FileState
from idlewheel.domain.versions import canonical
from idlewheel.errors import Gone, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from idlewheel.domain.access import Principal
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Project, Status
    from idlewheel.services.ports import Catalog, Changes, Files

RESTORABLE = timedelta(days=30)
"""How long a deleted file can be restored; then its bytes go, and its name stays taken."""

FEW = 10
"""Files that are rather read one by one than with all others of their project."""

LOOKS = 10
"""How often the table is looked at until it stands still; others must act in between each time."""


@dataclass(frozen=True, slots=True)
class Management:
    """What managers do. Every call can be repeated: the second time it changes nothing."""

    catalog: Catalog
    changes: Changes
    files: Files

    def set_status(
        self, principal: Principal, name: NormalizedName, status: Status, reason: str | None
    ) -> Project:
        """Mark a project (PEP 792); quarantine also stops its files' URLs, at once."""
        principal.require(Action.ADMIN, name)
        if status.offers_files:
            # At no moment may a page list a file whose URL does not answer.
            active = [file for file in self.catalog.files(name) if _is_active(file)]
            self.files.reveal(_keys(name, active))
        project = self.changes.set_status(name, status, reason)
        self._agree(name)
        return project

    def yank_release(
        self, principal: Principal, name: NormalizedName, version: str, reason: str | None
    ) -> None:
        """Yank a release (PEP 592), or unyank it where *reason* is None."""
        principal.require(Action.YANK, name)
        self.changes.yank_release(name, version, reason)

    def yank_file(
        self, principal: Principal, name: NormalizedName, filename: str, reason: str | None
    ) -> None:
        """Yank one file, or unyank it where *reason* is None."""
        principal.require(Action.YANK, name)
        self.changes.yank_file(name, filename, reason)

    def delete_file(
        self, principal: Principal, name: NormalizedName, filename: str, now: datetime
    ) -> None:
        """Unlist one file and stop its URL; its name stays taken for ever."""
        principal.require(Action.ADMIN, name)
        self._delete(name, [self.catalog.file(name, filename)], now)

    def delete_release(
        self, principal: Principal, name: NormalizedName, version: str, now: datetime
    ) -> None:
        """Delete every file of a release, and drop its version."""
        principal.require(Action.ADMIN, name)
        self.catalog.release(name, version)
        self._delete(name, self._of_release(name, version), now)
        self.changes.mark_release(name, version, deleted=True)

    def delete_project(self, principal: Principal, name: NormalizedName, now: datetime) -> None:
        """Delete every file of a project; the project stays known, so that its name is ours."""
        principal.require(Action.ADMIN, name)
        project = self.catalog.project(name)
        self._delete(name, self.catalog.files(name), now)
        for release in self.catalog.page(project).releases:
            self.changes.mark_release(name, release.version, deleted=True)

    def restore_file(
        self, principal: Principal, name: NormalizedName, filename: str, now: datetime
    ) -> None:
        """List a deleted file again."""
        principal.require(Action.ADMIN, name)
        self._restore(name, [self.catalog.file(name, filename)], now)

    def restore_release(
        self, principal: Principal, name: NormalizedName, version: str, now: datetime
    ) -> None:
        """List every file of a deleted release again, and its version."""
        principal.require(Action.ADMIN, name)
        self.catalog.release(name, version)
        self._restore(name, self._of_release(name, version), now)
        self.changes.mark_release(name, version, deleted=False)

    def restore_project(self, principal: Principal, name: NormalizedName, now: datetime) -> None:
        """List every deleted file of a project again that can still be restored."""
        principal.require(Action.ADMIN, name)
        self.catalog.project(name)
        files = [file for file in self.catalog.files(name) if _restorable(file, now)]
        self._restore(name, files, now)
        for version in sorted({file.version for file in files}):
            self.changes.mark_release(name, version, deleted=False)

    def _delete(self, name: NormalizedName, files: Sequence[File], now: datetime) -> None:
        # The table first: a page must never list a file whose URL has stopped already.
        self.changes.delete_files(name, [file for file in files if _is_active(file)], now)
        self._agree(name, files)

    def _restore(self, name: NormalizedName, files: Sequence[File], now: datetime) -> None:
        for file in files:
            _require_restorable(file, now)
        if self.catalog.project(name).status.offers_files:
            self.files.reveal(_keys(name, files))
        self.changes.restore_files(name, [file for file in files if not _is_active(file)])
        self._agree(name, files)

    def _agree(self, name: NormalizedName, files: Sequence[File] | None = None) -> None:
        """Stop the URLs of what is not listed and start those of what is: of *files*, or of all.

        Another manager may change the same between our look at the table and our call to S3.
        Whoever is last finds the table as it found it before, and leaves the URLs so.

        Raises:
            Unavailable: others kept changing it; doing the same again ends it.

        """
        done: dict[str, bool] = {}
        for _ in range(LOOKS):
            offered = self.catalog.project(name).status.offers_files
            current = self._current(name, files)
            state = {file.filename: offered and _is_active(file) for file in current}
            if state == done:
                return
            self.files.hide(_keys(name, [file for file in current if not state[file.filename]]))
            self.files.reveal(_keys(name, [file for file in current if state[file.filename]]))
            done = state
        raise Unavailable(f"others are changing '{name}' as well; do the same again")

    def _current(self, name: NormalizedName, files: Sequence[File] | None) -> Sequence[File]:
        if files is None:
            return self.catalog.files(name)
        if len(files) <= FEW:
            return [self.catalog.file(name, file.filename) for file in files]
        known = {file.filename for file in files}
        return [file for file in self.catalog.files(name) if file.filename in known]

    def _of_release(self, name: NormalizedName, version: str) -> list[File]:
        return [
            file
            for file in self.catalog.files(name)
            if canonical(file.version) == canonical(version)
        ]


def _keys(name: NormalizedName, files: Sequence[File]) -> Iterator[str]:
    for file in files:
        yield file.key(name)
        if file.metadata_sha256:
            yield file.key(name) + METADATA_SUFFIX
        if file.provenance_sha256:
            yield file.key(name) + PROVENANCE_SUFFIX


def _is_active(file: File) -> bool:
    return file.state is FileState.ACTIVE


def _restorable(file: File, now: datetime) -> bool:
    return file.deleted_at is None or now < file.deleted_at + RESTORABLE


def _require_restorable(file: File, now: datetime) -> None:
    if not _restorable(file, now):
        raise Gone(
            f"{file.filename} was deleted more than {RESTORABLE.days} days ago: its bytes are gone"
        )
