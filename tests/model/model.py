"""What an index is, in plain dictionaries: the reference that the real one is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["published", "duplicate", "taken", "closed", "revoked"]


@dataclass
class ModelFile:
    """One filename: its content for ever, whether it is there, its yank."""

    content: str
    version: str
    deleted: bool = False
    yanked: str | None = None


@dataclass
class ModelRelease:
    yanked: str | None = None
    deleted: bool = False


@dataclass
class Model:
    """One project, its tokens and its uploads on their way."""

    files: dict[str, ModelFile] = field(default_factory=dict)
    releases: dict[str, ModelRelease] = field(default_factory=dict)
    status: str = "active"
    revoked: set[str] = field(default_factory=set)

    def known(self, filename: str, content: str) -> Verdict | None:
        """What the name alone decides."""
        file = self.files.get(filename)
        if file is None:
            return None
        return "duplicate" if file.content == content and not file.deleted else "taken"

    def judge(self, filename: str, content: str, token: str) -> Verdict:
        """What becomes of an upload whose turn it is."""
        if verdict := self.known(filename, content):
            return verdict
        if self.files and self.status in {"archived", "quarantined"}:
            return "closed"
        return "revoked" if token in self.revoked else "published"

    def publish(self, filename: str, content: str, version: str) -> None:
        self.files[filename] = ModelFile(content, version)
        self.releases.setdefault(version, ModelRelease()).deleted = False

    def delete(self, *filenames: str) -> None:
        for filename in filenames:
            self.files[filename].deleted = True

    def restore(self, *filenames: str) -> None:
        for filename in filenames:
            self.files[filename].deleted = False

    def of(self, version: str) -> list[str]:
        return [name for name, file in self.files.items() if file.version == version]

    def listed(self) -> dict[str, tuple[str, str | None]]:
        """What a page shows: content and yank of each file."""
        if self.status == "quarantined":
            return {}
        return {
            name: (file.content, self._yank(file))
            for name, file in self.files.items()
            if not file.deleted
        }

    def versions(self) -> set[str]:
        listed = {self.files[name].version for name in self.listed()}
        return listed | {one for one, release in self.releases.items() if not release.deleted}

    def _yank(self, file: ModelFile) -> str | None:
        of_release = self.releases[file.version].yanked
        return file.yanked if file.yanked is not None else of_release
