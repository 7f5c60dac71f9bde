"""What managers do to published things, in the index table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.domain.project import FileState
from idlewheel.errors import NotFound
from idlewheel.storage import keys
from idlewheel.storage.revisions import find_project, next_revision
from idlewheel.storage.tables import ClaimItem, FileItem, ReleaseItem
from idlewheel.storage.transactions import Busy, attempts, transact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from pynamodb.connection import Connection
    from pynamodb.expressions.update import Action

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Project, Status
    from idlewheel.storage.revisions import Operations, Revision

AT_ONCE = 40
"""Files that one transaction changes: two items each, of the hundred that it may hold."""


@dataclass(frozen=True, slots=True)
class DynamoChanges:
    """Each change is one or more transactions that also step the project's revision."""

    connection: Connection

    def set_status(self, name: NormalizedName, status: Status, reason: str | None) -> Project:
        """Mark a project."""
        self._step(name, lambda revision: revision.change(status, reason), "project")
        return _known(name)

    def yank_release(self, name: NormalizedName, version: str, reason: str | None) -> None:
        """Yank a release, or unyank it where *reason* is None."""
        action = ReleaseItem.yanked.remove() if reason is None else ReleaseItem.yanked.set(reason)
        self._change_release(name, version, action)

    def mark_release(self, name: NormalizedName, version: str, *, deleted: bool) -> None:
        """Drop a version from the list of versions, or take it back."""
        action = ReleaseItem.deleted.set(True) if deleted else ReleaseItem.deleted.remove()
        self._change_release(name, version, action)

    def yank_file(self, name: NormalizedName, filename: str, reason: str | None) -> None:
        """Yank a file, or unyank it where *reason* is None."""
        action = FileItem.yanked.remove() if reason is None else FileItem.yanked.set(reason)

        def operations(revision: Revision) -> Operations:
            return {**revision.change(), "file": _change_file(name, filename, revision, action)}

        self._step(name, operations, f"file '{filename}' in '{name}'")

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

            def operations(revision: Revision, some: list[File] = some) -> Operations:
                written = revision.change()
                for file in some:
                    actions = (FileItem.state.set(state.value), when)
                    written[f"file {file.filename}"] = _change_file(
                        name, file.filename, revision, *actions
                    )
                    written[f"claim {file.filename}"] = _mark_claim(file.filename, state)
                return written

            self._step(name, operations, f"such file in '{name}'")

    def _change_release(self, name: NormalizedName, version: str, action: Action) -> None:
        def operations(revision: Revision) -> Operations:
            item = ReleaseItem(keys.project(name), keys.release(version))
            actions = [action, ReleaseItem.revision.set(revision.number)]
            return {
                **revision.change(),
                "release": lambda t: t.update(item, actions, ReleaseItem.pk.exists()),
            }

        self._step(name, operations, f"release {version} of '{name}'")

    def _step(
        self, name: NormalizedName, operations: Callable[[Revision], Operations], what: str
    ) -> None:
        for _ in attempts():
            revision = next_revision(name, _known(name), name)
            try:
                failed = transact(self.connection, operations(revision))
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


def _change_file(
    name: NormalizedName, filename: str, revision: Revision, *actions: Action
) -> Callable[..., None]:
    item = FileItem(keys.project(name), keys.file(filename))
    all_actions = [*actions, FileItem.revision.set(revision.number)]
    return lambda t: t.update(item, all_actions, FileItem.pk.exists())


def _mark_claim(filename: str, state: FileState) -> Callable[..., None]:
    item = ClaimItem(keys.filename(filename), keys.FILENAME)
    return lambda t: t.update(item, [ClaimItem.state.set(state.value)], ClaimItem.pk.exists())
