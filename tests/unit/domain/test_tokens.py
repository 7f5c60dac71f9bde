from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.domain import tokens
from idlewheel.domain.access import parse_scopes
from idlewheel.domain.tokens import Kind, TokenState
from idlewheel.errors import Rejected, Unauthenticated

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def stored(text: str, state: TokenState = TokenState.ACTIVE) -> tokens.Token:
    return tokens.Token(
        id=tokens.token_id(text),
        digest=tokens.digest(text),
        kind=Kind.READ,
        principal="ann",
        scopes=parse_scopes(["read:*"]),
        created_at=NOW,
        created_by="test",
        expires_at=NOW + timedelta(days=1),
        state=state,
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_token_has_its_kind_an_id_a_secret_and_a_checksum(kind: Kind) -> None:
    text = tokens.generate(kind)

    assert text.startswith(f"iw_{kind.letter}_")
    assert len(text) == len("iw_x_") + 10 + 1 + 32 + 6
    assert tokens.token_id(text) == text[5:15]


def test_no_two_tokens_are_alike() -> None:
    assert len({tokens.generate(Kind.READ) for _ in range(1000)}) == 1000


@given(st.integers(0, 53), st.characters(codec="ascii", categories=["L", "N"]))
def test_one_wrong_sign_is_noticed_without_any_read(place: int, sign: str) -> None:
    text = tokens.generate(Kind.READ)
    changed = text[:place] + sign + text[place + 1 :]

    if changed != text:
        with pytest.raises(Unauthenticated):
            tokens.token_id(changed)


@given(st.text())
def test_garbage_is_no_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.token_id(text)


def test_the_stored_digest_does_not_give_the_token_away() -> None:
    text = tokens.generate(Kind.READ)

    assert text not in repr(stored(text))
    assert text[16:] not in repr(stored(text))


def test_a_good_token_speaks_for_its_principal() -> None:
    text = tokens.generate(Kind.READ)
    principal = stored(text).authenticate(text, NOW)

    assert (principal.name, principal.token_id) == ("ann", tokens.token_id(text))
    assert principal.expires_at == NOW + timedelta(days=1)


def test_another_secret_under_the_same_id_is_refused() -> None:
    text, other = tokens.generate(Kind.READ), tokens.generate(Kind.READ)

    with pytest.raises(Unauthenticated):
        stored(text).authenticate(other, NOW)


def test_a_revoked_token_is_refused() -> None:
    text = tokens.generate(Kind.READ)

    with pytest.raises(Unauthenticated):
        stored(text, TokenState.REVOKED).authenticate(text, NOW)


@pytest.mark.parametrize("late", [timedelta(days=1), timedelta(days=2)])
def test_an_expired_token_is_refused_and_says_so(late: timedelta) -> None:
    text = tokens.generate(Kind.READ)

    with pytest.raises(Unauthenticated, match="expired at 2026-11-23"):
        stored(text).authenticate(text, NOW + late)


@pytest.mark.parametrize(
    ("kind", "principal", "scopes", "days", "code"),
    [
        (Kind.READ, "", ["read:*"], 1, "invalid-principal"),
        (Kind.READ, "ä", ["read:*"], 1, "invalid-principal"),
        (Kind.READ, "a" * 65, ["read:*"], 1, "invalid-principal"),
        (Kind.READ, "ann", [], 1, "no-scope"),
        (Kind.READ, "ann", ["publish:*"], 1, "scope-too-wide"),
        (Kind.PUBLISH, "ann", ["admin:*"], 1, "scope-too-wide"),
        (Kind.READ, "ann", [f"read:project:x{n}" for n in range(300)], 1, "too-many-scopes"),
        (Kind.READ, "ann", ["read:*"], 0, "invalid-expiry"),
        (Kind.READ, "ann", ["read:*"], 366, "invalid-expiry"),
        (Kind.ADMIN, "ann", ["admin:*"], 31, "invalid-expiry"),
        (Kind.MINTED, "ann", ["publish:*"], 1, "invalid-expiry"),
    ],
)
def test_a_wish_that_is_too_much_is_refused(
    kind: Kind, principal: str, scopes: list[str], days: int, code: str
) -> None:
    with pytest.raises(Rejected) as rejected:
        tokens.check_request(kind, principal, parse_scopes(scopes), timedelta(days=days))

    assert [problem.code for problem in rejected.value.problems] == [code]


@pytest.mark.parametrize("kind", Kind)
def test_what_is_usual_is_allowed(kind: Kind) -> None:
    scopes = parse_scopes(f"{action}:*" for action in kind.allows)

    tokens.check_request(kind, "ci@acme.example/deploy", scopes, kind.usual_life)
    tokens.check_request(kind, "ann", scopes, kind.longest_life)
