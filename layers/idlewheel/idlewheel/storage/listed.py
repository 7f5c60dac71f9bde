"""The writes by which files become listed: the same for one file and for a whole draft."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from idlewheel.domain.project import FileState
from idlewheel.storage import keys, mapping
from idlewheel.storage.tables import ClaimItem, FileItem, MetadataItem, ReleaseItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pynamodb.expressions.condition import Condition

    from idlewheel.domain.project import File
    from idlewheel.storage.revisions import Revision
    from idlewheel.storage.transactions import Writes


@dataclass(frozen=True, slots=True)
class Listed:
    """Files of one release that become listed together."""

    version: str
    files: Sequence[tuple[File, str]]
    """Each with the id of its upload."""
    metadata: bytes
    """Packed, for a release that has none yet."""
    release_is_open: Condition
    uploaded_at: datetime | None = None
    """When they were uploaded elsewhere, if that stays their time; releases close by our own."""


def add_files(writes: Writes, listed: Listed, revision: Revision) -> None:
    """Write the files, their claims and their release, and step their project."""
    latest = len(listed.files) - 1
    for number, (file, upload_id) in enumerate(listed.files):
        # No two files of a project come at one moment, so that an order by time is one.
        moment = revision.moment - timedelta(microseconds=latest - number)
        dated = replace(file, uploaded_at=listed.uploaded_at or moment, revision=revision.number)
        item = mapping.file_item(revision.name, dated)
        writes.put(f"claim {file.filename}", _claim(file, upload_id), _unclaimed())
        writes.put(f"file {file.filename}", item, FileItem.pk.does_not_exist())
    _add_release(writes, listed, revision)
    revision.add_publication(writes, [file.size for file, _ in listed.files])


def _add_release(writes: Writes, listed: Listed, revision: Revision) -> None:
    created = ReleaseItem.created_at
    writes.update(
        "release",
        ReleaseItem(keys.project(revision.name), keys.release(listed.version)),
        [
            ReleaseItem.kind.set(ReleaseItem),
            ReleaseItem.version.set(ReleaseItem.version | listed.version),
            created.set(created | revision.moment),
            ReleaseItem.revision.set(revision.number),
            ReleaseItem.writes.add(1),
            ReleaseItem.deleted.remove(),
        ],
        listed.release_is_open,
    )
    core = MetadataItem.core
    writes.update(
        "metadata",
        MetadataItem(keys.release_metadata(revision.name, listed.version), keys.METADATA),
        [MetadataItem.kind.set(MetadataItem), core.set(core | listed.metadata)],
    )


def _unclaimed() -> Condition:
    return ClaimItem.pk.does_not_exist()


def _claim(file: File, upload_id: str) -> ClaimItem:
    return ClaimItem(
        keys.filename(file.filename),
        keys.FILENAME,
        filename=file.filename,
        sha256=file.sha256,
        upload_id=upload_id,
        state=FileState.ACTIVE.value,
    )


def check_unclaimed(writes: Writes, filename: str) -> None:
    """Demand in a transaction that nobody holds *filename*."""
    place = (keys.filename(filename), keys.FILENAME)
    writes.check(f"claim {filename}", ClaimItem, place, _unclaimed())
