"""The one transaction by which the files of a draft become listed, all of them or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.domain.audit import Act, Record
from idlewheel.domain.drafts import DraftState
from idlewheel.errors import Conflict, Problem
from idlewheel.storage import audit
from idlewheel.storage.doors import (
    check_token,
    require_open,
    require_open_release,
    require_token,
    still_open,
)
from idlewheel.storage.draft_items import DraftItem
from idlewheel.storage.drafts import add_step, find_metadata
from idlewheel.storage.listed import Listed, add_files
from idlewheel.storage.revisions import find_project, next_revision
from idlewheel.storage.transactions import Busy, Writes, attempts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from pynamodb.connection import Connection

    from idlewheel.domain.access import Principal, Scope
    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.storage.catalog import DynamoCatalog
    from idlewheel.storage.drafts import DynamoDrafts
    from idlewheel.storage.revisions import Revision


@dataclass(frozen=True, slots=True)
class DynamoDraftPublisher:
    """Publishes drafts; over one connection, as one transaction spans both tables."""

    connection: Connection
    catalog: DynamoCatalog
    drafts: DynamoDrafts
    release_closes_after: timedelta
    """How long after its first file a release takes others."""

    def publish(
        self, draft: Draft, staged: Sequence[StagedFile], principal: Principal, now: datetime
    ) -> Sequence[StagedFile] | None:
        """List *staged* and end the draft; answer the duplicates, None if the draft has changed."""
        for _ in attempts():
            new, duplicates = self._sorted(staged)
            try:
                failed = self._writes(draft, new, principal, now).commit(self.connection)
            except Busy:
                continue
            if not failed:
                return duplicates
            current = self.drafts.get(draft.id)
            if (current.state, current.revision) != (draft.state, draft.revision):
                return None
            self._require_open(draft, principal, now)
        raise AssertionError  # attempts() ends by raising

    def _sorted(self, staged: Sequence[StagedFile]) -> tuple[list[StagedFile], list[StagedFile]]:
        """Tell files that are new from those that are published already. Raises Conflict."""
        new: list[StagedFile] = []
        duplicates: list[StagedFile] = []
        problems: list[Problem] = []
        for one in staged:
            try:
                claim = self.catalog.claim(one.file.filename)
                known = claim is not None and claim.settles(one.file.filename, one.file.sha256)
            except Conflict as conflict:
                problems.extend(conflict.problems)
            else:
                (duplicates if known else new).append(one)
        if problems:
            raise Conflict(tuple(problems))
        return new, duplicates

    def _writes(
        self, draft: Draft, new: Sequence[StagedFile], principal: Principal, now: datetime
    ) -> Writes:
        writes = Writes()
        add_step(writes, draft, [DraftItem.state.set(DraftState.PUBLISHED.value)])
        for token_id, scopes in _tokens(draft, principal).items():
            check_token(writes, token_id, scopes)
        if not new:
            return writes
        before = find_project(draft.project)
        require_open(before)
        revision = next_revision(draft.project, before, new[0].display_name, moments=len(new))
        listed = Listed(
            draft.version,
            [(one.file, one.upload_id) for one in new],
            find_metadata(draft.id),
            still_open(now, self.release_closes_after),
        )
        add_files(writes, listed, revision)
        audit.add(writes, _record(draft, new, principal, revision))
        return writes

    def _require_open(self, draft: Draft, principal: Principal, now: datetime) -> None:
        require_open(find_project(draft.project))
        place = (draft.project, draft.version)
        require_open_release(self.catalog, place, now, self.release_closes_after)
        for token_id, scopes in _tokens(draft, principal).items():
            require_token(token_id, scopes)


def _tokens(draft: Draft, principal: Principal) -> dict[str, Sequence[Scope]]:
    """Whose rights are judged: who staged the files, and who makes them public."""
    return {draft.token_id: draft.scopes, principal.token_id: principal.scopes}


def _record(
    draft: Draft, new: Sequence[StagedFile], principal: Principal, revision: Revision
) -> Record:
    digests = {one.file.filename: one.file.sha256 for one in new}
    return Record(
        at=revision.moment,
        act=Act.PUBLISHED,
        actor=principal.actor,
        project=draft.project,
        subjects=tuple(digests),
        detail={"version": draft.version, "draft": draft.id, "digests": digests},
    )
