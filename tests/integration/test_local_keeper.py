"""What stands around MiniStack, in MiniStack's own environment, and what it relies on there."""

from __future__ import annotations

import json
import subprocess
import textwrap
from typing import Any

import pytest

from local.emulator import PYTHON, REPOSITORY

KEEPER = REPOSITORY / "local/keeper.py"


def inside(story: str) -> Any:
    """Run *story* where MiniStack runs, with `keeper` imported; give what it calls `result`."""
    program = "\n".join(
        [
            "import asyncio, importlib.util, inspect, json, time",
            f"spec = importlib.util.spec_from_file_location('keeper', {str(KEEPER)!r})",
            "keeper = importlib.util.module_from_spec(spec)",
            "spec.loader.exec_module(keeper)",
            textwrap.dedent(story),
            "print(json.dumps(result))",
        ]
    )
    done = subprocess.run(
        [PYTHON, "-P", "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_poll_that_sleeps_is_woken_by_the_bell_and_by_nothing_else() -> None:
    story = """
    async def story():
        bell = keeper.Doorbell()
        started = time.monotonic()
        asyncio.get_running_loop().call_later(0.05, bell.ring)
        await bell.sleep(30)
        woken = time.monotonic() - started
        await asyncio.sleep(0.1)  # the last echo
        started = time.monotonic()
        await bell.sleep(0.3)
        return woken, time.monotonic() - started

    result = asyncio.run(story())
    """

    woken, undisturbed = inside(story)

    assert 0.04 < woken < 10
    assert undisturbed >= 0.3


def test_the_queues_of_this_ministack_sleep_where_the_bell_is_heard() -> None:
    story = """
    source = inspect.getsource(keeper.sqs._act_receive_message)
    result = ["await asyncio.sleep(" in source, keeper.sqs.asyncio is asyncio]
    """

    assert inside(story) == [True, True]


def test_this_ministack_can_be_asked_for_its_state() -> None:
    story = """
    getters = keeper.ministack._build_persistence_save_dict()
    result = [callable(getters["sqs"]), callable(keeper.persistence.save_state)]
    """

    assert inside(story) == [True, True]


@pytest.mark.parametrize(
    ("method", "target", "changes"),
    [
        ("GET", "", False),
        ("HEAD", "", False),
        ("PUT", "", True),
        ("DELETE", "", True),
        ("POST", "", True),
        ("POST", "DynamoDB_20120810.GetItem", False),
        ("POST", "DynamoDB_20120810.Query", False),
        ("POST", "DynamoDB_20120810.BatchGetItem", False),
        ("POST", "DynamoDB_20120810.TransactWriteItems", True),
        ("POST", "DynamoDB_20120810.UpdateItem", True),
        ("POST", "AmazonSQS.ReceiveMessage", False),
        ("POST", "AmazonSQS.DeleteMessage", True),
    ],
)
def test_what_may_have_changed_something_is_written(
    method: str, target: str, changes: bool
) -> None:
    story = f"""
    headers = [(b"x-amz-target", {target.encode()!r})] if {target!r} else []
    result = keeper._may_change({{"method": {method!r}, "headers": headers}})
    """

    assert inside(story) is changes
