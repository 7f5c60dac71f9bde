"""What is published, and what is recorded of it, in memory."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from idlewheel.domain.project import (
    Claim,
    Delta,
    File,
    Listing,
    Project,
    ProjectPage,
    Release,
    page_of,
)
from idlewheel.domain.versions import canonical
from idlewheel.errors import (
    NotFound,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from idlewheel.domain.audit import Record
    from idlewheel.domain.names import NormalizedName
    from tests.fakes.world import World


class FakeCatalog:
    def __init__(self, world: World) -> None:
        self.world = world

    def project(self, name: NormalizedName) -> Project:
        if name not in self.world.projects:
            raise NotFound(f"there is no project '{name}'")
        return self.world.projects[name]

    def page(self, project: Project) -> ProjectPage:
        releases = tuple(
            one for (name, _), one in sorted(self.world.releases.items()) if name == project.name
        )
        current = self.world.projects[project.name]
        return page_of(current, releases, tuple(self.files(project.name)))

    def changes(self, name: NormalizedName, since: int) -> Delta:
        project = self.world.projects.get(name)
        if project is None or project.revision <= since:
            return Delta(None)
        releases = [one for (of, _), one in sorted(self.world.releases.items()) if of == name]
        return Delta(
            project,
            tuple(one for one in releases if one.revision > since),
            tuple(one for one in self.files(name) if one.revision > since),
        )

    def newest(self, name: NormalizedName, most: int) -> Delta:
        found = self.changes(name, 0)
        if found.project is None:
            raise NotFound(f"there is no project '{name}'")
        items = sorted([*found.releases, *found.files], key=attrgetter("revision"), reverse=True)
        kept = items[: most - 1]
        return Delta(
            found.project,
            tuple(one for one in found.releases if one in kept),
            tuple(one for one in found.files if one in kept),
        )

    def file(self, name: NormalizedName, filename: str) -> File:
        try:
            return self.world.files[name, filename]
        except KeyError:
            raise NotFound(f"there is no file '{filename}'") from None

    def release(self, name: NormalizedName, version: str) -> Release:
        try:
            return self.world.releases[name, canonical(version)]
        except KeyError:
            raise NotFound(f"there is no release {version}") from None

    def release_metadata(self, name: NormalizedName, version: str) -> Mapping[str, object]:
        return self.world.metadata.get((name, canonical(version)), {})

    def files(self, name: NormalizedName) -> Sequence[File]:
        return [one for (of, _), one in sorted(self.world.files.items()) if of == name]

    def claim(self, filename: str) -> Claim | None:
        return self.world.claims.get(filename.casefold())

    def root_counters(self) -> tuple[int, ...]:
        return (sum(self.world.counters.values()),)

    def listings(self) -> Sequence[Listing]:
        return [one for one in self.listed_since(0, 0) if one.shown]

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        return [
            Listing(
                one.name,
                one.display_name,
                one.serial,
                one.status.offers_files,
                one.revision,
                one.size,
            )
            for _, one in sorted(self.world.projects.items())
            if one.serial > serial
        ]


class FakeAudit:
    def __init__(self, world: World) -> None:
        self.world = world

    def find(
        self,
        project: str | None = None,
        principal: str | None = None,
        day: date | None = None,
        most: int = 100,
        before: str | None = None,
    ) -> Sequence[Record]:
        found = [
            record
            for record in sorted(self.world.records, key=lambda one: one.place, reverse=True)
            if project in {None, record.project}
            and principal in {None, record.actor.principal}
            and day in {None, record.at.date()}
            and (before is None or record.place < before)
        ]
        return found[:most]
