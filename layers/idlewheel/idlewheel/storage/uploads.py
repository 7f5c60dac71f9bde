"""Uploads on their way, in the index table."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, UpdateError

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import Act, Record
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import REMEMBERED, Lane, Upload, UploadState
from idlewheel.errors import NotFound, Problem
from idlewheel.storage import access, audit, keys, mapping, slots
from idlewheel.storage.tables import InFlightItem, UploadItem
from idlewheel.storage.transactions import Busy, Writes, attempts

if TYPE_CHECKING:
    from pynamodb.connection import Connection
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

    from idlewheel.errors import Refusal


class DynamoUploads:
    """Upload items, and beside each filename which of them a retry joins."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, upload: Upload, at_once: int | None = None) -> Upload:
        """Record *upload*, or answer the one that is in flight with the same bytes and token."""
        for _ in attempts():
            seen = self._in_flight(upload)
            if seen is not None and seen.in_flight(upload.received_at):
                return seen
            writes = self._record(upload, seen)
            if at_once is not None:
                slots.take(writes, upload, at_once, self.get)
            try:
                if not writes.commit(self._connection):
                    return upload
            except Busy:
                continue
        raise AssertionError  # attempts() ends by raising

    def _in_flight(self, upload: Upload) -> Upload | None:
        place = keys.in_flight(upload)
        try:
            item = InFlightItem.get(keys.filename(upload.filename), place, consistent_read=True)
            return self.get(item.upload_id)
        except (DoesNotExist, NotFound):
            return None

    def _record(self, upload: Upload, seen: Upload | None) -> Writes:
        pointer = InFlightItem(
            keys.filename(upload.filename),
            keys.in_flight(upload),
            upload_id=upload.id,
            ttl=upload.expires_at,
        )
        # Nobody points elsewhere since we looked; what TTL removes late counts as gone already.
        unchanged: Condition = InFlightItem.pk.does_not_exist()
        unchanged |= InFlightItem.ttl < upload.received_at
        if seen is not None:
            unchanged |= InFlightItem.upload_id == seen.id
        writes = Writes()
        writes.put("upload", written(upload), UploadItem.pk.does_not_exist())
        writes.put("pointer", pointer, unchanged)
        return writes

    def get(self, upload_id: str) -> Upload:
        """Find an upload."""
        try:
            item = UploadItem.get(keys.upload(upload_id), keys.UPLOAD, consistent_read=True)
        except DoesNotExist:
            raise NotFound(
                f"there is no upload '{upload_id}'; verdicts are kept for 30 days"
            ) from None
        return read(item)

    def reject(self, upload_id: str, refusal: Refusal) -> Upload:
        """End a received upload as rejected; one that has ended stays as it is."""
        actions: list[Action] = [
            UploadItem.state.set(UploadState.REJECTED.value),
            UploadItem.refusal.set(refusal.code),
            UploadItem.problems.set([list(problem) for problem in refusal.problems]),
        ]
        for _ in attempts():
            upload = self.get(upload_id)
            if upload.state.terminal:
                return upload
            writes = Writes()
            item = UploadItem(keys.upload(upload_id), keys.UPLOAD)
            writes.update("upload", item, actions, RECEIVED)
            audit.add(writes, _rejection(upload, refusal))
            with contextlib.suppress(Busy):
                writes.commit(self._connection)
        raise AssertionError  # attempts() ends by raising

    def end(self, upload_id: str, state: UploadState) -> None:
        """End a received upload in *state*: the same bytes were there before."""
        item = UploadItem(keys.upload(upload_id), keys.UPLOAD)
        for _ in attempts():
            try:
                item.update([UploadItem.state.set(state.value)], condition=RECEIVED)
            except UpdateError as error:
                if error.cause_response_code == "ConditionalCheckFailedException":
                    return
                if error.cause_response_code != "TransactionConflictException":
                    raise
            else:
                return


RECEIVED = UploadItem.state == UploadState.RECEIVED.value
"""The condition of every end of an upload: terminal states absorb."""


def _rejection(upload: Upload, refusal: Refusal) -> Record:
    return Record(
        at=datetime.now(UTC),
        act=Act.REJECTED,
        actor=Actor(upload.principal, upload.token_id),
        project=upload.project,
        subjects=(upload.filename,),
        detail={"code": refusal.code, "problems": [list(one) for one in refusal.problems][:20]},
    )


def read(item: UploadItem) -> Upload:
    """Read an upload."""
    return Upload(
        id=item.pk.removeprefix(keys.upload("")),
        filename=item.filename,
        project=NormalizedName(item.project),
        version=item.version,
        sha256=item.sha256,
        size=int(item.size),
        principal=item.principal,
        token_id=item.token_id,
        scopes=access.scopes_from(item.scopes),
        received_at=item.received_at,
        lane=Lane(item.lane),
        state=UploadState(item.state),
        declared=mapping.unpack(item.declared),
        refusal=item.refusal,
        problems=tuple(Problem(*problem) for problem in item.problems or ()),
        draft_id=item.draft_id,
        upload_time=item.upload_time,
        as_mirror=bool(item.as_mirror),
    )


def written(upload: Upload) -> UploadItem:
    """Write an upload."""
    return UploadItem(
        keys.upload(upload.id),
        keys.UPLOAD,
        filename=upload.filename,
        project=upload.project,
        version=upload.version,
        sha256=upload.sha256,
        size=upload.size,
        principal=upload.principal,
        token_id=upload.token_id,
        scopes=access.scopes_to(upload.scopes),
        lane=upload.lane.value,
        received_at=upload.received_at,
        state=upload.state.value,
        declared=mapping.packed(upload.declared),
        draft_id=upload.draft_id,
        upload_time=upload.upload_time,
        as_mirror=upload.as_mirror or None,
        ttl=upload.received_at + REMEMBERED,
    )
