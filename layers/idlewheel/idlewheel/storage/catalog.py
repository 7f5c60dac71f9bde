"""What is published, read from the index table; every read is strongly consistent."""

from __future__ import annotations

import time
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.project import Delta, page_of
from idlewheel.errors import NotFound, Unavailable
from idlewheel.storage import keys, mapping, raw
from idlewheel.storage.binding import find
from idlewheel.storage.tables import ClaimItem, IndexItem, MetadataItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Claim, File, Listing, Project, ProjectPage, Release
    from idlewheel.storage.binding import Raw

SETTLING = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds to wait before each look at a page whose newest files are not all visible yet."""


class DynamoCatalog:
    """The index table, read. Bind the tables first (:func:`tables.bind_index`)."""

    def project(self, name: NormalizedName) -> Project:
        """Find a project, in one read of one unit."""
        return mapping.project(_find(keys.project(name), keys.PROJECT, _no_project(name)))

    def page(self, project: Project) -> ProjectPage:
        """Assemble the page of *project*, at its revision or a later one, whole."""
        for pause in SETTLING:
            time.sleep(pause)
            changes = self.changes(project.name, 0)
            if changes.project is not None and changes.complete(known=0):
                return page_of(changes.project, changes.releases, changes.files)
        raise Unavailable(f"the page of '{project.name}' is being written; try again in a moment")

    def changes(self, name: NormalizedName, since: int) -> Delta:
        """All of a project that was written after revision *since*, in the order of writing.

        So what is written while the pages of this query are read is seen at its end.
        """
        return _delta(raw.changed_since(keys.project(name), since))

    def newest(self, name: NormalizedName, most: int) -> Delta:
        """What of a project was written last, of its items so many at the *most*: one call."""
        items = raw.newest(keys.project(name), most)
        if not items:
            raise NotFound(_no_project(name))
        return _delta(items)

    def file(self, name: NormalizedName, filename: str) -> File:
        """Find one file, deleted ones included."""
        missing = f"there is no file '{filename}' in '{name}'"
        return mapping.file(_find(keys.project(name), keys.file(filename), missing))

    def release(self, name: NormalizedName, version: str) -> Release:
        """Find one release by its canonical version."""
        missing = f"there is no release {version} of '{name}'"
        return mapping.release(_find(keys.project(name), keys.release(version), missing))

    def files(self, name: NormalizedName) -> Sequence[File]:
        """All files of a project, deleted ones included."""
        return self.changes(name, 0).files

    def release_metadata(self, name: NormalizedName, version: str) -> Mapping[str, object]:
        """What the JSON API shows of a release's core metadata; empty where nothing is kept."""
        try:
            item = MetadataItem.get(
                keys.release_metadata(name, version), keys.METADATA, consistent_read=True
            )
        except DoesNotExist:
            return {}
        return mapping.unpack(item.core)

    def claim(self, filename: str) -> Claim | None:
        """Who holds *filename*, in whatever case it is spelled."""
        try:
            item = ClaimItem.get(keys.filename(filename), keys.FILENAME, consistent_read=True)
        except DoesNotExist:
            return None
        return mapping.claim(item)

    def root_counters(self) -> tuple[int, ...]:
        """One number per root shard, in one call of one unit."""
        counters = {
            item["sk"]["S"]: int(item["counter"]["N"]) for item in raw.partition(keys.COUNTERS)
        }
        return tuple(counters.get(keys.counter(shard), 0) for shard in range(keys.SHARDS))

    def listings(self) -> Sequence[Listing]:
        """Every project that the list of projects shows, by name."""
        found = [one for shard in range(keys.SHARDS) for one in self.listed_since(shard, 0)]
        return sorted((one for one in found if one.shown), key=attrgetter("name"))

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        """What one root shard lists, hidden ones included, of those changed after *serial*."""
        found = raw.changed_since(keys.root(shard), serial, mapping.LISTED)
        return [mapping.listing(item) for item in found]


def _no_project(name: NormalizedName) -> str:
    return f"there is no project '{name}'"


def _delta(items: Iterable[Raw]) -> Delta:
    """Sort items by what they are; of one that was seen twice, what was seen last counts."""
    read: dict[str, Callable[[Raw], Any]] = {
        "project": mapping.project,
        "release": mapping.release,
        "file": mapping.file,
    }
    found: dict[str, dict[str, Any]] = {kind: {} for kind in read}
    for item in items:
        kind = item["kind"]["S"]
        if kind in read:
            found[kind][item["sk"]["S"]] = read[kind](item)
    projects, releases, files = (
        tuple(one for _, one in sorted(found[kind].items())) for kind in read
    )
    return Delta(projects[0] if projects else None, releases, files)


def _find(pk: str, sk: str, missing: str) -> Raw:
    item = find(IndexItem, pk, sk)
    if item is None:
        raise NotFound(missing)
    return item
