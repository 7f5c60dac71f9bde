"""Drafts in the index table: releases on their way, and the files that they hold."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.drafts import Draft, DraftState, StagedFile
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import REMEMBERED
from idlewheel.errors import NotFound, Unavailable
from idlewheel.storage import access, keys, mapping
from idlewheel.storage.catalog import SETTLING
from idlewheel.storage.draft_items import (
    DraftFileItem,
    DraftItem,
    DraftMetadataItem,
    DraftOfItem,
    DraftRemovedItem,
)
from idlewheel.storage.tables import IndexItem
from idlewheel.storage.transactions import Busy, Writes, attempts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pynamodb.connection import Connection
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

    from idlewheel.domain.drafts import Written


class DynamoDrafts:
    """Draft items, and beside each project which of them a retry joins."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, draft: Draft) -> Draft:
        """Record *draft*, or answer the one that is open of the same release and token."""
        for _ in attempts():
            seen = self._joined(draft)
            if seen is not None and seen.is_open(draft.opened_at):
                return seen
            writes = Writes()
            writes.put("draft", draft_item(draft), DraftItem.pk.does_not_exist())
            writes.put("pointer", _pointer(draft), _unchanged(draft, seen))
            with contextlib.suppress(Busy):
                if not writes.commit(self._connection):
                    return draft
        raise AssertionError  # attempts() ends by raising

    def _joined(self, draft: Draft) -> Draft | None:
        place = (keys.drafts(draft.project), keys.draft_of(draft.version, draft.token_id))
        try:
            return self.get(DraftOfItem.get(*place, consistent_read=True).draft_id)
        except (DoesNotExist, NotFound):
            return None

    def get(self, draft_id: str) -> Draft:
        """Find a draft."""
        try:
            item = DraftItem.get(keys.draft(draft_id), keys.DRAFT, consistent_read=True)
        except DoesNotExist:
            raise _missing(draft_id) from None
        return draft_of(item)

    def staged(self, draft_id: str) -> tuple[Draft, Sequence[StagedFile]]:
        """Find a draft and the files in it, by name, as one revision has them.

        A transaction becomes visible item by item: the draft's own sums tell when all of them are.
        """
        for pause in SETTLING:
            time.sleep(pause)
            partition = keys.draft(draft_id)
            items = list(IndexItem.query(partition, _BEFORE_METADATA, consistent_read=True))
            drafts = [draft_of(item) for item in items if isinstance(item, DraftItem)]
            if not drafts:
                raise _missing(draft_id)
            staged = [staged_file(item) for item in items if isinstance(item, DraftFileItem)]
            draft, stamp = drafts[0], sum(one.file.revision for one in staged)
            if (len(staged), stamp) == (draft.file_count, draft.stamp):
                return draft, staged
        raise Unavailable(f"draft {draft_id} is being written; try again in a moment")

    def held(self, draft_id: str, filename: str) -> StagedFile | None:
        """Find one file of a draft."""
        try:
            item = DraftFileItem.get(
                keys.draft(draft_id), keys.file(filename), consistent_read=True
            )
        except DoesNotExist:
            return None
        return staged_file(item)

    def of(self, name: NormalizedName) -> Sequence[Draft]:
        """The latest draft of each release and token of a project, ended ones included."""
        found = DraftOfItem.query(keys.drafts(name), consistent_read=True)
        drafts = [self._found(item.draft_id) for item in found]
        return [draft for draft in drafts if draft is not None]

    def _found(self, draft_id: str) -> Draft | None:
        try:
            return self.get(draft_id)
        except NotFound:
            return None

    def remove(self, draft: Draft, staged: StagedFile) -> bool:
        """Take a file out of *draft*; False where it has ended or changed since it was read."""
        item = DraftFileItem(keys.draft(draft.id), keys.file(staged.file.filename))
        writes = Writes()
        writes.delete("draft file", item)
        before = self.removed(draft.id, staged.file.filename)
        writes.put("removed", _removed_item(draft, staged, before))
        gone = [DraftItem.file_count.add(-1), DraftItem.stamp.add(-staged.file.revision)]
        add_step(writes, draft, gone)
        try:
            return not writes.commit(self._connection)
        except Busy:
            return False

    def removed(self, draft_id: str, filename: str = "") -> Written:
        """What was written for the files that were taken out: of one name, or of all."""
        place, named = keys.draft(draft_id), keys.removed(filename)
        within = DraftRemovedItem.sk == named if filename else DraftRemovedItem.sk.startswith(named)
        found = DraftRemovedItem.query(place, within, consistent_read=True)
        return tuple((key, version) for item in found for key, version in item.written)

    def cancel(self, draft_id: str) -> Draft:
        """End an open draft; one that has ended stays as it is."""
        for _ in attempts():
            draft = self.get(draft_id)
            if draft.state is not DraftState.OPEN:
                return draft
            writes = Writes()
            add_step(writes, draft, [DraftItem.state.set(DraftState.CANCELLED.value)])
            with contextlib.suppress(Busy):
                writes.commit(self._connection)
        raise AssertionError  # attempts() ends by raising


_BEFORE_METADATA = IndexItem.sk < keys.METADATA
"""The draft and its files; the metadata may be long."""


def add_step(writes: Writes, draft: Draft, actions: Sequence[Action]) -> None:
    """Change *draft*, if it is open and as it was when it was read."""
    unchanged = (DraftItem.state == DraftState.OPEN.value) & (DraftItem.revision == draft.revision)
    item = DraftItem(keys.draft(draft.id), keys.DRAFT)
    writes.update("draft", item, [*actions, DraftItem.revision.add(1)], unchanged)


def add_staged(writes: Writes, draft: Draft, staged: StagedFile, metadata: bytes) -> None:
    """Put a file into *draft*, if it is as it was when it was read; the first names the release."""
    revision = draft.revision + 1
    stamped = replace(staged, file=replace(staged.file, revision=revision))
    add_step(writes, draft, [DraftItem.file_count.add(1), DraftItem.stamp.add(revision)])
    writes.put("draft file", staged_file_item(draft, stamped), DraftFileItem.pk.does_not_exist())
    core = DraftMetadataItem.core
    writes.update(
        "draft metadata",
        DraftMetadataItem(keys.draft(draft.id), keys.METADATA),
        [
            DraftMetadataItem.kind.set(DraftMetadataItem),
            core.set(core | metadata),
            DraftMetadataItem.ttl.set(_forgotten(draft)),
        ],
    )


def find_metadata(draft_id: str) -> bytes:
    """Read the packed core metadata of the release that a draft with files is of."""
    item = DraftMetadataItem.get(keys.draft(draft_id), keys.METADATA, consistent_read=True)
    core: bytes = item.core
    return core


def _removed_item(draft: Draft, staged: StagedFile, before: Written) -> DraftRemovedItem:
    """Keep what was written for a file, so that whoever repeats its removal takes it away."""
    written = [list(one) for one in (*before, *staged.written)]
    place = keys.removed(staged.file.filename)
    return DraftRemovedItem(keys.draft(draft.id), place, written=written, ttl=_forgotten(draft))


def _pointer(draft: Draft) -> DraftOfItem:
    place = keys.draft_of(draft.version, draft.token_id)
    return DraftOfItem(keys.drafts(draft.project), place, draft_id=draft.id, ttl=_forgotten(draft))


def _unchanged(draft: Draft, seen: Draft | None) -> Condition:
    """Nobody points elsewhere since we looked; what TTL removes late counts as gone already."""
    condition: Condition = DraftOfItem.pk.does_not_exist()
    condition |= DraftOfItem.ttl < draft.opened_at
    if seen is not None:
        condition |= DraftOfItem.draft_id == seen.id
    return condition


def _forgotten(draft: Draft) -> datetime:
    return draft.opened_at + REMEMBERED


def _missing(draft_id: str) -> NotFound:
    return NotFound(f"there is no draft '{draft_id}'; drafts are remembered for 30 days")


def staged_file(item: DraftFileItem) -> StagedFile:
    """Read a file of a draft."""
    written = tuple((key, version) for key, version in item.written)
    return StagedFile(mapping.file(item.serialize()), item.upload_id, item.display_name, written)


def staged_file_item(draft: Draft, staged: StagedFile) -> DraftFileItem:
    """Write a file of a draft."""
    return DraftFileItem(
        keys.draft(draft.id),
        keys.file(staged.file.filename),
        upload_id=staged.upload_id,
        display_name=staged.display_name,
        written=[list(one) for one in staged.written],
        ttl=_forgotten(draft),
        **mapping.file_attributes(staged.file),
    )


def draft_of(item: DraftItem) -> Draft:
    """Read a draft."""
    return Draft(
        id=item.pk.removeprefix(keys.draft("")),
        project=NormalizedName(item.project),
        version=item.version,
        principal=item.principal,
        token_id=item.token_id,
        scopes=access.scopes_from(item.scopes),
        opened_at=item.opened_at,
        state=DraftState(item.state),
        revision=int(item.revision or 0),
        file_count=int(item.file_count),
        stamp=int(item.stamp),
    )


def draft_item(draft: Draft) -> DraftItem:
    """Write a draft."""
    return DraftItem(
        keys.draft(draft.id),
        keys.DRAFT,
        project=draft.project,
        version=draft.version,
        principal=draft.principal,
        token_id=draft.token_id,
        scopes=access.scopes_to(draft.scopes),
        opened_at=draft.opened_at,
        state=draft.state.value,
        revision=draft.revision,
        file_count=draft.file_count,
        stamp=draft.stamp,
        ttl=_forgotten(draft),
    )
