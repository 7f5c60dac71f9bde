"""Yank, delete, restore, change a status: for people with the right to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action
from idlewheel.domain.versions import canonical
from idlewheel.errors import Gone
from idlewheel.services.manifests import Unkept
from idlewheel.services.urls import Urls, is_active, keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from idlewheel.domain.access import Principal
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Project, Status
    from idlewheel.services.manifests import Manifests
    from idlewheel.services.ports import Catalog, Changes, Files

RESTORABLE = timedelta(days=30)
"""How long a deleted file can be restored; then its bytes go, and its name stays taken."""


@dataclass(frozen=True, slots=True)
class Management:
    """What managers do. Every call can be repeated: the second time it changes nothing."""

    catalog: Catalog
    changes: Changes
    files: Files
    manifests: Manifests = field(default_factory=Unkept)

    @property
    def _urls(self) -> Urls:
        return Urls(self.catalog, self.files)

    def set_status(
        self, principal: Principal, name: NormalizedName, status: Status, reason: str | None
    ) -> Project:
        """Mark a project (PEP 792); quarantine also stops its files' URLs, at once."""
        principal.require(Action.ADMIN, name)
        if status.offers_files:
            # At no moment may a page list a file whose URL does not answer.
            active = [file for file in self.catalog.files(name) if is_active(file)]
            self.files.reveal(keys_of(name, active))
        project = self.changes.by(principal.actor).set_status(name, status, reason)
        self._urls.agree(name)
        self.manifests.note_project(name)
        return project

    def yank_release(
        self, principal: Principal, name: NormalizedName, version: str, reason: str | None
    ) -> None:
        """Yank a release (PEP 592), or unyank it where *reason* is None."""
        principal.require(Action.YANK, name)
        self.changes.by(principal.actor).yank_release(name, version, reason)
        self.manifests.note_project(name)

    def yank_file(
        self, principal: Principal, name: NormalizedName, filename: str, reason: str | None
    ) -> None:
        """Yank one file, or unyank it where *reason* is None."""
        principal.require(Action.YANK, name)
        self.changes.by(principal.actor).yank_file(name, filename, reason)
        self.manifests.note_project(name)

    def delete_file(
        self, principal: Principal, name: NormalizedName, filename: str, now: datetime
    ) -> None:
        """Unlist one file and stop its URL; its name stays taken for ever."""
        principal.require(Action.ADMIN, name)
        self._delete(principal, name, [self.catalog.file(name, filename)], now)
        self.manifests.note_project(name)

    def delete_release(
        self, principal: Principal, name: NormalizedName, version: str, now: datetime
    ) -> None:
        """Delete every file of a release, and drop its version."""
        principal.require(Action.ADMIN, name)
        self.catalog.release(name, version)
        self._delete(principal, name, self._of_release(name, version), now)
        self.changes.by(principal.actor).mark_release(name, version, deleted=True)
        self.manifests.note_project(name)

    def delete_project(self, principal: Principal, name: NormalizedName, now: datetime) -> None:
        """Delete every file of a project; the project stays known, so that its name is ours."""
        principal.require(Action.ADMIN, name)
        project = self.catalog.project(name)
        self._delete(principal, name, self.catalog.files(name), now)
        for release in self.catalog.page(project).releases:
            self.changes.by(principal.actor).mark_release(name, release.version, deleted=True)
        self.manifests.note_project(name)

    def restore_file(
        self, principal: Principal, name: NormalizedName, filename: str, now: datetime
    ) -> None:
        """List a deleted file again."""
        principal.require(Action.ADMIN, name)
        self._restore(principal, name, [self.catalog.file(name, filename)], now)
        self.manifests.note_project(name)

    def restore_release(
        self, principal: Principal, name: NormalizedName, version: str, now: datetime
    ) -> None:
        """List every file of a deleted release again, and its version."""
        principal.require(Action.ADMIN, name)
        self.catalog.release(name, version)
        self._restore(principal, name, self._of_release(name, version), now)
        self.changes.by(principal.actor).mark_release(name, version, deleted=False)
        self.manifests.note_project(name)

    def restore_project(self, principal: Principal, name: NormalizedName, now: datetime) -> None:
        """List every deleted file of a project again that can still be restored."""
        principal.require(Action.ADMIN, name)
        self.catalog.project(name)
        files = [file for file in self.catalog.files(name) if _restorable(file, now)]
        self._restore(principal, name, files, now)
        for version in sorted({file.version for file in files}):
            self.changes.by(principal.actor).mark_release(name, version, deleted=False)
        self.manifests.note_project(name)

    def _delete(
        self, principal: Principal, name: NormalizedName, files: Sequence[File], now: datetime
    ) -> None:
        # The table first: a page must never list a file whose URL has stopped already.
        self.changes.by(principal.actor).delete_files(
            name, [file for file in files if is_active(file)], now
        )
        self._urls.agree(name, files)

    def _restore(
        self, principal: Principal, name: NormalizedName, files: Sequence[File], now: datetime
    ) -> None:
        for file in files:
            _require_restorable(file, now)
        if self.catalog.project(name).status.offers_files:
            self.files.reveal(keys_of(name, files))
        self.changes.by(principal.actor).restore_files(
            name, [file for file in files if not is_active(file)]
        )
        self._urls.agree(name, files)

    def _of_release(self, name: NormalizedName, version: str) -> list[File]:
        return [
            file
            for file in self.catalog.files(name)
            if canonical(file.version) == canonical(version)
        ]


def _restorable(file: File, now: datetime) -> bool:
    return file.deleted_at is None or now < file.deleted_at + RESTORABLE


def _require_restorable(file: File, now: datetime) -> None:
    if not _restorable(file, now):
        raise Gone(
            f"{file.filename} was deleted more than {RESTORABLE.days} days ago: its bytes are gone"
        )
