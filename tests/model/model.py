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
class ModelDraft:
    """A release on its way: content by filename, and who fills it."""

    version: str
    token_id: str
    files: dict[str, str] = field(default_factory=dict)
    state: str = "open"


@dataclass
class Model:
    """One project, its tokens and its uploads on their way."""

    files: dict[str, ModelFile] = field(default_factory=dict)
    releases: dict[str, ModelRelease] = field(default_factory=dict)
    status: str = "active"
    revoked: set[str] = field(default_factory=set)
    revoked_ids: set[str] = field(default_factory=set)
    drafts: dict[str, ModelDraft] = field(default_factory=dict)

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
        if self.is_closed():
            return "closed"
        return "revoked" if token in self.revoked else "published"

    def is_closed(self) -> bool:
        return bool(self.files) and self.status in {"archived", "quarantined"}

    def stage(self, draft_id: str, filename: str, content: str) -> bool:
        """Put into a draft what is good in itself; False where the draft does not take it."""
        draft = self.drafts[draft_id]
        if draft.state != "open":
            return False
        return draft.files.setdefault(filename, content) == content

    def publish_draft(self, draft_id: str, publisher_id: str) -> bool:
        """Publish all that a draft holds, or nothing; a second time changes nothing."""
        draft = self.drafts[draft_id]
        if draft.state != "open":
            return draft.state == "published"
        verdicts = {name: self.known(name, content) for name, content in draft.files.items()}
        new = [name for name, verdict in verdicts.items() if verdict is None]
        is_refused = not verdicts or "taken" in verdicts.values() or (new and self.is_closed())
        if is_refused or {draft.token_id, publisher_id} & self.revoked_ids:
            return False
        for name in new:
            self.publish(name, draft.files[name], draft.version)
        draft.state = "published"
        return True

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
