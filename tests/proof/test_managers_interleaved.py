"""Somebody else's turn before each call of a manager's act: URLs and pages agree at the end."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.project import Status
from idlewheel.errors import IdlewheelError
from tests.proof.cloud import ADMIN, DEMO, wheel
from tests.proof.effort import EVERYTHING
from tests.proof.faults import Calls, aside, watched
from tests.proof.invariants import broken
from tests.proof.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.tokens import Token
    from tests.proof.cloud import Cloud

    Turn = Callable[[Cloud, Token], object]

ACTS = [
    "delete a file",
    "delete a release",
    "restore a file",
    "restore a project",
    "quarantine",
    "end a quarantine",
]


def _delete(cloud: Cloud, token: Token) -> None:
    cloud.management.delete_project(ADMIN, DEMO, datetime.now(UTC))


def _restore(cloud: Cloud, token: Token) -> None:
    cloud.management.restore_project(ADMIN, DEMO, datetime.now(UTC))


TURNS: dict[str, Turn] = {
    "publish": lambda cloud, token: cloud.publish(token, wheel("3.0")),
    "delete": _delete,
    "restore": _restore,
    "quarantine": lambda c, t: c.management.set_status(ADMIN, DEMO, Status.QUARANTINED, None),
    "activate": lambda c, t: c.management.set_status(ADMIN, DEMO, Status.ACTIVE, None),
}


def problems(cloud: Cloud, scenario: Scenario, turn: Turn, at: int) -> tuple[list[str], list[str]]:
    """The calls of the act, and what is wrong after it with *turn* before call *at*."""
    cloud.wipe()
    token = cloud.ports.token()
    scenario.prepare(cloud, token)
    start = cloud.look()

    def take(number: int) -> None:
        if number == at:
            with aside(), contextlib.suppress(IdlewheelError):
                turn(cloud, token)

    calls = Calls(before=take)
    with watched(calls), contextlib.suppress(IdlewheelError):
        scenario.act(cloud, token)
    return calls.seen, broken(cloud.look(), start, settled=True)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("act", ACTS)
def test_urls_and_pages_agree_whoever_comes_between(cloud: Cloud, act: str, turn: str) -> None:
    calls, _ = problems(cloud, SCENARIOS[act], TURNS[turn], at=0)
    places = [at for at, call in enumerate(calls, 1) if EVERYTHING or call in TELLING]

    found = {
        f"before call {at}, {calls[at - 1]}": wrong
        for at in places
        if (wrong := problems(cloud, SCENARIOS[act], TURNS[turn], at)[1])
    }

    print(f"managers interleaved: {act}, {turn}: {len(places)} cases")
    assert found == {}


TELLING = {"dynamodb:TransactWriteItems", "s3:DeleteObjects"}
