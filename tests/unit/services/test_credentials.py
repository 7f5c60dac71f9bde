from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.access import parse_scopes
from idlewheel.domain.tokens import Kind
from idlewheel.errors import Rejected, Unauthenticated
from idlewheel.services import credentials
from idlewheel.services.credentials import Wish
from tests.fakes.access import FakeTokens
from tests.fakes.world import World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
if TYPE_CHECKING:
    from idlewheel.domain.tokens import Token

WISH = Wish(Kind.READ, "ann", parse_scopes(["read:*"]))


class Unread(FakeTokens):
    """A store that nobody may read."""

    def get(self, token_id: str) -> Token:
        raise AssertionError("a read for garbage")


@pytest.fixture
def store() -> FakeTokens:
    return FakeTokens(World())


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "template",
    ["Bearer {}", "bearer   {} ", "BEARER {}", "token {}", "  Bearer {}"],
)
def test_a_token_is_taken_as_bearer_in_any_case(store: FakeTokens, template: str) -> None:
    text, _ = credentials.issue(store, WISH, "test", NOW)

    assert credentials.authenticate(store, template.format(text), NOW).name == "ann"


@pytest.mark.parametrize("user", ["__token__", "aws", "", "ä"])
def test_a_token_is_taken_as_the_password_of_any_user(store: FakeTokens, user: str) -> None:
    text, _ = credentials.issue(store, WISH, "test", NOW)

    for password in (text, f" {text}\n"):
        assert credentials.authenticate(store, basic(user, password), NOW).name == "ann"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !!!",
        "Basic \xe9",
        "Bearer \xe9",
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"no colon").decode(),
        basic("__token__", ""),
        basic("__token__", "hunter2"),
        "Digest username=ann",
        "Negotiate abc",
        "\x00",
    ],
)
def test_malformed_credentials_are_refused_without_a_read(header: str) -> None:
    with pytest.raises(Unauthenticated):
        credentials.authenticate(Unread(World()), header, NOW)


def test_an_unknown_token_reads_like_a_wrong_one(store: FakeTokens) -> None:
    stranger, _ = credentials.issue(FakeTokens(World()), WISH, "test", NOW)

    with pytest.raises(Unauthenticated, match=r"^the token is not valid$"):
        credentials.authenticate(store, f"Bearer {stranger}", NOW)


def test_a_token_lives_as_long_as_its_kind_usually_does(store: FakeTokens) -> None:
    _, token = credentials.issue(store, WISH, "root", NOW)

    assert token.expires_at == NOW + Kind.READ.usual_life
    assert token.created_by == "root"


def test_expired_tokens_are_not_listed(store: FakeTokens) -> None:
    wish = Wish(Kind.READ, "ann", WISH.scopes, timedelta(days=1))
    _, token = credentials.issue(store, wish, "test", NOW)

    assert credentials.listed(store, NOW) == [token]
    assert credentials.listed(store, NOW + timedelta(days=1)) == []


def test_a_bad_wish_leaves_nothing(store: FakeTokens) -> None:
    with pytest.raises(Rejected):
        credentials.issue(store, Wish(Kind.READ, "ann", ()), "test", NOW)

    assert store.all() == []
