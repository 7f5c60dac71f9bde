"""Issuing tokens and revoking them: writes to the access table, recorded in the index table."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from idlewheel.domain.audit import OURSELVES, Act, Record
from idlewheel.domain.tokens import TokenState
from idlewheel.errors import Denied, Unavailable
from idlewheel.storage import access, audit, keys
from idlewheel.storage.access import TokenItem
from idlewheel.storage.tokens import KnownTokens
from idlewheel.storage.transactions import Busy, Writes, attempts

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from idlewheel.domain.access import Actor
    from idlewheel.domain.tokens import Token


class DynamoTokens(KnownTokens):
    """The access table, written."""

    def __init__(self, connection: Connection, actor: Actor = OURSELVES) -> None:
        """Write over *connection*, of the index table: the audit is there."""
        self._connection = connection
        self._actor = actor

    def by(self, actor: Actor) -> DynamoTokens:
        """The same tokens, written by *actor*."""
        return DynamoTokens(self._connection, actor)

    def add(self, token: Token) -> None:
        """Record a new token; an id is never given twice. Raises Denied."""
        for _ in attempts():
            writes = Writes()
            item = access.token_item(token)
            writes.put("token", item, TokenItem.pk.does_not_exist())
            self._require_active(writes)
            self._note(writes, Act.TOKEN_ISSUED, token)
            try:
                failed = self._commit(writes)
            except Busy:
                continue
            # An attempt before may have written it, and its answer was lost.
            if failed and self.get(token.id) != token:
                raise Unavailable("a token with this id exists already; try again")
            return

    def revoke(self, token_id: str) -> Token:
        """Make a token useless from now on; again changes nothing. Raises Denied."""
        # A busy publisher's token is part of one transaction after another, and revoking is what
        # must not fail.
        for _ in attempts():
            token = self.get(token_id)
            if token.state is TokenState.REVOKED:
                return token
            writes = Writes()
            revoked = [TokenItem.state.set(TokenState.REVOKED.value)]
            active = TokenItem.state == TokenState.ACTIVE.value
            writes.update("token", TokenItem(keys.token(token_id), keys.TOKEN), revoked, active)
            if token_id != self._actor.token_id:
                self._require_active(writes)
            self._note(writes, Act.TOKEN_REVOKED, token)
            with contextlib.suppress(Busy):
                self._commit(writes)
        raise AssertionError  # attempts() ends by raising

    def _require_active(self, writes: Writes) -> None:
        """Let the actor's token be good at the moment of the write.

        The gateway vouches for a revoked one as long as it remembers it, and within that minute
        its holder could make another.
        """
        if self._actor.token_id:
            key = (keys.token(self._actor.token_id), keys.TOKEN)
            writes.check("actor", TokenItem, key, TokenItem.state == TokenState.ACTIVE.value)

    def _commit(self, writes: Writes) -> frozenset[str]:
        """Commit, and answer what failed. Raises Busy, and Denied where the actor may not."""
        failed = writes.commit(self._connection)
        if "actor" in failed:
            raise Denied(f"token {self._actor.token_id} was revoked")
        return failed

    def _note(self, writes: Writes, act: Act, token: Token) -> None:
        said = {"kind": token.kind.value, "for": token.principal}
        said["scopes"] = access.scopes_to(token.scopes)
        audit.add(writes, Record(datetime.now(UTC), act, self._actor, None, (token.id,), said))
