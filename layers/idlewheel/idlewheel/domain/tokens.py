"""The form of a token, what is kept of it, and when it is good.

``iw_<kind>_<id>_<secret><crc>``: the id finds the record, the secret (190 bits) cannot be
guessed, so its SHA-256 is all that is stored and no slow hash is needed; the CRC-32 lets us
refuse garbage before any read and gives secret scanners no false positive.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action, Principal
from idlewheel.errors import Problem, Rejected, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from idlewheel.domain.access import Scope

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID, _SECRET, _CRC = 10, 32, 6
_FORM = re.compile(
    rf"iw_(?P<kind>[rpoa])_(?P<id>[0-9A-Za-z]{{{_ID}}})"
    rf"_(?P<secret>[0-9A-Za-z]{{{_SECRET}}})(?P<crc>[0-9A-Za-z]{{{_CRC}}})"
)


class Kind(StrEnum):
    """What a token is for; it bounds what its scopes may allow and how long it lives."""

    READ = "read"
    PUBLISH = "publish"
    ADMIN = "admin"
    MINTED = "minted"

    @property
    def letter(self) -> str:
        """How the kind is written inside a token."""
        return "o" if self is Kind.MINTED else self[0]

    @property
    def allows(self) -> frozenset[Action]:
        """The actions that its scopes may name."""
        return _ALLOWED[self]

    @property
    def longest_life(self) -> timedelta:
        """How long it may be good at the most."""
        return _LONGEST[self]

    @property
    def usual_life(self) -> timedelta:
        """How long it is good when nobody says."""
        return _USUAL[self]


_WRITING = frozenset({Action.READ, Action.PUBLISH, Action.YANK})
_ALLOWED = {
    Kind.READ: frozenset({Action.READ}),
    Kind.PUBLISH: _WRITING,
    Kind.MINTED: _WRITING,
    Kind.ADMIN: frozenset(Action),
}
_LONGEST = {
    Kind.READ: timedelta(days=365),
    Kind.PUBLISH: timedelta(days=365),
    Kind.MINTED: timedelta(hours=12),
    Kind.ADMIN: timedelta(days=30),
}
_USUAL = {
    Kind.READ: timedelta(days=90),
    Kind.PUBLISH: timedelta(days=30),
    Kind.MINTED: timedelta(minutes=15),
    Kind.ADMIN: timedelta(hours=8),
}


class TokenState(StrEnum):
    """Whether a token may be used."""

    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: everything but the secret."""

    id: str
    digest: str
    """SHA-256 of the whole token, hex."""
    kind: Kind
    principal: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime
    state: TokenState = TokenState.ACTIVE
    note: str = ""

    def authenticate(self, text: str, now: datetime) -> Principal:
        """Answer for whom *text* speaks, if it is this token and the token is good at *now*.

        Raises:
            Unauthenticated: another secret, revoked, or expired; the answer does not say which
                of the first two, so that an id alone teaches nothing.

        """
        same = hmac.compare_digest(self.digest, digest(text))
        if not same or self.state is not TokenState.ACTIVE:
            raise Unauthenticated("the token is not valid")
        if now >= self.expires_at:
            raise Unauthenticated(f"token {self.id} expired at {self.expires_at.isoformat()}")
        return Principal(self.principal, self.id, self.scopes, self.expires_at)


def generate(kind: Kind) -> str:
    """Make a new token of *kind*, to be shown once."""
    head = f"iw_{kind.letter}_{_random(_ID)}_{_random(_SECRET)}"
    return head + _crc(head)


def token_id(text: str) -> str:
    """Take the id out of *text*.

    Raises:
        Unauthenticated: it is not a token of ours; decided without any read.

    """
    form = _FORM.fullmatch(text)
    if form is None or not hmac.compare_digest(_crc(text[:-_CRC]), form["crc"]):
        raise Unauthenticated("the password is not an Idlewheel token (iw_…)")
    return form["id"]


def digest(text: str) -> str:
    """Reduce a token to what is stored of it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _crc(head: str) -> str:
    value, signs = zlib.crc32(head.encode()), []
    for _ in range(_CRC):
        value, rest = divmod(value, len(_ALPHABET))
        signs.append(_ALPHABET[rest])
    return "".join(reversed(signs))


_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/-]{0,63}")

LONGEST_SCOPES = 4_000
"""Characters of all scopes of a token: the authorizer tells them with every request."""


def is_principal(name: str) -> bool:
    """Say whether somebody can be called *name*."""
    return _PRINCIPAL.fullmatch(name) is not None


def is_id(text: str) -> bool:
    """Say whether a token can have *text* as its id."""
    return _TOKEN_ID.fullmatch(text) is not None


_TOKEN_ID = re.compile(rf"[0-9A-Za-z]{{{_ID}}}")


def check_request(kind: Kind, principal: str, scopes: tuple[Scope, ...], life: timedelta) -> None:
    """Judge what somebody wants a new token to be.

    Raises:
        Rejected: with every problem.

    """
    problems = tuple(_problems(kind, principal, scopes, life))
    if problems:
        raise Rejected(problems)


def _problems(
    kind: Kind, principal: str, scopes: tuple[Scope, ...], life: timedelta
) -> Iterator[Problem]:
    if not is_principal(principal):
        yield Problem(
            "invalid-principal",
            "a principal is 1 to 64 letters, digits or . _ @ / -, a letter or digit first",
        )
    if not scopes:
        yield Problem("no-scope", "a token needs at least one scope, such as read:*")
    if sum(len(str(scope)) for scope in scopes) > LONGEST_SCOPES:
        yield Problem("too-many-scopes", f"all scopes have {LONGEST_SCOPES} characters at most")
    for scope in scopes:
        if scope.action not in kind.allows:
            yield Problem("scope-too-wide", f"a token of kind {kind} cannot have the scope {scope}")
    if not timedelta(0) < life <= kind.longest_life:
        yield Problem(
            "invalid-expiry",
            f"a token of kind {kind} lives for {kind.longest_life} at most, and more than nothing",
        )
