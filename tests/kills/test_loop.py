"""kill -9 of everything, at random, while uploads go on: no 200 is taken back, no upload stuck.

DynamoDB Local and SeaweedFS survive it with their data; SeaweedFS tells no queue of what lands, so
the test does. MiniStack, the emulator of `make run`, notices that its parent is gone, writes what
it holds, and ends; the next start takes that over. The seed is printed; SEED=… kills in the same
order again.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests import dynamodb_local, seaweedfs, second
from tests.e2e.index import Index
from tests.kills.uploads import Uploads, check, files
from tests.notices import Notices
from tests.proof.effort import EVERYTHING
from tests.proof.invariants import broken
from tests.rig import KEY, Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.proof.state import State
    from tests.servers import Server

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
UPLOADS = 200 if EVERYTHING else 30
UPLOADS_A_KILL = 8
RECEIVES_AGAIN = 20
"""Seconds. In AWS it is 120; here there are only so many minutes."""
INSIDE = "DYNAMODB_LOCAL"


@dataclass(frozen=True, slots=True)
class Victims:
    """What is killed and started again."""

    rig: Rig
    servers: Sequence[Server] = ()

    def names(self) -> list[str]:
        return ["gateway", "ingest", *(server.name for server in self.servers)]

    def strike(self, names: Sequence[str], pause: float) -> None:
        """Kill them, wait, and start them again: the stores first, the gateway reads them."""
        if "gateway" in names:
            self.rig.kill_gateway()
        if "ingest" in names:  # the gateway starts it when it is asked for the next time
            self.rig.kill_ingest()
        down = [server for server in self.servers if server.name in names]
        for server in down:
            server.kill()
        time.sleep(pause)
        for server in down:
            server.start()
        if "gateway" in names:
            self.rig.start()


def test_no_kill_of_gateway_or_ingest_takes_back_an_answer(
    tmp_path: Path, settled: Callable[[Rig], State]
) -> None:
    rig = Rig(tmp_path, seen_again_after=RECEIVES_AGAIN)

    endure(Victims(rig), UPLOADS // 2, settled)


@pytest.mark.timeout(900)
def test_no_kill_of_gateway_ingest_or_a_store_takes_back_an_answer(
    tmp_path: Path, settled: Callable[[Rig], State], request: pytest.FixtureRequest
) -> None:
    second.require([*dynamodb_local.missing(), *seaweedfs.missing()])
    if not os.environ.get(INSIDE):
        second.passes(*dynamodb_local.command(request.node.nodeid, "-q", "-s"))
        return
    (tmp_path / "dynamodb").mkdir()
    (tmp_path / "s3").mkdir()
    tables = dynamodb_local.server(tmp_path / "dynamodb")
    buckets = seaweedfs.server(tmp_path / "s3", KEY)
    with tables.running(), buckets.running():
        rig = Rig(tmp_path, tables.url, buckets.url, seen_again_after=RECEIVES_AGAIN)
        notices = Notices(rig.stack, {"staged/form/": rig.queues["FormQueue"]})
        with notices.running():
            endure(Victims(rig, [tables, buckets]), UPLOADS, settled)


def endure(victims: Victims, count: int, settled: Callable[[Rig], State]) -> None:
    """Upload so many files while everything is killed, and hold the end to its promises."""
    chance, started = random.Random(SEED), time.monotonic()
    kills = max(count // UPLOADS_A_KILL, len(victims.names()) + 1)
    killed: list[str] = []
    with victims.rig.running() as first:
        uploads = Uploads(first, files(count, chance))
        with uploads.streaming():
            for number in range(kills):
                uploads.await_answers(number * count // kills + 1)
                time.sleep(chance.uniform(0, 0.5))
                names = drawn(victims.names(), number, chance)
                victims.strike(names, chance.uniform(0, 1))
                killed += names
        end = settled(victims.rig)
        with contextlib.closing(Index(victims.rig.index)) as index:
            check(index, uploads)
    told = ", ".join(f"{killed.count(name)} of {name}" for name in victims.names())
    print(
        f"kill loop: SEED={SEED}, {count} uploads, killed: {told}; answers: {dict(uploads.tries)}"
    )
    print(f"in {time.monotonic() - started:.0f} s")

    assert not uploads.wrong
    assert len(uploads.published) == count
    assert uploads.tries.total() > count, "no kill met an upload"
    assert broken(end, settled=True) == []
    assert all(upload.state.terminal for upload in end.uploads.values())


def drawn(names: Sequence[str], number: int, chance: random.Random) -> list[str]:
    """Draw who is killed next: each in its turn, sometimes with another."""
    chosen = {names[number % len(names)], chance.choice(names)}
    return sorted(chosen if chance.random() < 0.3 else {names[number % len(names)]})
