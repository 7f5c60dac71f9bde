"""Manifests: what the tables say of each file, noted where the files are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from idlewheel.domain.names import NormalizedName


class Manifests(Protocol):
    """Notes from which the index table can be rebuilt; each can be written again at any time."""

    def note_file(self, name: NormalizedName, filename: str) -> None:
        """Note a file that was published."""
        ...

    def note_project(self, name: NormalizedName) -> None:
        """Note what a project is after a manager's act."""
        ...


class Unkept:
    """Keeps no notes: for an index whose tables are all that there is."""

    def note_file(self, name: NormalizedName, filename: str) -> None:
        """Forget it."""

    def note_project(self, name: NormalizedName) -> None:
        """Forget it."""
