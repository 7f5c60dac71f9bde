"""Releases that become visible all at once: open a draft, fill it, look at it, publish it.

Files come in through upload sessions that name the draft. Ingest verifies them and puts their
bytes in place; what is left for the publication is one transaction, whatever their size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from idlewheel.domain.access import Action
from idlewheel.domain.drafts import Draft, DraftState, new_draft_id, require_files
from idlewheel.errors import Denied, NotFound, TooLate, Unavailable
from idlewheel.services.manifests import Unkept

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from idlewheel.domain.access import Principal
    from idlewheel.domain.drafts import StagedFile, Written
    from idlewheel.domain.names import NormalizedName
    from idlewheel.services.manifests import Manifests
    from idlewheel.services.ports import Files


class Drafts(Protocol):
    """Releases on their way."""

    def open(self, draft: Draft) -> Draft:
        """Record *draft*, or answer the open one of the same release and token, which it joins."""
        ...

    def get(self, draft_id: str) -> Draft:
        """Find a draft. Raises NotFound."""
        ...

    def staged(self, draft_id: str) -> tuple[Draft, Sequence[StagedFile]]:
        """Find a draft and the files in it, by name, as one revision has them. Raises NotFound."""
        ...

    def of(self, name: NormalizedName) -> Sequence[Draft]:
        """The latest draft of each release and token of a project, ended ones included."""
        ...

    def remove(self, draft: Draft, staged: StagedFile) -> bool:
        """Take a file out of *draft*; False where it has ended or changed since it was read."""
        ...

    def removed(self, draft_id: str, filename: str = "") -> Written:
        """What was written for the files that were taken out: of one name, or of all."""
        ...

    def cancel(self, draft_id: str) -> Draft:
        """End an open draft; one that has ended stays as it is.

        Answers the draft as it is then. Raises NotFound.
        """
        ...


class DraftPublisher(Protocol):
    """The one transaction by which a draft's files become listed, all of them or none."""

    def publish(
        self, draft: Draft, staged: Sequence[StagedFile], principal: Principal, now: datetime
    ) -> Sequence[StagedFile] | None:
        """List *staged*, all that *draft* holds, and end the draft as published.

        Answers the duplicates: those of the files that had been published before, with the same
        bytes. None means that the draft has ended or changed since it was read: look again.

        Raises:
            Conflict: with a problem for each filename that is taken.
            Denied: the project takes no uploads, or one of the two tokens was revoked or changed:
                the one that staged the files, and that of *principal*.
            Rejected: the release has closed.
            Unavailable: the tables were too busy; nothing has happened, try again.

        """
        ...


LOOKS = 10
"""How often a draft is looked at again that others keep changing."""


@dataclass(frozen=True, slots=True)
class Drafting:
    """The desk where releases are drafted. Every call can be repeated."""

    drafts: Drafts
    publisher: DraftPublisher
    files: Files
    manifests: Manifests = field(default_factory=Unkept)

    def open(
        self, project: NormalizedName, version: str, principal: Principal, now: datetime
    ) -> Draft:
        """Open a draft of a release, or answer the one that this token has open."""
        principal.require(Action.PUBLISH, project)
        return self.drafts.open(
            Draft(
                id=new_draft_id(),
                project=project,
                version=version,
                principal=principal.name,
                token_id=principal.token_id,
                scopes=principal.scopes,
                opened_at=now,
            )
        )

    def of(self, project: NormalizedName, principal: Principal, now: datetime) -> list[Draft]:
        """Find the drafts of a project that are open, the oldest first."""
        principal.require(Action.PUBLISH, project)
        found = [draft for draft in self.drafts.of(project) if draft.is_open(now)]
        return sorted(found, key=attrgetter("opened_at"))

    def find(self, draft_id: str, principal: Principal) -> tuple[Draft, Sequence[StagedFile]]:
        """Show a draft to who may publish to its project."""
        draft, staged = self.drafts.staged(draft_id)
        principal.require(Action.PUBLISH, draft.project)
        return draft, staged

    def publish(
        self,
        draft_id: str,
        expected: Sequence[str] | None,
        principal: Principal,
        now: datetime,
    ) -> tuple[Draft, Sequence[StagedFile]]:
        """Make every file of the draft visible, or none; a second time changes nothing.

        *expected* are the filenames that the draft must hold, and no others, where given.

        Raises:
            Rejected: the draft holds other files than expected, or none.
            Refusal, Unavailable: as :meth:`DraftPublisher.publish`; the draft stays open.
            Gone: the draft was cancelled, or has expired.

        """
        for _ in range(LOOKS):
            draft, staged = self.find(draft_id, principal)
            if draft.state is DraftState.PUBLISHED:
                self._note(draft, staged)  # whoever published it may have died before this
                return draft, staged
            draft.require_open(now)
            require_files(staged, expected)
            duplicates = self.publisher.publish(draft, staged, principal, now)
            if duplicates is not None:
                self._note(draft, staged)
                for one in duplicates:
                    self._drop(one.written)
                return self.drafts.staged(draft_id)
        raise Unavailable(f"others keep changing draft {draft_id}; try again in a moment")

    def remove(self, draft_id: str, filename: str, principal: Principal, now: datetime) -> None:
        """Take a file out of an open draft, and its bytes away.

        Raises:
            NotFound: the draft has no such file.
            TooLate, Gone: the draft has ended.

        """
        for _ in range(LOOKS):
            draft, staged = self.find(draft_id, principal)
            draft.require_open(now)
            wanted = next((one for one in staged if one.file.filename == filename), None)
            if wanted is None and not self.drafts.removed(draft_id, filename):
                raise NotFound(f"there is no file '{filename}' in draft {draft_id}")
            if wanted is None or self.drafts.remove(draft, wanted):
                return self._drop(self.drafts.removed(draft_id, filename))
        raise Unavailable(f"others keep changing draft {draft_id}; try again in a moment")

    def cancel(self, draft_id: str, principal: Principal) -> Draft:
        """End a draft, and take the bytes of its files away.

        Raises:
            TooLate: it is published, and what is published is deleted, not cancelled.

        """
        self.find(draft_id, principal)
        draft = self.drafts.cancel(draft_id)
        if draft.state is DraftState.PUBLISHED:
            raise TooLate(f"draft {draft_id} is published: delete the release instead")
        for one in self.drafts.staged(draft_id)[1]:
            self._drop(one.written)
        self._drop(self.drafts.removed(draft_id))
        return draft

    def _note(self, draft: Draft, staged: Iterable[StagedFile]) -> None:
        for one in staged:
            self.manifests.note_file(draft.project, one.file.filename)

    def _drop(self, written: Written) -> None:
        for key, version in written:
            self.files.drop(key, version)


def require_owner(draft: Draft, principal: Principal) -> None:
    """Go on only for the token that opened *draft*: files are judged with its rights.

    Raises:
        Denied: it is another's.

    """
    if principal.token_id != draft.token_id:
        raise Denied(
            f"draft {draft.id} was opened with token {draft.token_id}, and only that one may add "
            "files to it"
        )
