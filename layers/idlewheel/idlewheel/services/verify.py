"""Does the table say what the bucket holds, and are the bytes what the table says?

Reads only. While others publish, a finding may be of the moment: what is found twice is real.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Protocol

from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import METADATA_SUFFIX
from idlewheel.domain.versions import canonical
from idlewheel.errors import NotFound
from idlewheel.services.urls import is_active, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.domain.project import Delta, File, Project
    from idlewheel.services.ports import Catalog
    from idlewheel.services.sweep import Stored

Progress = Callable[[str, float], None]
"""Is told the project that is being worked on, and the part of everything that is done (0 to 1)."""

MEANINGS = {
    "claim-differs": "the claim of a filename is missing, or says other than the file",
    "counts-differ": "a project counts its files or bytes wrongly",
    "digest-differs": "what a client would download is not what is listed",
    "does-not-download": "it is listed, and a client would get nothing",
    "no-manifest": "a file has no manifest: a rebuilt table would not have it",
    "no-release": "a file's release is missing",
    "orphan": "an object belongs to no file and no draft",
    "size-differs": "what a client would download has another size than is listed",
    "still-downloads": "it is not listed, and a client who knows its URL gets it",
    "writes-differ": "a change was not counted: a page that is kept may miss it",
}
"""What each code of a finding says; the table is the first to be believed, then the bucket."""


class Shelf(Protocol):
    """The files bucket, listed and read."""

    def stored(self) -> Iterable[Stored]:
        """Every version of every published file, in the order of their keys."""
        ...

    def digest(self, key: str) -> str | None:
        """The SHA-256 of what a client would get."""
        ...


class Drafted(Protocol):
    """The drafts, listed."""

    def of(self, name: NormalizedName) -> Sequence[Draft]:
        """The latest draft of each release and token of a project, ended ones included."""
        ...

    def staged(self, draft_id: str) -> tuple[Draft, Sequence[StagedFile]]:
        """Find a draft and the files in it."""
        ...


class Noted(Protocol):
    """The manifests, listed."""

    def files_noted(self, name: NormalizedName) -> set[str]:
        """The filenames of a project that have one."""
        ...


class Finding(NamedTuple):
    """Something that is not as it must be."""

    code: str
    project: str
    subject: str
    """A filename, a key, or nothing where it is of the project as a whole."""

    @property
    def message(self) -> str:
        """What is wrong, as a sentence."""
        return MEANINGS[self.code]


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verification:
    """Goes through the whole index."""

    catalog: Catalog
    shelf: Shelf
    manifests: Noted
    drafts: Drafted

    def verify(self, *, bytes_too: bool, progress: Progress = lambda *_: None) -> Report:
        """Check every project.

        Args:
            bytes_too: read every listed file and compare its digest; else sizes are compared.
            progress: called after each file.

        """
        report = Report()
        held = {
            project: list(versions)
            for project, versions in groupby(self.shelf.stored(), lambda one: one.key.split("/")[1])
        }
        listed = {listing.name for listing in self.catalog.listings()}
        names = sorted(held.keys() | listed)
        for number, name in enumerate(map(NormalizedName, names)):
            done = partial(_tell, progress, name, number, len(names))
            report.findings += self._project(name, held.get(name, []), report, bytes_too, done)
        return report

    def _project(
        self,
        name: NormalizedName,
        held: list[Stored],
        report: Report,
        bytes_too: bool,
        done: Callable[[float], None],
    ) -> Iterator[Finding]:
        known = self.catalog.changes(name, 0)
        shown = {one.key: one for one in held if one.is_latest and not one.is_marker}
        report.counts.update(projects=int(known.project is not None), files=len(known.files))
        report.counts.update(objects=len(held))
        owned = {*keys_of(name, known.files), *self._drafted(name)}
        for key in sorted({one.key for one in held} - owned):
            yield Finding("orphan", name, key)
        if known.project is None:
            done(1)
            return
        yield from _counts(known.project, known)
        noted = self.manifests.files_noted(name)
        for number, file in enumerate(known.files, 1):
            listed = known.project.status.offers_files and is_active(file)
            yield from self._claimed(name, file)
            yield from _shown(name, file, shown, listed=listed)
            if file.filename not in noted:
                yield Finding("no-manifest", name, file.filename)
            if listed and bytes_too:
                yield from self._bytes(name, file, report)
            done(number / len(known.files))

    def _drafted(self, name: NormalizedName) -> Iterator[str]:
        """Name the objects that wait in drafts: nothing lists them, and they are no orphans."""
        now = datetime.now(UTC)
        for draft in self.drafts.of(name):
            if draft.is_open(now):
                _, staged = self.drafts.staged(draft.id)
                yield from keys_of(name, [one.file for one in staged])

    def _claimed(self, name: NormalizedName, file: File) -> Iterator[Finding]:
        claim = self.catalog.claim(file.filename)
        facts = (file.filename, file.sha256, file.state)
        if claim is None or (claim.filename, claim.sha256, claim.state) != facts:
            yield Finding("claim-differs", name, file.filename)
        try:
            self.catalog.release(name, file.version)
        except NotFound:
            yield Finding("no-release", name, file.filename)

    def _bytes(self, name: NormalizedName, file: File, report: Report) -> Iterator[Finding]:
        key = file.key(name)
        expected = {key: file.sha256, key + METADATA_SUFFIX: file.metadata_sha256}
        expected[key + PROVENANCE_SUFFIX] = file.provenance_sha256
        for key, sha256 in expected.items():
            if sha256 is not None:
                report.counts.update(read=1)
                if self.shelf.digest(key) != sha256:
                    yield Finding("digest-differs", name, key)


def _tell(progress: Progress, name: NormalizedName, number: int, of: int, part: float) -> None:
    """Tell that *part* of one project is done; the whole is *of* projects."""
    progress(name, (number + part) / of)


def _counts(project: Project, known: Delta) -> Iterator[Finding]:
    """What the project says of all its files and releases together."""
    active = sum(file.size for file in known.files if is_active(file))
    versions = {canonical(release.version) for release in known.releases}
    if not known.complete(known=0):
        yield Finding("writes-differ", project.name, "")
    if project.file_count != len(known.files) or project.size != active:
        yield Finding("counts-differ", project.name, "")
    if not {canonical(file.version) for file in known.files} <= versions:
        yield Finding("no-release", project.name, "")


def _shown(
    name: NormalizedName, file: File, shown: dict[str, Stored], *, listed: bool
) -> Iterator[Finding]:
    """A file that is listed downloads, in its size; one that is not listed does not."""
    for key in keys_of(name, [file]):
        if (key in shown) != listed:
            yield Finding("does-not-download" if listed else "still-downloads", name, key)
    own = shown.get(file.key(name))
    if own is not None and own.size != file.size:
        yield Finding("size-differs", name, file.filename)
