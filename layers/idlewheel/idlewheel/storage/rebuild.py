"""Rebuild the index table from the manifests: into an empty table, and nothing is ever dropped.

What the manifests do not hold is not rebuilt: uploads (their verdicts are kept for 30 days), the
audit, and the access table; those come back from the table's backups.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from idlewheel.domain.project import FileState
from idlewheel.errors import NotEmpty
from idlewheel.storage import keys
from idlewheel.storage.tables import (
    ClaimItem,
    FileItem,
    IndexItem,
    ListingItem,
    ProjectItem,
    ReleaseItem,
    ShardItem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from idlewheel.storage.manifests import Key, Raw, S3Manifests

    Progress = Callable[[str], None]


def rebuild(manifests: S3Manifests, progress: Progress = lambda _project: None) -> Counter[str]:
    """Write what the manifests say into the bound index table; count the items by their kind.

    Args:
        manifests: where from.
        progress: called with the name of each project once it is written.

    Raises:
        NotEmpty: the table is not empty, and was left as it is.

    """
    if next(iter(IndexItem.scan(limit=1, consistent_read=True)), None) is not None:
        raise NotEmpty(f"table {IndexItem.Meta.table_name} is not empty: rebuild into a new one")
    done: Counter[str] = Counter()
    counters: Counter[int] = Counter()
    for project, found in groupby(manifests.keys(), lambda key: key.split("/")[1]):
        items = _current(manifests.items(key) for key in found)
        counters[_shard(items)] += _settled(items)
        _write(items.values())
        done.update(type(item).__name__.removesuffix("Item").lower() for item in items.values())
        progress(project)
    _write(
        ShardItem(keys.COUNTERS, keys.counter(shard), counter=count)
        for shard, count in counters.items()
    )
    return done


def _current(manifests: Iterable[list[Raw]]) -> dict[Key, IndexItem]:
    """Of each item the latest, whichever manifest holds it."""
    latest: dict[Key, Raw] = {}
    for items in manifests:
        for raw in items:
            place = (raw["pk"]["S"], raw["sk"]["S"])
            if place not in latest or _revision(raw) > _revision(latest[place]):
                latest[place] = raw
    return {place: IndexItem.from_raw_data(raw) for place, raw in latest.items()}


def _revision(raw: Raw) -> int:
    return int(raw["revision"]["N"]) if "revision" in raw else 0


def _settled(items: Mapping[Key, IndexItem]) -> int:
    """Make what says a thing twice say it once; answer how often the project was listed.

    The manifests of a project were written at different revisions, so its own counts may lag.
    """
    files = [item for item in items.values() if isinstance(item, FileItem)]
    releases = [item for item in items.values() if isinstance(item, ReleaseItem)]
    (project,) = (item for item in items.values() if isinstance(item, ProjectItem))
    (listing,) = (item for item in items.values() if isinstance(item, ListingItem))
    states = {file.filename: file.state for file in files}
    for item in items.values():
        if isinstance(item, ClaimItem):
            item.state = states[item.filename]
    parts: list[FileItem | ReleaseItem] = [*files, *releases]
    latest = max(int(item.revision or 0) for item in [*parts, project])
    project.revision = listing.writes = latest
    project.file_count = len(files)
    project.writes = sum(int(item.writes or 0) for item in parts)
    project.size = listing.size = sum(
        int(file.size) for file in files if file.state == FileState.ACTIVE
    )
    return latest


def _shard(items: Mapping[Key, IndexItem]) -> int:
    (listing,) = (item for item in items.values() if isinstance(item, ListingItem))
    return int(listing.pk.removeprefix(keys.root(0).removesuffix("0")))


def _write(items: Iterable[IndexItem]) -> None:
    with IndexItem.batch_write() as batch:
        for item in items:
            batch.save(item)
