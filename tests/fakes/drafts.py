"""Drafts in memory; ``tests/contract`` holds them to the real ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from idlewheel.domain.audit import Act
from idlewheel.domain.drafts import DraftState
from idlewheel.domain.versions import canonical
from idlewheel.errors import NotFound
from tests.fakes.world import list_files, note, require_open, require_token

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from idlewheel.domain.access import Principal
    from idlewheel.domain.drafts import Draft, StagedFile, Written
    from idlewheel.domain.names import NormalizedName
    from tests.fakes.world import World


class FakeDrafts:
    def __init__(self, world: World) -> None:
        self.world = world

    def open(self, draft: Draft) -> Draft:
        for one in self.world.drafts.values():
            if _place(one) == _place(draft) and one.is_open(draft.opened_at):
                return one
        self.world.drafts[draft.id] = draft
        return draft

    def get(self, draft_id: str) -> Draft:
        if draft_id not in self.world.drafts:
            raise NotFound(f"there is no draft '{draft_id}'")
        return self.world.drafts[draft_id]

    def staged(self, draft_id: str) -> tuple[Draft, Sequence[StagedFile]]:
        staged = sorted(self.world.staged_files.items())
        return self.get(draft_id), [one for (of, _), one in staged if of == draft_id]

    def of(self, name: NormalizedName) -> Sequence[Draft]:
        latest = {_place(one): one for one in self.world.drafts.values() if one.project == name}
        return list(latest.values())

    def remove(self, draft: Draft, staged: StagedFile) -> bool:
        current = self.get(draft.id)
        if (current.state, current.revision) != (DraftState.OPEN, draft.revision):
            return False
        del self.world.staged_files[draft.id, staged.file.filename]
        place = (draft.id, staged.file.filename)
        self.world.removed[place] = self.world.removed.get(place, ()) + staged.written
        self._step(
            current,
            file_count=current.file_count - 1,
            stamp=current.stamp - staged.file.revision,
        )
        return True

    def removed(self, draft_id: str, filename: str = "") -> Written:
        found = self.world.removed.items()
        named = [one for (of, name), one in found if of == draft_id and filename in {"", name}]
        return tuple(one for written in named for one in written)

    def cancel(self, draft_id: str) -> Draft:
        draft = self.get(draft_id)
        if draft.state is DraftState.OPEN:
            self._step(draft, state=DraftState.CANCELLED)
        return self.get(draft_id)

    def _step(self, draft: Draft, **changes: object) -> None:
        stepped = replace(draft, revision=draft.revision + 1, **changes)  # type: ignore[arg-type]
        self.world.drafts[draft.id] = stepped


def _place(draft: Draft) -> tuple[str, str, str]:
    return draft.project, canonical(draft.version), draft.token_id


class FakeDraftPublisher:
    def __init__(self, world: World, closes_after: timedelta = timedelta(days=14)) -> None:
        self.world = world
        self.closes_after = closes_after

    def publish(
        self, draft: Draft, staged: Sequence[StagedFile], principal: Principal, now: datetime
    ) -> Sequence[StagedFile] | None:
        world = self.world
        duplicates = [one for one in staged if self._is_known(one)]
        require_open(world, (draft.project, draft.version), now - self.closes_after)
        require_token(world, principal.token_id, principal.scopes)
        if principal.token_id != draft.token_id:
            require_token(world, draft.token_id, draft.scopes)
        current = world.drafts[draft.id]
        if (current.state, current.revision) != (DraftState.OPEN, draft.revision):
            return None
        FakeDrafts(world)._step(current, state=DraftState.PUBLISHED)
        new = [(one.file, one.upload_id) for one in staged if one not in duplicates]
        if new:
            place = (draft.project, draft.version)
            name = staged[0].display_name
            list_files(world, place, name, new, world.draft_metadata[draft.id])
            digests = {file.filename: file.sha256 for file, _ in new}
            said = {"version": draft.version, "draft": draft.id, "digests": digests}
            note(world, Act.PUBLISHED, principal.actor, draft.project, *digests, **said)
        return duplicates

    def _is_known(self, staged: StagedFile) -> bool:
        claim = self.world.claims.get(staged.file.filename.casefold())
        return claim is not None and claim.settles(staged.file.filename, staged.file.sha256)
