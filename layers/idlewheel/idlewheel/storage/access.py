"""The access table: its items, and tokens written as such.

Apart from the index table, so that the functions that read the index cannot read secrets, and so
that the authorizer loads nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pynamodb.attributes import (
    DiscriminatorAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.models import Model

from idlewheel.domain.access import parse_scopes
from idlewheel.domain.tokens import Kind, Token, TokenState
from idlewheel.storage import keys
from idlewheel.storage.binding import CURRENT_SCHEMA, Reach, bind, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pynamodb.connection import Connection

    from idlewheel.domain.access import Scope
    from idlewheel.storage.binding import Raw


class AccessItem(Model):
    """Any item of the access table."""

    class Meta(Reach):
        """Bound at start, by :func:`bind_access`."""

        table_name = "unbound"
        region: str | None = None

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    schema_version = NumberAttribute(attr_name="schema", default=CURRENT_SCHEMA)


class TokenItem(AccessItem, discriminator="token"):
    """TOKEN#{id} / TOKEN; nothing that changes often: it takes part in every publication."""

    id = UnicodeAttribute()
    digest = UnicodeAttribute()
    token_kind = UnicodeAttribute()
    principal = UnicodeAttribute()
    scopes = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    created_by = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute()
    state = UnicodeAttribute()
    note = UnicodeAttribute(null=True)
    ttl = TTLAttribute()


def bind_access(table_name: str, region: str) -> Connection:
    """Point every item of the access table at *table_name*, over one connection."""
    return bind(AccessItem, table_name, region)


FORGOTTEN = timedelta(days=30)
"""How long after its expiry a token's record is kept, so that old uploads can be traced."""


def find_token(token_id: str) -> Token | None:
    """Find a token, by one consistent read."""
    item = find(AccessItem, keys.token(token_id), keys.TOKEN)
    return None if item is None else token(item)


def token(item: Raw) -> Token:
    """Read a token."""
    return Token(
        id=item["id"]["S"],
        digest=item["digest"]["S"],
        kind=Kind(item["token_kind"]["S"]),
        principal=item["principal"]["S"],
        scopes=scopes_from(item["scopes"]["S"]),
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        created_by=item["created_by"]["S"],
        expires_at=datetime.fromisoformat(item["expires_at"]["S"]),
        state=TokenState(item["state"]["S"]),
        note=item["note"].get("S", "") if "note" in item else "",
    )


def token_item(token: Token) -> TokenItem:
    """Write a token."""
    return TokenItem(
        keys.token(token.id),
        keys.TOKEN,
        id=token.id,
        digest=token.digest,
        token_kind=token.kind.value,
        principal=token.principal,
        scopes=scopes_to(token.scopes),
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        state=token.state.value,
        note=token.note,
        ttl=token.expires_at + FORGOTTEN,
    )


def scopes_to(scopes: Iterable[Scope]) -> str:
    """Write scopes as one string, so that a condition can compare them all at once."""
    return " ".join(str(scope) for scope in scopes)


def scopes_from(text: str) -> tuple[Scope, ...]:
    """Read what :func:`scopes_to` wrote."""
    return parse_scopes(text.split())
