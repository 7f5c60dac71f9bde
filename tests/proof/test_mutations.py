"""Is the proof worth anything? Without any one condition of the publish transaction it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.storage.publication import DynamoPublisher
from idlewheel.storage.transactions import Writes
from tests.proof.interleaving import calls_of, violations
from tests.proof.rivals import RIVALS, Rival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pynamodb.expressions.condition import Condition

    from tests.proof.cloud import Cloud

CONDITIONS = {
    "upload": ("state", "cancelled"),
    "claim": ("pk", "other bytes in another case"),
    "file": ("pk", "written by hand"),
    "release": ("created_at", "closed"),
    "project, new": ("pk", "another file"),
    "project, its revision": ("revision", "another file of a known project"),
    "project, its status": ("status", "archived by hand"),
    "project, its origin": ("origin", "given away by hand"),
    "token, its state": ("state", "revoked"),
    "token, its scopes": ("scopes", "scopes narrowed"),
}
"""Of each condition: the attribute that it is about, and the rival that it is there for."""


def parts(condition: Condition) -> Iterator[Condition]:
    """What a condition demands, one by one."""
    if condition.operator == "AND":
        for part in condition.values:
            yield from parts(part)
    else:
        yield condition


def about(condition: Condition) -> set[str]:
    """The attributes that a condition speaks of."""
    if condition.operator in {"AND", "OR"}:
        return {name for part in condition.values for name in about(part)}
    return {str(condition.values[0])}


def without(condition: Condition | None, attribute: str) -> Condition | None:
    """A condition that no longer speaks of an attribute."""
    if condition is None:
        return None
    left = [part for part in parts(condition) if attribute not in about(part)]
    kept: Condition | None = None
    for part in left:
        kept = part if kept is None else kept & part
    return kept


def weakened(name: str, attribute: str) -> type[Writes]:
    """Transactions in which one condition is missing."""

    class Weakened(Writes):
        def check(self, write: str, kind: Any, key: Any, condition: Any) -> None:
            rest = without(condition, attribute) if write == name else condition
            if rest is not None:
                super().check(write, kind, key, rest)

        def put(self, write: str, item: Any, condition: Any = None) -> None:
            rest = without(condition, attribute) if write == name else condition
            super().put(write, item, rest)

        def update(self, write: str, item: Any, actions: Any, condition: Any = None) -> None:
            rest = without(condition, attribute) if write == name else condition
            super().update(write, item, actions, rest)

    return Weakened


def asked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """The conditions that publications really send: (write, attribute)."""
    seen: set[tuple[str, str]] = set()

    def note(method: Callable[..., None]) -> Callable[..., None]:
        def noting(self: Writes, write: str, *rest: Any) -> None:
            conditions = [one for one in rest if hasattr(one, "operator")]
            seen.update((write, name) for one in conditions for name in about(one))
            method(self, write, *rest)

        return noting

    with monkeypatch.context() as patch:
        for kind in ("check", "put", "update"):
            patch.setattr(Noted, kind, note(getattr(Writes, kind)))
        patch.setattr("idlewheel.storage.publication.Writes", Noted)
        calls_of(cloud, RIVALS["another file of a known project"])
    return seen


class Noted(Writes):
    """Transactions whose conditions are written down."""


def test_every_condition_of_a_publication_is_among_those_that_are_dropped(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {(name.partition(",")[0], about) for name, (about, _) in CONDITIONS.items()}

    assert {name for name, _ in asked(cloud, monkeypatch)} == {name for name, _ in listed}
    assert asked(cloud, monkeypatch) - listed <= {("release", "pk")}


@pytest.mark.parametrize("name", CONDITIONS)
def test_without_one_condition_the_proof_fails(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    attribute, rival = CONDITIONS[name]
    calls = calls_of(cloud, RIVALS[rival])
    latest = calls.index("dynamodb:TransactWriteItems") + 1

    mutant = weakened(name.partition(",")[0], attribute)
    with monkeypatch.context() as patch:
        patch.setattr("idlewheel.storage.publication.Writes", mutant)
        at, found = first_violation(cloud, RIVALS[rival], latest)

    print(f"without the condition on {name}: before call {at}, {calls[at - 1]}: {found}")
    assert found != []
    assert list(violations(cloud, RIVALS[rival], at)) == []


def first_violation(cloud: Cloud, rival: Rival, latest: int) -> tuple[int, list[str]]:
    """The latest call before which the rival's turn breaks something, and what it breaks."""
    for at in range(latest, 0, -1):
        if found := list(violations(cloud, rival, at)):
            return at, found
    return latest, []


def test_the_publisher_makes_its_transactions_where_they_are_weakened() -> None:
    assert DynamoPublisher._writes.__globals__["Writes"] is Writes
