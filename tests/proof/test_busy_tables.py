"""AWS refuses a third of the writes: conflicts of transactions, throttling. Nothing is lost."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from idlewheel.domain.tokens import TokenState
from idlewheel.storage import keys
from idlewheel.storage.tables import ReleaseItem
from tests.proof.cloud import DEMO, Cloud, wheel
from tests.proof.effort import EVERYTHING
from tests.proof.faults import BusyTables, aside, watched
from tests.proof.invariants import broken
from tests.proof.scenarios import SCENARIOS, WHEEL

PERSISTENCE = 20
"""How often a client asks again, and SQS delivers again."""


@pytest.mark.parametrize("seed", range(4 if EVERYTHING else 1))
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_ends_right_on_busy_tables(cloud: Cloud, name: str, seed: int) -> None:
    scenario = SCENARIOS[name]
    token = cloud.ports.token()
    scenario.prepare(cloud, token)
    start, busy = cloud.look(), BusyTables(seed=seed)

    print(f"busy tables: {name}, seed {seed}")
    with watched(busy):
        for _ in range(PERSISTENCE):
            with contextlib.suppress(Exception):
                scenario.act(cloud, token)
                break

    assert broken(cloud.look(), start, settled=True) == []
    assert scenario.expect(cloud.look())


def test_many_publications_on_busy_tables_are_all_listed_in_turn(cloud: Cloud) -> None:
    token, busy = cloud.ports.token(), BusyTables(seed=7)
    with watched(busy):
        for number in range(20):
            with contextlib.suppress(Exception):
                cloud.publish(token, wheel(f"1.{number}"))
        with aside():
            cloud.deliver()

    end = cloud.look()
    print(f"busy tables: {busy.refused} of {len(busy.seen) + busy.refused} calls refused")
    assert busy.refused > 10
    assert broken(end, settled=True) == []
    assert end.projects[DEMO].revision == len(end.files)


def test_revoking_does_not_fail_because_its_token_is_publishing(cloud: Cloud) -> None:
    """UpdateItem meets a running transaction: an exception that no SDK retries."""
    token = cloud.ports.token()

    for seed in range(20):
        busy = BusyTables(seed=seed, share=0.6, codes=("TransactionConflictException",))
        with watched(busy):
            assert cloud.ports.tokens.revoke(token.id).state is TokenState.REVOKED


def test_a_publication_is_not_refused_for_what_happened_while_it_was_judged(
    cloud: Cloud,
) -> None:
    """A release that closes between the arrival of an upload and its transaction takes it."""
    token, now = cloud.ports.token(), datetime.now(UTC)
    cloud.publish(token, wheel(build="1"))
    first = ReleaseItem(keys.project(DEMO), keys.release("1.0"))
    first.update([ReleaseItem.created_at.set(now - timedelta(days=14, minutes=-1))])

    cloud.send(token, WHEEL, now - timedelta(minutes=5))
    first.update([ReleaseItem.created_at.set(now - timedelta(days=14, minutes=1))])
    cloud.deliver()

    assert (DEMO, WHEEL[0]) in cloud.look().files
