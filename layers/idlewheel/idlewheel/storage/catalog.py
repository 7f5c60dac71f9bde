"""What is published, read from the index table; every read is strongly consistent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.project import page_of
from idlewheel.errors import NotFound, Unavailable
from idlewheel.storage import keys, mapping
from idlewheel.storage.tables import (
    ClaimItem,
    FileItem,
    IndexItem,
    ListingItem,
    MetadataItem,
    ProjectItem,
    ReleaseItem,
    ShardItem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Claim, File, Listing, Project, ProjectPage, Release

    Item = TypeVar("Item", bound=IndexItem)

SETTLING = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds to wait before each look at a page whose newest files are not all visible yet."""


class DynamoCatalog:
    """The index table, read. Bind the tables first (:func:`tables.bind_index`)."""

    def project(self, name: NormalizedName) -> Project:
        """Find a project, in one read of one unit."""
        return mapping.project(
            _get(ProjectItem, keys.project(name), keys.PROJECT, f"there is no project '{name}'")
        )

    def page(self, project: Project) -> ProjectPage:
        """Assemble a page that shows at least every file of *project*'s revision.

        A transaction's items become visible one by one (DynamoDB Developer Guide, "Isolation
        levels for DynamoDB transactions"): the project may be seen before its newest file. So
        the files are counted, and looked at again until none is missing.
        """
        for pause in SETTLING:
            time.sleep(pause)
            releases, files = self._partition(project.name)
            if len(files) >= project.file_count:
                return page_of(project, releases, files)
        raise Unavailable(f"the page of '{project.name}' is being written; try again in a moment")

    def file(self, name: NormalizedName, filename: str) -> File:
        """Find one file, deleted ones included."""
        missing = f"there is no file '{filename}' in '{name}'"
        return mapping.file(_get(FileItem, keys.project(name), keys.file(filename), missing))

    def release(self, name: NormalizedName, version: str) -> Release:
        """Find one release by its canonical version."""
        missing = f"there is no release {version} of '{name}'"
        return mapping.release(
            _get(ReleaseItem, keys.project(name), keys.release(version), missing)
        )

    def files(self, name: NormalizedName) -> Sequence[File]:
        """All files of a project, deleted ones included."""
        return self._partition(name)[1]

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
        """One number per root shard, in one call."""
        found = {
            item.pk: int(item.counter)
            for item in ShardItem.batch_get(
                [(keys.root(shard), keys.ROOT) for shard in range(keys.SHARDS)],
                consistent_read=True,
            )
        }
        return tuple(found.get(keys.root(shard), 0) for shard in range(keys.SHARDS))

    def listings(self) -> Sequence[Listing]:
        """Every project that the list of projects shows, by name."""
        found = [
            mapping.listing(item)
            for shard in range(keys.SHARDS)
            for item in IndexItem.query(keys.root(shard), consistent_read=True)
            if isinstance(item, ListingItem)
        ]
        return sorted(found, key=lambda listing: listing.name)

    def _partition(self, name: NormalizedName) -> tuple[tuple[Release, ...], tuple[File, ...]]:
        releases, files = [], []
        for item in IndexItem.query(keys.project(name), consistent_read=True):
            if isinstance(item, FileItem):
                files.append(mapping.file(item))
            elif isinstance(item, ReleaseItem):
                releases.append(mapping.release(item))
        return tuple(releases), tuple(files)


def _get(kind: type[Item], pk: str, sk: str, missing: str) -> Item:
    try:
        return kind.get(pk, sk, consistent_read=True)
    except DoesNotExist:
        raise NotFound(missing) from None
