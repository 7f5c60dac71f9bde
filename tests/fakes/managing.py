"""What managers do, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from idlewheel.domain.audit import OURSELVES, Act
from idlewheel.domain.project import (
    File,
    FileState,
    Project,
    Status,
)
from idlewheel.domain.versions import canonical
from idlewheel.errors import (
    NotFound,
)
from tests.fakes.world import World, note, step

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from idlewheel.domain.access import Actor
    from idlewheel.domain.names import NormalizedName


def _yank(reason: str | None) -> Act:
    return Act.UNYANKED if reason is None else Act.YANKED


class FakeChanges:
    def __init__(self, world: World, actor: Actor = OURSELVES) -> None:
        self.world = world
        self.actor = actor

    def by(self, actor: Actor) -> FakeChanges:
        return FakeChanges(self.world, actor)

    def _note(self, act: Act, name: str, *subjects: str, **detail: Any) -> None:
        note(self.world, act, self.actor, name, *subjects, **detail)

    def set_status(self, name: NormalizedName, status: Status, reason: str | None) -> Project:
        project = step(self.world, name)
        self.world.projects[name] = replace(project, status=status, status_reason=reason)
        self._note(Act.STATUS_CHANGED, name, status=status.value, reason=reason)
        return self.world.projects[name]

    def yank_release(self, name: NormalizedName, version: str, reason: str | None) -> None:
        self._change_release(name, version, yanked=reason)
        self._note(_yank(reason), name, version, reason=reason)

    def mark_release(self, name: NormalizedName, version: str, *, deleted: bool) -> None:
        self._change_release(name, version, deleted=deleted)
        self._note(Act.DELETED if deleted else Act.RESTORED, name, version)

    def yank_file(self, name: NormalizedName, filename: str, reason: str | None) -> None:
        if (name, filename) not in self.world.files:
            raise NotFound(f"there is no file '{filename}'")
        revision = step(self.world, name, touched=1).revision
        self._change_file(name, filename, revision, yanked=reason)
        self._note(_yank(reason), name, filename, reason=reason)

    def delete_files(self, name: NormalizedName, files: Iterable[File], now: datetime) -> None:
        self._mark(name, files, FileState.DELETED, now)

    def restore_files(self, name: NormalizedName, files: Iterable[File]) -> None:
        self._mark(name, files, FileState.ACTIVE, None)

    def _mark(
        self, name: NormalizedName, files: Iterable[File], state: FileState, when: datetime | None
    ) -> None:
        some = list(files)
        if not some:
            return
        project = step(self.world, name, touched=len(some))
        moved = [one for one in some if self.world.files[name, one.filename].state is not state]
        size = sum(one.size for one in moved)
        grown = size if state is FileState.ACTIVE else -size
        self.world.projects[name] = replace(project, size=project.size + grown)
        revision = project.revision
        for file in some:
            self._change_file(name, file.filename, revision, state=state, deleted_at=when)
            key = file.filename.casefold()
            self.world.claims[key] = replace(self.world.claims[key], state=state)
        act = Act.RESTORED if state is FileState.ACTIVE else Act.DELETED
        self._note(act, name, *(file.filename for file in some))

    def _change_file(
        self, name: NormalizedName, filename: str, revision: int, **changes: Any
    ) -> None:
        before = self.world.files[name, filename]
        self.world.files[name, filename] = replace(
            before, revision=revision, writes=before.writes + 1, **changes
        )

    def _change_release(self, name: NormalizedName, version: str, **changes: Any) -> None:
        place = (name, canonical(version))
        if name not in self.world.projects or place not in self.world.releases:
            raise NotFound(f"there is no release {version} of '{name}'")
        revision = step(self.world, name, touched=1).revision
        before = self.world.releases[place]
        self.world.releases[place] = replace(
            before, revision=revision, writes=before.writes + 1, **changes
        )
