"""What is known of tokens, read from the access table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.errors import NotFound
from idlewheel.storage import access, keys
from idlewheel.storage.access import TokenItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.domain.tokens import Token


class KnownTokens:
    """The access table, read. Bind it first (:func:`access.bind_access`)."""

    def get(self, token_id: str) -> Token:
        """Find a token, by one consistent read."""
        try:
            item = TokenItem.get(keys.token(token_id), keys.TOKEN, consistent_read=True)
        except DoesNotExist:
            raise NotFound(f"there is no token '{token_id}'") from None
        return access.token(item)

    def all(self) -> Sequence[Token]:
        """Every token that is kept, newest first; expired ones go 30 days after their end."""
        tokens = [access.token(item) for item in TokenItem.scan(consistent_read=True)]
        return sorted(tokens, key=lambda token: token.created_at, reverse=True)
