"""What is known of tokens, read from the access table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlewheel.errors import NotFound
from idlewheel.storage import access
from idlewheel.storage.access import TokenItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.domain.tokens import Token


class KnownTokens:
    """The access table, read. Bind it first (:func:`access.bind_access`)."""

    def get(self, token_id: str) -> Token:
        """Find a token, by one consistent read."""
        token = access.find_token(token_id)
        if token is None:
            raise NotFound(f"there is no token '{token_id}'")
        return token

    def all(self) -> Sequence[Token]:
        """Every token that is kept, newest first; expired ones go 30 days after their end."""
        items = TokenItem.scan(consistent_read=True)
        tokens = [access.token(item.serialize()) for item in items]
        return sorted(tokens, key=lambda token: token.created_at, reverse=True)
