"""Schedules: a function invoked again and again, whatever becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from local.functions import FunctionFailed
from local.plan import Schedule, _schedule
from local.template import BadTemplate
from local.triggers import Clockwork


class Failing:
    """Notes what it is invoked with, and fails every second time."""

    def __init__(self) -> None:
        self.events: list[bytes] = []

    async def invoke(self, function: str, event: bytes) -> bytes:
        assert function == "SweepFunction"
        self.events.append(event)
        if len(self.events) % 2:
            raise FunctionFailed("Crashed", "no")
        return b"{}"


def test_a_schedule_goes_on_after_a_failure() -> None:
    functions: Any = Failing()

    async def run() -> None:
        clock = Clockwork(Schedule("SweepFunction", 0.001, '{"sweep": true}'), functions)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(clock.run(), 0.2)

    asyncio.run(run())

    assert len(functions.events) > 3
    assert set(functions.events) == {b'{"sweep": true}'}


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(7 days)", 604_800)],
)
def test_rates_are_read_as_eventbridge_writes_them(said: str, seconds: int) -> None:
    assert _schedule("SweepFunction", {"Schedule": said}) == Schedule("SweepFunction", seconds)


@pytest.mark.parametrize("said", ["cron(0 12 * * ? *)", "rate(5)", "rate(5 weeks)"])
def test_what_cannot_be_run_here_is_named(said: str) -> None:
    with pytest.raises(BadTemplate, match="SweepFunction"):
        _schedule("SweepFunction", {"Schedule": said})
