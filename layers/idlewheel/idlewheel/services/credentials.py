"""Tokens: issue them, list them, revoke them, and find out for whom one speaks."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.domain import tokens
from idlewheel.errors import NotFound, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from idlewheel.domain.access import Principal, Scope
    from idlewheel.domain.tokens import Kind, Token
    from idlewheel.services.ports import KnownTokens, Tokens


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a new token to be."""

    kind: Kind
    principal: str
    scopes: tuple[Scope, ...]
    life: timedelta | None = None
    note: str = ""


def issue(store: Tokens, wish: Wish, created_by: str, now: datetime) -> tuple[str, Token]:
    """Make a token; answer its text, which nobody sees again, and what is kept of it.

    Raises:
        Rejected: with every problem of the wish.

    """
    life = wish.kind.usual_life if wish.life is None else wish.life
    tokens.check_request(wish.kind, wish.principal, wish.scopes, life)
    text = tokens.generate(wish.kind)
    token = tokens.Token(
        id=tokens.token_id(text),
        digest=tokens.digest(text),
        kind=wish.kind,
        principal=wish.principal,
        scopes=wish.scopes,
        created_at=now,
        created_by=created_by,
        expires_at=now + life,
        note=wish.note,
    )
    store.add(token)
    return text, token


def listed(store: Tokens, now: datetime) -> Sequence[Token]:
    """All tokens that have not expired, newest first."""
    return [token for token in store.all() if token.expires_at > now]


def authenticate(store: KnownTokens, authorization: str, now: datetime) -> Principal:
    """Find out for whom an ``Authorization`` header speaks.

    Basic with any user name and the token as password, or Bearer; schemes in any case, white
    space around the token ignored (RFC 7617, RFC 6750).

    Raises:
        Unauthenticated: no token, garbage (decided without a read), unknown, revoked, expired.

    """
    text = presented(authorization)
    try:
        token = store.get(tokens.token_id(text))
    except NotFound:
        raise Unauthenticated("the token is not valid") from None
    return token.authenticate(text, now)


def presented(authorization: str) -> str:
    """Take the token out of an ``Authorization`` header.

    Raises:
        Unauthenticated: another scheme, or not decodable.

    """
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        return rest.strip()
    if scheme.lower() != "basic":
        raise Unauthenticated("credentials must be Basic, with the token as password, or Bearer")
    try:
        pair = base64.b64decode(rest.strip(), validate=True).decode()
    except ValueError:  # no base64, not even ASCII, or no UTF-8 in it
        raise Unauthenticated("the Basic credentials cannot be decoded") from None
    return pair.partition(":")[2].strip()
