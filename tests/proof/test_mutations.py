"""Is the proof worth anything? Without any one condition of the publish transaction it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from idlewheel.storage.publication import DynamoPublisher
from idlewheel.storage.transactions import Writes
from tests.proof.interleaving import calls_of, first_violation, violations
from tests.proof.rivals import RIVALS
from tests.proof.weakening import noted, weakened

if TYPE_CHECKING:
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


def asked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """The conditions that publications really send: (write, attribute)."""
    with monkeypatch.context() as patch:
        seen = noted(patch, "idlewheel.storage.publication")
        calls_of(cloud, RIVALS["another file of a known project"])
    return seen


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


def test_the_publisher_makes_its_transactions_where_they_are_weakened() -> None:
    assert DynamoPublisher._writes.__globals__["Writes"] is Writes
