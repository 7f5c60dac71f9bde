"""What is kept of tokens, in the access table."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.audit import OURSELVES, Act, Actor, Record
from idlewheel.domain.tokens import TokenState
from idlewheel.errors import Denied, NotFound, Unavailable
from idlewheel.storage import audit, keys, mapping
from idlewheel.storage.tables import TokenItem
from idlewheel.storage.transactions import Busy, Writes, attempts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynamodb.connection import Connection

    from idlewheel.domain.tokens import Token


class DynamoTokens:
    """The access table. Bind it first (:func:`tables.bind_access`)."""

    def __init__(self, connection: Connection | None = None, actor: Actor = OURSELVES) -> None:
        """*connection*, of the index table, is needed to write: the audit is there."""
        self._connection = connection
        self._actor = actor

    def by(self, actor: Actor) -> DynamoTokens:
        """The same tokens, written by *actor*."""
        return DynamoTokens(self._connection, actor)

    def add(self, token: Token) -> None:
        """Record a new token; an id is never given twice. Raises Denied."""
        for _ in attempts():
            writes = Writes()
            item = mapping.token_item(token)
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

    def get(self, token_id: str) -> Token:
        """Find a token, by one consistent read."""
        try:
            item = TokenItem.get(keys.token(token_id), keys.TOKEN, consistent_read=True)
        except DoesNotExist:
            raise _unknown(token_id) from None
        return mapping.token(item)

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
        failed = writes.commit(self._writable())
        if "actor" in failed:
            raise Denied(f"token {self._actor.token_id} was revoked")
        return failed

    def _note(self, writes: Writes, act: Act, token: Token) -> None:
        said = {"kind": token.kind.value, "for": token.principal}
        said["scopes"] = mapping.scopes_to(token.scopes)
        audit.add(writes, Record(datetime.now(UTC), act, self._actor, None, (token.id,), said))

    def _writable(self) -> Connection:
        if self._connection is None:
            raise Unavailable("this function only reads tokens")
        return self._connection

    def all(self) -> Sequence[Token]:
        """Every token that is kept, newest first; expired ones go 30 days after their end."""
        tokens = [mapping.token(item) for item in TokenItem.scan(consistent_read=True)]
        return sorted(tokens, key=lambda token: token.created_at, reverse=True)


def _unknown(token_id: str) -> NotFound:
    return NotFound(f"there is no token '{token_id}'")
