from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idlewheel.domain.access import Action, Principal, parse_scope, parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel.errors import Denied, Rejected

DEMO, ACME, ACME_X, ACMEX = (NormalizedName(name) for name in ("demo", "acme", "acme-x", "acmex"))


@pytest.mark.parametrize(
    ("scope", "covered", "not_covered"),
    [
        ("read:*", [DEMO, ACME, None], []),
        ("read:project:Demo", [DEMO], [ACME, None]),
        ("read:prefix:Acme-*", [ACME, ACME_X], [ACMEX, DEMO, None]),
    ],
)
def test_a_scope_covers_what_its_resource_names(
    scope: str, covered: list[NormalizedName | None], not_covered: list[NormalizedName | None]
) -> None:
    parsed = parse_scope(scope)

    assert all(parsed.covers(project) for project in covered)
    assert not any(parsed.covers(project) for project in not_covered)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "read",
        "read:",
        "fly:*",
        "read:**",
        "read:*:x",
        "read:*:",
        "read:project:-x",
        "read:project:" + "x" * 129,
        "read:project:",
        "read:project:a/b",
        "read:project:ä",
        "read:prefix:acme",
        "read:prefix:-*",
        "read:prefix:acme*",
        "read:user:ann",
    ],
)
def test_what_is_no_scope_is_rejected_and_named(text: str) -> None:
    with pytest.raises(Rejected, match="is not a scope"):
        parse_scope(text)


def test_what_is_sent_back_is_short_and_text() -> None:
    with pytest.raises(Rejected) as rejected:
        parse_scopes(["\ud800" + "x" * 1_000_000])

    assert len(rejected.value.problems[0].message.encode()) < 400


def test_every_bad_scope_is_told_at_once() -> None:
    with pytest.raises(Rejected) as rejected:
        parse_scopes(["fly:*", "read:*", "read:x"])

    assert len(rejected.value.problems) == 2


def test_scopes_have_one_order_and_no_doubles() -> None:
    scopes = parse_scopes(["read:*", "publish:project:B", "read:*", "publish:project:a"])

    assert [str(scope) for scope in scopes] == [
        "publish:project:a",
        "publish:project:b",
        "read:*",
    ]


def principal(*scopes: str) -> Principal:
    return Principal("ann", "0123456789", parse_scopes(scopes), datetime.now(UTC))


@pytest.mark.parametrize(
    ("scopes", "action", "allowed"),
    [
        (["read:*"], Action.READ, True),
        (["read:*"], Action.PUBLISH, False),
        (["publish:project:demo"], Action.PUBLISH, True),
        (["publish:project:other"], Action.PUBLISH, False),
        (["admin:project:demo"], Action.YANK, True),
        (["yank:*"], Action.ADMIN, False),
        ([], Action.READ, False),
    ],
)
def test_a_principal_may_what_some_scope_says(
    scopes: list[str], action: Action, allowed: bool
) -> None:
    assert principal(*scopes).may(action, DEMO) is allowed


def test_who_may_not_is_told_the_scope_that_would_do() -> None:
    with pytest.raises(Denied, match=r"needs the scope publish:project:demo") as denied:
        principal("read:*").require(Action.PUBLISH, DEMO)

    assert "0123456789" in str(denied.value)
    with pytest.raises(Denied, match=r"needs the scope admin:\*"):
        principal("admin:project:demo").require(Action.ADMIN)
