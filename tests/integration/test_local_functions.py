"""Worker processes: one event at a time each, and none left behind."""

from __future__ import annotations

import asyncio
import json
import os
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from local.functions import IDLE_SECONDS, FunctionFailed, Functions, Pool
from local.plan import Function

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

HANDLER = """
import json, os, subprocess, sys, time

import words

current = None

def handler(event, context):
    global current
    current = event["who"]
    time.sleep(event.get("sleep", 0))
    if event.get("do") == "crash":
        os._exit(3)
    if event.get("do") == "raise":
        raise ValueError("no such thing")
    if event.get("do") == "spawn":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open(event["pid file"], "w").write(str(child.pid))
        time.sleep(60)
    if event.get("do") == "fill":
        return "x" * (event["size"] - 2)
    print(json.dumps({"saw": event["who"]}))
    return {
        "who": current,
        "pid": os.getpid(),
        "word": words.WORD,
        "path": sys.path[:2],
        "environment": dict(os.environ),
        "cwd": os.getcwd(),
        "request": context.aws_request_id,
        "function": context.function_name,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "left": context.get_remaining_time_in_millis(),
    }
"""


class World:
    """A function in a folder of its own, and what its invocations give."""

    def __init__(self, folder: Path, timeout: float = 20.0, handler: str = HANDLER) -> None:
        (folder / "code").mkdir()
        (folder / "code/app.py").write_text(textwrap.dedent(handler))
        (folder / "layer").mkdir()
        (folder / "layer/words.py").write_text("WORD = 'from the layer'")
        self.log = folder / "F.log"
        self.function = Function(
            "F",
            folder / "code",
            "app.handler",
            (folder / "layer",),
            {"TABLE": "t"},
            timeout,
            512,
        )
        self.functions = Functions([self.function], {"PATH": os.defpath, "AWS_REGION": "x"}, folder)

    async def ask(self, who: str = "me", **event: Any) -> Any:
        said = json.dumps({"who": who} | event).encode()
        return json.loads(await self.functions.invoke("F", said, f"request of {who}"))

    def tell(self, story: Callable[[], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            try:
                return await story()
            finally:
                self.functions.close()

        return asyncio.run(whole())

    @property
    def pool(self) -> Pool:
        return self.functions._pools["F"]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ends(pid: int, seconds: float = 2.0) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def test_a_handler_finds_what_lambda_would_give_it(tmp_path: Path) -> None:
    world = World(tmp_path)

    found = world.tell(world.ask)

    environment = found["environment"]
    assert found["word"] == "from the layer"
    assert found["path"] == [str(tmp_path / "code"), str(tmp_path / "layer")]
    assert (found["request"], found["function"], found["memory"]) == (
        "request of me",
        "idlewheel-F",
        "512",
    )
    assert found["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:idlewheel-F"
    assert 19_000 < found["left"] <= 20_000
    assert (environment["TABLE"], environment["AWS_LAMBDA_FUNCTION_NAME"]) == ("t", "idlewheel-F")
    assert "HOME" not in environment


def test_two_requests_at_once_never_see_each_other(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        names = [f"client {number}" for number in range(20)]
        answers = await asyncio.gather(*(world.ask(name, sleep=0.05) for name in names))
        return [(it["who"], it["request"]) for it in answers], names

    answers, names = world.tell(story)

    assert answers == [(name, f"request of {name}") for name in names]


def test_a_worker_is_used_again_and_another_started_only_when_it_is_busy(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        one_by_one = {(await world.ask())["pid"] for _ in range(5)}
        together = await asyncio.gather(*(world.ask(sleep=0.2) for _ in range(3)))
        return one_by_one, {it["pid"] for it in together}

    one_by_one, together = world.tell(story)

    assert (len(one_by_one), len(together)) == (1, 3)
    assert one_by_one < together


def test_a_crash_fails_its_own_event_only(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        with pytest.raises(FunctionFailed, match=r"Runtime\.ExitError"):
            await world.ask(do="crash")
        return (await world.ask("next"))["who"]

    assert world.tell(story) == "next"


def test_an_exception_is_told_and_logged(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        with pytest.raises(FunctionFailed, match="ValueError: no such thing"):
            await world.ask(do="raise")

    world.tell(story)

    assert "ValueError: no such thing" in world.log.read_text()


def test_a_timeout_ends_the_worker_and_what_it_started(tmp_path: Path) -> None:
    world = World(tmp_path, timeout=1.0)
    pid_file = tmp_path / "pid"

    async def story() -> Any:
        with pytest.raises(FunctionFailed, match=r"timed out after 1\.00 seconds"):
            await world.ask(do="spawn", **{"pid file": str(pid_file)})
        await asyncio.sleep(0.2)
        return await world.ask("next")

    after = world.tell(story)

    assert after["who"] == "next"
    assert ends(int(pid_file.read_text()))


@pytest.mark.parametrize(("size", "fits"), [(6 * 1024 * 1024, True), (6 * 1024 * 1024 + 1, False)])
def test_an_answer_has_6_mb_and_not_a_byte_more(tmp_path: Path, size: int, fits: bool) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        if fits:
            return len(await world.ask(do="fill", size=size))
        with pytest.raises(FunctionFailed, match="ResponseSizeTooLarge"):
            await world.ask(do="fill", size=size)
        return size - 2

    assert world.tell(story) == size - 2


def test_what_a_handler_prints_is_in_the_log_when_it_answers(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        await asyncio.gather(*(world.ask(str(number)) for number in range(10)))
        return [json.loads(line)["saw"] for line in world.log.read_text().splitlines()]

    assert sorted(world.tell(story)) == [str(number) for number in range(10)]


def test_a_handler_that_cannot_be_imported_says_where_to_look_and_may_be_mended(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, handler="import nowhere")

    async def story() -> Any:
        with pytest.raises(FunctionFailed, match=r"app.handler cannot be imported; see .*F.log"):
            await world.ask()
        (tmp_path / "code/app.py").write_text("def handler(event, context): return 'mended'")
        return await world.ask()

    assert world.tell(story) == "mended"
    assert "No module named 'nowhere'" in world.log.read_text()


def test_a_worker_that_is_killed_while_idle_is_replaced(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        first = await world.ask()
        os.kill(first["pid"], 9)
        await asyncio.sleep(0.1)
        return first["pid"], (await world.ask())["pid"]

    first, second = world.tell(story)

    assert first != second


def test_idle_workers_are_let_go(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        pid = (await world.ask())["pid"]
        world.pool.let_go(time.monotonic() + IDLE_SECONDS - 1)
        kept = is_running(pid)
        world.pool.let_go(time.monotonic() + IDLE_SECONDS + 1)
        return kept, await asyncio.to_thread(ends, pid)

    assert world.tell(story) == (True, True)


def test_nothing_is_left_when_all_is_closed(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def story() -> Any:
        asked = [asyncio.create_task(world.ask(sleep=60)), asyncio.create_task(world.ask())]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        pids = [it.pid for it in (*world.pool._idle, *world.pool._busy)]
        world.functions.close()
        await asyncio.gather(*asked, return_exceptions=True)
        return pids

    pids = world.tell(story)

    assert len(pids) == 2
    assert all(ends(pid) for pid in pids)
