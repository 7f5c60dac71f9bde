"""Every scenario, with every fault at every call to AWS: it ends right, whatever happened."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.proof.effort import EVERYTHING
from tests.proof.faults import Calls, Crash, Fault, watched
from tests.proof.invariants import broken
from tests.proof.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.domain.tokens import Token
    from tests.proof.cloud import Cloud

FAULTS = list(Fault) if EVERYTHING else [Fault.DIES_AFTER]
"""The tests of every day ask for the one that hides the least."""


def acted(cloud: Cloud, token: Token, scenario: Scenario, calls: Calls) -> None:
    """Do it; the process may die of it, or the client be told to come again."""
    with watched(calls), contextlib.suppress(Crash, Exception):
        scenario.act(cloud, token)


def calls_of(cloud: Cloud, scenario: Scenario) -> list[str]:
    """The calls of a scenario in which nothing fails."""
    token = prepared(cloud, scenario)
    calls = Calls()
    with watched(calls):
        scenario.act(cloud, token)
    assert scenario.expect(cloud.look())
    return calls.seen


def prepared(cloud: Cloud, scenario: Scenario) -> Token:
    cloud.wipe()
    token = cloud.ports.token()
    scenario.prepare(cloud, token)
    return token


def violations(cloud: Cloud, scenario: Scenario, at: int, fault: Fault) -> Iterator[str]:
    """Run a scenario with one fault, then deliver what is left, then let the client ask again."""
    token = prepared(cloud, scenario)
    start = cloud.look()
    acted(cloud, token, scenario, Calls(at, fault))
    failed = cloud.look()
    yield from broken(failed, start)
    scenario.redeliver(cloud, token)
    delivered = cloud.look()
    yield from broken(delivered, failed)
    scenario.act(cloud, token)
    end = cloud.look()
    yield from broken(end, delivered, settled=True)
    if not scenario.expect(end):
        yield "it ends otherwise than without the fault"
    scenario.act(cloud, token)
    yield from broken(cloud.look(), end, settled=True)


def is_read(call: str) -> bool:
    """To die after a read is to die before the next call."""
    return call.partition(":")[2].startswith(("Get", "Head", "List", "Query", "BatchGet"))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_call_changes_no_end(cloud: Cloud, name: str) -> None:
    scenario = SCENARIOS[name]
    calls = calls_of(cloud, scenario)
    places = [at for at, call in enumerate(calls, 1) if EVERYTHING or not is_read(call)]
    cases = [(at, fault) for at in places for fault in FAULTS]

    found = {
        f"call {at}, {calls[at - 1]}: {fault}": problems
        for at, fault in cases
        if (problems := list(violations(cloud, scenario, at, fault)))
    }

    print(f"crash everywhere: {name}: {len(cases)} cases, {len(calls)} calls")
    assert found == {}
