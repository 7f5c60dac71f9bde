"""A catalog held in memory that counts how often it is read, and what stands in it."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel.domain.names import normalize
from idlewheel.domain.project import Delta, File, Listing, Project, ProjectPage, Release, page_of
from idlewheel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Claim

MOMENT = datetime(2026, 11, 22, 13, 14, 15, 123456, tzinfo=UTC)
SHARDS = 16
SERIAL = 1_763_817_255_123_456


def project(name: str = "Demo.Project", **changes: Any) -> Project:
    given: dict[str, Any] = {
        "name": normalize(name),
        "display_name": name,
        "revision": 1,
        "serial": SERIAL,
        "created_at": MOMENT,
    }
    return Project(**{**given, **changes})


def release(version: str = "1.0", **changes: Any) -> Release:
    return Release(version, MOMENT, **changes)


def wheel(version: str = "1.0", **changes: Any) -> File:
    given: dict[str, Any] = {
        "filename": f"demo_project-{version}-py3-none-any.whl",
        "version": version,
        "kind": "wheel",
        "size": 1234,
        "sha256": "a" * 64,
        "uploaded_at": MOMENT,
        "uploaded_by": "ci",
        "python_tag": "py3",
        "metadata_sha256": "b" * 64,
    }
    return File(**{**given, **changes})


def sdist(version: str = "1.0", **changes: Any) -> File:
    given: dict[str, Any] = {
        "filename": f"demo_project-{version}.tar.gz",
        "version": version,
        "kind": "sdist",
        "size": 567,
        "sha256": "c" * 64,
        "uploaded_at": MOMENT,
        "uploaded_by": "ci",
    }
    return File(**{**given, **changes})


def page(*files: File, releases: Sequence[Release] | None = None, **changes: Any) -> ProjectPage:
    versions = dict.fromkeys(file.version for file in files)
    known = [release(version) for version in versions] if releases is None else releases
    found = page_of(project(**changes), tuple(known), files)
    writes = len(found.releases) + len(found.files)
    return replace(found, project=replace(found.project, writes=writes))


class Shelf:
    """A catalog of the given pages; each read is counted under its name."""

    def __init__(self, *pages: ProjectPage) -> None:
        self.pages = {page.project.name: page for page in pages}
        self.heads: dict[NormalizedName, Project] = {}
        """What :meth:`project` answers instead: a head that was read before a change."""
        self.metadata: dict[str, Mapping[str, object]] = {}
        self.reads: Counter[str] = Counter()

    def project(self, name: NormalizedName) -> Project:
        self.reads["project"] += 1
        if name not in self.pages:
            raise NotFound(f"there is no project '{name}'")
        return self.heads.get(name, self.pages[name].project)

    def page(self, project: Project) -> ProjectPage:
        self.reads["page"] += 1
        return self.pages[project.name]

    def changes(self, name: NormalizedName, since: int) -> Delta:
        """Bring everything again: nothing on this shelf knows when it was written."""
        self.reads["page"] += 1
        found = self.pages[name]
        return Delta(found.project, found.releases, found.files)

    def newest(self, name: NormalizedName, most: int) -> Delta:
        """Bring nothing but the project, as of one whose page is long."""
        return Delta(self.project(name))

    def file(self, name: NormalizedName, filename: str) -> File:
        return {file.filename: file for file in self.files(name)}[filename]

    def release(self, name: NormalizedName, version: str) -> Release:
        self.reads["release"] += 1
        found = {release.version: release for release in self.pages[name].releases}
        if version not in found:
            raise NotFound(f"there is no release {version}")
        return found[version]

    def files(self, name: NormalizedName) -> Sequence[File]:
        return self.pages[name].files

    def release_metadata(self, name: NormalizedName, version: str) -> Mapping[str, object]:
        self.reads[f"metadata of {name}"] += 1
        return self.metadata.get(version, {})

    def claim(self, filename: str) -> Claim | None:
        raise NotFound(f"no page needs to know who holds {filename}")

    def root_counters(self) -> tuple[int, ...]:
        self.reads["root_counters"] += 1
        return tuple(len(self._on(shard)) for shard in range(SHARDS))

    def listings(self) -> Sequence[Listing]:
        return [one for shard in range(SHARDS) for one in self.listed_since(shard, 0)]

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        self.reads["listings"] += 1
        return [Listing(one.name, one.display_name, one.serial) for one in self._on(shard)]

    def _on(self, shard: int) -> list[Project]:
        return [
            page.project
            for name, page in self.pages.items()
            if zlib.crc32(name.encode()) % SHARDS == shard
        ]
