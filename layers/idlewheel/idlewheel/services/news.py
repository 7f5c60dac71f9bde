"""What is new in the index: its newest projects, its newest releases.

There is no list of either. What is new changed its project, and the list of projects knows when
each one last changed: so we look at the projects that changed last, until no other can have
anything newer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.domain.versions import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from idlewheel.domain.project import Listing, Project, Release
    from idlewheel.services.ports import Catalog

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LOOKS = 200
"""Projects whose pages are read, at most: after an import many have changed, and none has news."""


class News(NamedTuple):
    """A project, or one of its releases, and since when it is there."""

    project: Project
    release: Release | None
    created_at: datetime


def projects(catalog: Catalog, most: int) -> list[News]:
    """Find the newest projects, the newest first."""

    def found(listing: Listing) -> Iterable[News]:
        project = catalog.project(listing.name)
        return [News(project, None, project.created_at)]

    return _newest(catalog, found, most)


def releases(catalog: Catalog, most: int) -> list[News]:
    """Find the newest releases of all projects, the newest first."""
    return _newest(catalog, lambda it: releases_of(catalog, catalog.project(it.name)), most, LOOKS)


def releases_of(catalog: Catalog, project: Project) -> list[News]:
    """Find the releases of one project, the newest first; imported ones are as old as elsewhere."""
    page = catalog.page(project)
    oldest: dict[str, datetime] = {}
    for file in page.files:
        version = canonical(file.version)
        oldest[version] = min(oldest.get(version, file.uploaded_at), file.uploaded_at)
    times = ((one, oldest.get(canonical(one.version), one.created_at)) for one in page.releases)
    found = (News(project, one, min(one.created_at, time)) for one, time in times)
    return sorted(found, key=attrgetter("created_at"), reverse=True)


def _newest(
    catalog: Catalog,
    found: Callable[[Listing], Iterable[News]],
    most: int,
    looks: int | None = None,
) -> list[News]:
    kept: list[News] = []
    latest = sorted(catalog.listings(), key=attrgetter("serial"), reverse=True)
    for listing in latest[:looks]:
        if len(kept) == most and _moment(listing.serial) < kept[-1].created_at:
            break
        kept = sorted([*kept, *found(listing)], key=attrgetter("created_at"), reverse=True)[:most]
    return kept


def _moment(serial: int) -> datetime:
    """When a serial was given: it counts microseconds, so that it is a time."""
    return EPOCH + timedelta(microseconds=serial)
