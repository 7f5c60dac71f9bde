"""What is kept of tokens, in the access table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError

from idlewheel.domain.tokens import TokenState
from idlewheel.errors import NotFound
from idlewheel.storage import keys, mapping
from idlewheel.storage.tables import TokenItem
from idlewheel.storage.transactions import attempts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynamodb.exceptions import PynamoDBException
    from pynamodb.expressions.update import Action

    from idlewheel.domain.tokens import Token


class DynamoTokens:
    """The access table. Bind it first (:func:`tables.bind_access`)."""

    def add(self, token: Token) -> None:
        """Record a new token; an id is never given twice."""
        try:
            mapping.token_item(token).save(condition=TokenItem.pk.does_not_exist())
        except PutError as error:
            # botocore asks again where an answer was lost, and then meets what it wrote itself.
            if not _is_refused(error) or self.get(token.id) != token:
                raise

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
        revoked: list[Action] = [TokenItem.state.set(TokenState.REVOKED.value)]
        # A busy publisher's token is part of one transaction after another, and revoking is what
        # must not fail.
        for _ in attempts():
            try:
                item.update(revoked, condition=TokenItem.pk.exists())
            except UpdateError as error:
                if _is_refused(error):
                    raise _unknown(token_id) from None
                if error.cause_response_code != "TransactionConflictException":
                    raise
            else:
                return mapping.token(item)
        raise AssertionError  # attempts() ends by raising

    def all(self) -> Sequence[Token]:
        """Every token that is kept, newest first; expired ones go 30 days after their end."""
        tokens = [mapping.token(item) for item in TokenItem.scan(consistent_read=True)]
        return sorted(tokens, key=lambda token: token.created_at, reverse=True)


def _is_refused(error: PynamoDBException) -> bool:
    return error.cause_response_code == "ConditionalCheckFailedException"


def _unknown(token_id: str) -> NotFound:
    return NotFound(f"there is no token '{token_id}'")
