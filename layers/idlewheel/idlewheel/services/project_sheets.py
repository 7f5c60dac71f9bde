"""What the page of a project is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from idlewheel.domain.project import FileState, file_key
from idlewheel.domain.versions import canonical
from idlewheel.services.current import differing
from idlewheel.services.sheets import Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Delta, File, Project
    from idlewheel.services.current import Sheets
    from idlewheel.services.ports import Catalog
    from idlewheel.services.sheets import Row, Segment

MEAN = 256
"""Files in a segment, on average: a changed one renders and compresses in some milliseconds."""

SHORT = 64
"""Items that are read of a project before anything is known of it, for some nine read units: all
of one with some twenty releases, whose page then takes a single call."""

SURE = 5
"""Looks after which what is kept is not trusted either, and all is read again."""


class Entry(NamedTuple):
    """What a page says of a file; deleted ones stay, unlisted, so that writes can be counted."""

    filename: str
    version: str
    size: int
    sha256: str
    requires_python: str | None
    metadata_sha256: str | None
    yanked: str | None
    uploaded: int
    """Microseconds since the epoch."""
    listed: bool
    writes: int
    attested: bool = False
    """Whether it has provenance (PEP 740)."""

    @classmethod
    def of(cls, file: File) -> Entry:
        """Take from *file* what pages show."""
        return cls(
            file.filename,
            file.version,
            file.size,
            file.sha256,
            file.requires_python,
            file.metadata_sha256,
            file.yanked,
            round(file.uploaded_at.timestamp() * 1_000_000),
            file.state is FileState.ACTIVE,
            file.writes,
            file.provenance_sha256 is not None,
        )

    def key(self, project: NormalizedName) -> str:
        """Where the bytes are: the key in the files bucket, and the path of the URL."""
        return file_key(project, self.sha256, self.filename)


class ProjectSheets:
    """Sheets of projects, as new as the table."""

    def __init__(self, catalog: Catalog, sheets: Sheets) -> None:
        """Read from *catalog* what is newer than *sheets*."""
        self._catalog = catalog
        self._sheets = sheets

    def project(self, name: NormalizedName, *, is_known: bool) -> Project:
        """Find a project; of a short one that is not at hand, all that its page shows as well.

        *is_known* says that the client may have the page: then the project alone tells.
        Raises NotFound.
        """
        if is_known or self._sheets.holds(_place(name)):
            return self._catalog.project(name)
        changes = self._catalog.newest(name, SHORT)
        if changes.project is None:
            return self._catalog.project(name)
        if changes.complete(known=0):
            self._sheets.keep(_place(name), updated(Sheet(), changes.project, changes))
        return changes.project

    def current(self, project: Project) -> tuple[Project, Sheet]:
        """Answer the sheet of *project*, at its revision or a later one, whole.

        Raises:
            Unavailable: a change of the project is not visible as a whole, and does not become so.

        """
        sheet = self._sheets.find(_place(project.name), rows=project.file_count)
        if stand(sheet)[0] > project.revision:
            project = self._catalog.project(project.name)
        for look in self._sheets.looks(f"the page of '{project.name}'"):
            if stand(sheet) == (project.revision, project.serial):
                return project, sheet
            if look >= SURE or stand(sheet)[0] >= project.revision:
                sheet = Sheet()
            changes = self._catalog.changes(project.name, stand(sheet)[0])
            if changes.project and changes.complete(_writes_beside(sheet, changes)):
                project, sheet = changes.project, updated(sheet, changes.project, changes)
                self._sheets.keep(_place(project.name), sheet)
                return project, sheet
        raise AssertionError  # looks() ends by raising

    def keep(self, project: Project, sheet: Sheet, rendered: int) -> None:
        """Keep a sheet in which so many segments were *rendered* anew."""
        self._sheets.keep(_place(project.name), sheet, rendered=rendered)


def _place(name: NormalizedName) -> str:
    return f"projects/{name}"


def stand(sheet: Sheet) -> tuple[int, int]:
    """Answer the revision and the serial of the project that *sheet* shows; zeros of none."""
    return sheet.state.get("revision", 0), sheet.state.get("serial", 0)


def _writes_beside(sheet: Sheet, changes: Delta) -> int:
    """Count the writes of what *changes* does not bring again."""
    files = sheet.find(file.filename for file in changes.files)
    releases = _releases(sheet)
    again = [releases.get(canonical(one.version)) for one in changes.releases]
    known: int = sum(Entry(*row).writes for row in files.values())
    known += sum(one[3] for one in again if one is not None)
    before: int = sheet.state.get("writes", 0)
    return before - known


def updated(sheet: Sheet, project: Project, changes: Delta) -> Sheet:
    """Make the sheet of *project* that *changes* leads to."""
    releases = {
        canonical(one.version): [one.version, one.yanked, one.deleted, one.writes]
        for one in changes.releases
    }
    before = _releases(sheet)
    after = {**before, **releases}
    state = {
        "revision": project.revision,
        "serial": project.serial,
        "writes": project.writes,
        "releases": after,
        "attested": attested(sheet) or any(file.provenance_sha256 for file in changes.files),
    }
    rows: dict[str, Any] = {file.filename: list(Entry.of(file)) for file in changes.files}
    following = replace(sheet, state=state).with_rows(
        differing(sheet.find(rows), rows), MEAN, _versions
    )
    moved = {version for version, _ in _yanks(before).items() ^ _yanks(after).items()}
    if not moved:
        return following

    def shows_a_moved_one(segment: Segment) -> bool:
        return any(canonical(version) in moved for version in segment.marks)

    return following.without_renderings(shows_a_moved_one)


def attested(sheet: Sheet) -> bool:
    """Say whether any file has, or ever had, provenance: the page then names this index."""
    return bool(sheet.state.get("attested"))


def _versions(rows: Sequence[Row]) -> tuple[str, ...]:
    entries = (Entry(*row) for row in rows)
    return tuple(sorted({entry.version for entry in entries if entry.listed}))


def _releases(sheet: Sheet) -> Mapping[str, list[Any]]:
    """Answer version as spelled, yank, whether deleted, and writes, by canonical version."""
    releases: Mapping[str, list[Any]] = sheet.state.get("releases", {})
    return releases


def _yanks(releases: Mapping[str, list[Any]]) -> dict[str, str]:
    return {version: one[1] for version, one in releases.items() if one[1] is not None}


def versions(project: Project, sheet: Sheet) -> list[str]:
    """Answer every version, those without files included (PEP 700)."""
    known = {one[0] for one in _releases(sheet).values() if not one[2]}
    if project.status.offers_files:
        known.update(version for segment in sheet.segments for version in segment.marks)
    return sorted(known)


def entries(sheet: Sheet, segment: Segment) -> list[Entry]:
    """Answer what a segment lists, each with the yank that holds for it."""
    yanks = _yanks(_releases(sheet))
    listed = [entry for row in segment.rows() if (entry := Entry(*row)).listed]
    if not yanks:
        return listed
    return [
        entry._replace(yanked=yanks.get(canonical(entry.version)))
        if entry.yanked is None
        else entry
        for entry in listed
    ]
