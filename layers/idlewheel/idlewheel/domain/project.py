"""What an index holds: projects, their releases and files, and the page that lists them.

The words are those of the simple repository API and of PEP 592 (yanked), PEP 700
(versions, size, upload-time), PEP 714 (core-metadata) and PEP 792 (project-status).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.domain.versions import canonical
from idlewheel.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from idlewheel.domain.names import NormalizedName


class Status(StrEnum):
    """The markers of PEP 792."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    DEPRECATED = "deprecated"

    @property
    def takes_uploads(self) -> bool:
        """Whether new files may be published."""
        return self in {Status.ACTIVE, Status.DEPRECATED}

    @property
    def offers_files(self) -> bool:
        """Whether existing files are listed and served."""
        return self is not Status.QUARANTINED


class FileState(StrEnum):
    """Whether a file is there."""

    ACTIVE = "active"
    DELETED = "deleted"


class Origin(StrEnum):
    """Who may answer for a name; private names are never answered by anybody else."""

    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Project:
    """A name that this index answers for; it outlives its last file."""

    name: NormalizedName
    display_name: str
    revision: int
    """Counts the changes of the project's page, from 1."""
    serial: int
    """Microseconds since the epoch at the last change, always rising (bandersnatch's serial)."""
    created_at: datetime
    file_count: int = 0
    """Files ever published, deleted ones included."""
    size: int = 0
    """Bytes of its files, without those that are deleted."""
    writes: int = 0
    """How often a release or a file of it was written: the sum of theirs, once all are seen."""
    status: Status = Status.ACTIVE
    status_reason: str | None = None
    origin: Origin = Origin.PRIVATE


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a project; it may have no files (any more)."""

    version: str
    """Normalized (PEP 440), spelled as its first file does."""
    created_at: datetime
    """When its first file was published; by it a release closes to new files."""
    revision: int = 0
    writes: int = 1
    """How often it was written."""
    yanked: str | None = None
    """Why the release is yanked; the empty string is a yank without a reason."""
    deleted: bool = False
    metadata: Mapping[str, object] = field(default_factory=dict)
    """What the JSON API shows of its core metadata, by the names used there."""


@dataclass(frozen=True, slots=True)
class File:
    """One distribution file, a wheel or an sdist; its bytes never change."""

    filename: str
    version: str
    kind: str
    """``wheel`` or ``sdist``."""
    size: int
    sha256: str
    uploaded_at: datetime
    uploaded_by: str
    python_tag: str = "source"
    blake2b: str | None = None
    md5: str | None = None
    requires_python: str | None = None
    metadata_sha256: str | None = None
    """SHA-256 of its ``.metadata`` sibling; None where it has none."""
    metadata_size: int | None = None
    provenance_sha256: str | None = None
    """SHA-256 of its ``.provenance`` sibling; None where nobody attests the file (PEP 740)."""
    yanked: str | None = None
    """Why the file is yanked; the empty string is a yank without a reason."""
    state: FileState = FileState.ACTIVE
    deleted_at: datetime | None = None
    revision: int = 0
    writes: int = 1
    """How often it was written."""

    def key(self, project: NormalizedName) -> str:
        """Where the bytes are: the key in the files bucket, and the path of the URL."""
        return file_key(project, self.sha256, self.filename)


def file_key(project: NormalizedName, sha256: str, filename: str) -> str:
    """Compose the key of a file: its content is in it, so no other bytes can ever take it."""
    return f"files/{project}/{sha256}/{filename}"


METADATA_SUFFIX = ".metadata"
"""What the core metadata's URL adds to the file's (PEP 658)."""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """All that a page says of one project, at one revision."""

    project: Project
    releases: tuple[Release, ...] = ()
    files: tuple[File, ...] = ()
    """Those that are listed, each with the yank that holds for it."""


def page_of(
    project: Project, releases: tuple[Release, ...], files: tuple[File, ...]
) -> ProjectPage:
    """Decide what is listed: no deleted file, none at all in quarantine; a release's yank holds."""
    yanks = {canonical(one.version): one.yanked for one in releases if one.yanked is not None}
    listed = tuple(
        _with_yank(file, yanks.get(canonical(file.version))) if yanks else file
        for file in files
        if file.state is FileState.ACTIVE and project.status.offers_files
    )
    # A deleted release of which one file was restored, or into which one was published meanwhile,
    # is a version again: PEP 700 wants the version of every listed file among the versions.
    alive = {canonical(file.version) for file in listed} if _any_deleted(releases) else set()
    known = tuple(one for one in releases if not one.deleted or canonical(one.version) in alive)
    return ProjectPage(project, known, listed)


def _any_deleted(releases: tuple[Release, ...]) -> bool:
    return any(release.deleted for release in releases)


def _with_yank(file: File, release_yank: str | None) -> File:
    if release_yank is None or file.yanked is not None:
        return file
    return replace(file, yanked=release_yank)


@dataclass(frozen=True, slots=True)
class Delta:
    """What was written in a project after some revision."""

    project: Project | None
    """As the same read saw it; None where nothing was written since."""
    releases: tuple[Release, ...] = ()
    files: tuple[File, ...] = ()
    """Deleted ones included."""

    def complete(self, known: int) -> bool:
        """Say whether all is there that the project's revision stands for, and nothing later.

        *known* counts the writes of all items that this read did not bring again. A transaction's
        items become visible one by one (DynamoDB Developer Guide, "Isolation levels for DynamoDB
        transactions"), and a later change may be seen before the last item of an earlier one:
        only the sum of all writes tells that none is missing.
        """
        if self.project is None:
            return False
        items: list[Release | File] = [*self.releases, *self.files]
        latest = max((item.revision for item in items), default=0)
        seen = known + sum(item.writes for item in items)
        return latest <= self.project.revision and seen == self.project.writes


class Listing(NamedTuple):
    """What the list of all projects says of one of them."""

    name: NormalizedName
    display_name: str
    serial: int
    shown: bool = True
    """A project in quarantine is not."""
    writes: int = 1
    """How often it was written: once for each revision of the project."""
    size: int = 0
    """Bytes of its files."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a filename: one content, for ever, even after deletion."""

    filename: str
    sha256: str
    upload_id: str
    state: FileState

    def settles(self, filename: str, sha256: str) -> bool:
        """Answer whether exactly this file is published already.

        Raises:
            Conflict: the name is taken, by other bytes or by a deleted file (PEP 763's reasons:
                whoever pinned the name must never get other bytes for it).

        """
        if self.state is FileState.DELETED:
            raise Conflict(
                f"File already exists: {self.filename} was deleted, and a deleted file's name "
                "is never used again; publish under a new version or build number"
            )
        if (self.filename, self.sha256) != (filename, sha256):
            raise Conflict(
                f"File already exists: {self.filename} was published with other content "
                f"(sha256 {self.sha256}); publish under a new version or build number"
            )
        return True
