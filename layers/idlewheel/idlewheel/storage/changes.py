"""What managers do to published things, in the index table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.audit import OURSELVES, Act, Record
from idlewheel.domain.project import FileState
from idlewheel.errors import NotFound
from idlewheel.storage import audit, keys
from idlewheel.storage.revisions import find_project, next_revision
from idlewheel.storage.tables import ClaimItem, FileItem, ReleaseItem
from idlewheel.storage.transactions import Busy, Writes, attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from pynamodb.connection import Connection
    from pynamodb.expressions.update import Action

    from idlewheel.domain.access import Actor
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Project, Status
    from idlewheel.storage.revisions import Revision

AT_ONCE = 40
"""Files that one transaction changes: two items each, of the hundred that it may hold."""


@dataclass(frozen=True, slots=True)
class DynamoChanges:
    """Each change is one or more transactions that also step the project's revision."""

    connection: Connection
    actor: Actor = OURSELVES

    def by(self, actor: Actor) -> DynamoChanges:
        """The same changes, done by *actor*."""
        return replace(self, actor=actor)

    def set_status(self, name: NormalizedName, status: Status, reason: str | None) -> Project:
        """Mark a project."""

        def add(writes: Writes, revision: Revision) -> None:
            revision.add_change(writes, status, reason)
            detail = {"status": status.value, "reason": reason}
            self._note(writes, revision, Act.STATUS_CHANGED, (), detail)

        self._step(name, add, "project")
        return _known(name)

    def yank_release(self, name: NormalizedName, version: str, reason: str | None) -> None:
        """Yank a release, or unyank it where *reason* is None."""
        yanked = ReleaseItem.yanked
        action = yanked.remove() if reason is None else yanked.set(reason)
        act = Act.UNYANKED if reason is None else Act.YANKED
        self._change_release(name, version, action, act, reason)

    def mark_release(self, name: NormalizedName, version: str, *, deleted: bool) -> None:
        """Drop a version from the list of versions, or take it back."""
        mark = ReleaseItem.deleted
        act = Act.DELETED if deleted else Act.RESTORED
        self._change_release(name, version, mark.set(True) if deleted else mark.remove(), act)

    def yank_file(self, name: NormalizedName, filename: str, reason: str | None) -> None:
        """Yank a file, or unyank it where *reason* is None."""
        yanked = FileItem.yanked
        action = yanked.remove() if reason is None else yanked.set(reason)

        def add(writes: Writes, revision: Revision) -> None:
            revision.add_change(writes, touched=1)
            _add_file(writes, revision, filename, action)
            act = Act.UNYANKED if reason is None else Act.YANKED
            self._note(writes, revision, act, (filename,), {"reason": reason})

        self._step(name, add, f"file '{filename}' in '{name}'")

    def delete_files(self, name: NormalizedName, files: Iterable[File], now: datetime) -> None:
        """Unlist files; their names stay taken for ever."""
        self._mark_files(name, files, FileState.DELETED, FileItem.deleted_at.set(now))

    def restore_files(self, name: NormalizedName, files: Iterable[File]) -> None:
        """List deleted files again."""
        self._mark_files(name, files, FileState.ACTIVE, FileItem.deleted_at.remove())

    def _mark_files(
        self, name: NormalizedName, files: Iterable[File], state: FileState, when: Action
    ) -> None:
        remaining = list(files)
        while remaining:
            some, remaining = remaining[:AT_ONCE], remaining[AT_ONCE:]

            def add(writes: Writes, revision: Revision, some: list[File] = some) -> None:
                moved = [file for file in some if _state_of(name, file.filename) is not state]
                size = sum(file.size for file in moved)
                grown = size if state is FileState.ACTIVE else -size
                revision.add_change(writes, touched=len(some), grown=grown)
                for file in some:
                    marks = (FileItem.state.set(state.value), when)
                    _add_file(writes, revision, file.filename, *marks)
                    _add_claim(writes, file.filename, state)
                act = Act.RESTORED if state is FileState.ACTIVE else Act.DELETED
                self._note(writes, revision, act, tuple(file.filename for file in some))

            self._step(name, add, f"such file in '{name}'")

    def _note(
        self,
        writes: Writes,
        revision: Revision,
        act: Act,
        subjects: tuple[str, ...],
        detail: Mapping[str, object] | None = None,
    ) -> None:
        said = {key: value for key, value in (detail or {}).items() if value is not None}
        record = Record(revision.moment, act, self.actor, revision.name, subjects, said)
        audit.add(writes, record)

    def _change_release(
        self,
        name: NormalizedName,
        version: str,
        action: Action,
        act: Act,
        reason: str | None = None,
    ) -> None:
        def add(writes: Writes, revision: Revision) -> None:
            revision.add_change(writes, touched=1)
            item = ReleaseItem(keys.project(name), keys.release(version))
            stamped = ReleaseItem.revision.set(revision.number)
            actions = [action, stamped, ReleaseItem.writes.add(1)]
            writes.update("release", item, actions, ReleaseItem.pk.exists())
            self._note(writes, revision, act, (version,), {"reason": reason})

        self._step(name, add, f"release {version} of '{name}'")

    def _step(
        self, name: NormalizedName, add: Callable[[Writes, Revision], None], what: str
    ) -> None:
        for _ in attempts():
            writes = Writes()
            add(writes, next_revision(name, _known(name), name))
            try:
                failed = writes.commit(self.connection)
            except Busy:
                continue
            if not failed:
                return
            if "project" not in failed:
                raise NotFound(f"there is no {what}")


def _known(name: NormalizedName) -> Project:
    project = find_project(name)
    if project is None:
        raise NotFound(f"there is no project '{name}'")
    return project


def _state_of(name: NormalizedName, filename: str) -> FileState:
    """Read whether a file is there. What changes it steps the revision, and so fails ours."""
    try:
        item = FileItem.get(keys.project(name), keys.file(filename), consistent_read=True)
    except DoesNotExist:
        raise NotFound(f"there is no file '{filename}' in '{name}'") from None
    return FileState(item.state)


def _add_file(writes: Writes, revision: Revision, filename: str, *actions: Action) -> None:
    item = FileItem(keys.project(revision.name), keys.file(filename))
    stamped = [*actions, FileItem.revision.set(revision.number), FileItem.writes.add(1)]
    writes.update(f"file {filename}", item, stamped, FileItem.pk.exists())


def _add_claim(writes: Writes, filename: str, state: FileState) -> None:
    item = ClaimItem(keys.filename(filename), keys.FILENAME)
    marks = [ClaimItem.state.set(state.value)]
    writes.update(f"claim {filename}", item, marks, ClaimItem.pk.exists())
