"""What is kept of tokens, in the access table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, UpdateError

from idlewheel.domain.tokens import TokenState
from idlewheel.errors import NotFound
from idlewheel.storage import keys, mapping
from idlewheel.storage.tables import TokenItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.domain.tokens import Token


class DynamoTokens:
    """The access table. Bind it first (:func:`tables.bind_access`)."""

    def add(self, token: Token) -> None:
        """Record a new token; an id is never given twice."""
        mapping.token_item(token).save(condition=TokenItem.pk.does_not_exist())

    def get(self, token_id: str) -> Token:
        """Find a token, by one consistent read."""
        try:
            item = TokenItem.get(keys.token(token_id), keys.TOKEN, consistent_read=True)
        except DoesNotExist:
            raise _unknown(token_id) from None
        return mapping.token(item)

    def revoke(self, token_id: str) -> Token:
        """Make a token useless from now on; again changes nothing."""
        item = TokenItem(keys.token(token_id), keys.TOKEN)
        try:
            item.update(
                [TokenItem.state.set(TokenState.REVOKED.value)],
                condition=TokenItem.pk.exists(),
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise _unknown(token_id) from None
        return mapping.token(item)

    def all(self) -> Sequence[Token]:
        """Every token that is kept, newest first; expired ones go 30 days after their end."""
        tokens = [mapping.token(item) for item in TokenItem.scan(consistent_read=True)]
        return sorted(tokens, key=lambda token: token.created_at, reverse=True)


def _unknown(token_id: str) -> NotFound:
    return NotFound(f"there is no token '{token_id}'")
