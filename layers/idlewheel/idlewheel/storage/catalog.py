"""What is published, read from the index table; every read is strongly consistent."""

from __future__ import annotations

import time
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.project import Delta, page_of
from idlewheel.errors import NotFound, Unavailable
from idlewheel.storage import keys, mapping
from idlewheel.storage.tables import (
    ByRevision,
    ClaimItem,
    FileItem,
    IndexItem,
    MetadataItem,
    ProjectItem,
    ReleaseItem,
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
        found: dict[str, IndexItem] = {}
        for item in IndexItem.by_revision.query(
            keys.project(name), IndexItem.revision > since, consistent_read=True
        ):
            found[item.sk] = item
        items = sorted(found.values(), key=attrgetter("sk"))
        projects = [mapping.project(item) for item in items if isinstance(item, ProjectItem)]
        return Delta(
            projects[0] if projects else None,
            tuple(mapping.release(item) for item in items if isinstance(item, ReleaseItem)),
            tuple(mapping.file(item) for item in items if isinstance(item, FileItem)),
        )

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
        # Read as DynamoDB tells them: making a model of each costs half as much as the call.
        table = IndexItem._get_connection()  # noqa: SLF001 - pynamodb has no other way to it
        wanted = ["sk", "counter"]
        found = table.query(keys.COUNTERS, attributes_to_get=wanted, consistent_read=True)
        counters = {item["sk"]["S"]: int(item["counter"]["N"]) for item in found["Items"]}
        return tuple(counters.get(keys.counter(shard), 0) for shard in range(keys.SHARDS))

    def listings(self) -> Sequence[Listing]:
        """Every project that the list of projects shows, by name."""
        found = [one for shard in range(keys.SHARDS) for one in self.listed_since(shard, 0)]
        return sorted((one for one in found if one.shown), key=attrgetter("name"))

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        """What one root shard lists, hidden ones included, of those changed after *serial*."""
        table = IndexItem._get_connection()  # noqa: SLF001 - as in root_counters
        found: list[Listing] = []
        start: dict[str, object] | None = None
        while True:
            page = table.query(
                keys.root(shard),
                IndexItem.revision > serial,
                consistent_read=True,
                exclusive_start_key=start,
                index_name=ByRevision.Meta.index_name,
            )
            found += map(mapping.listing, page["Items"])
            start = page.get("LastEvaluatedKey")
            if start is None:
                return found


def _get(kind: type[Item], pk: str, sk: str, missing: str) -> Item:
    try:
        return kind.get(pk, sk, consistent_read=True)
    except DoesNotExist:
        raise NotFound(missing) from None
