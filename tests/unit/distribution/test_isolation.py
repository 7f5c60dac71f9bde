"""The process that verifications are copied from: what is kept, and what never is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.distribution import isolation
from idlewheel.distribution.isolation import Isolated
from idlewheel.distribution.policy import MIB
from idlewheel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOT = """
import json, os, sys, time
sys.path[:] = json.loads(sys.stdin.buffer.readline())
from idlewheel.distribution import copies
loaded = []
def work(job):
    loaded.append(job["say"])
    print(json.dumps([os.getpid(), os.getppid(), loaded]), flush=True)
    time.sleep(job.get("sleep", 0))
    exec(job.get("do", ""))
    return job.get("needs_more", False)
copies.serve(work, lambda: loaded.append("prepared"))
"""


@pytest.fixture(autouse=True)
def _own_original(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = list(isolation._idle)
    isolation._idle.clear()
    monkeypatch.setattr(isolation, "BOOT", BOOT)
    yield
    while isolation._idle:
        isolation._idle.pop().end()
    isolation._idle.extend(before)


def run(say: str = "", **job: Any) -> list[Any]:
    with Isolated({"say": say, **job}, cpu_seconds=5, memory_bytes=MIB) as isolated:
        return isolated.answers()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_job_has_a_process_of_its_own_that_knows_nothing_of_the_others() -> None:
    (first, original, loaded), (second, again, loaded_again) = run("one")[0], run("two")[0]

    assert first != second
    assert original == again
    assert (loaded, loaded_again) == (["one"], ["two"])
    assert not is_alive(first)


def test_what_a_job_needed_more_is_ready_for_the_next() -> None:
    run("one", needs_more=True)

    assert run("two")[0][2] == ["prepared", "two"]


@pytest.mark.parametrize("do", ["raise SystemExit(9)", "os.kill(os.getpid(), 9)", "1/0"])
def test_a_copy_that_dies_takes_nobody_with_it(do: str) -> None:
    (_, original, _), (_, again, _) = run("one", do=do)[0], run("two")[0]

    assert original == again


def test_a_copy_without_an_answer_is_no_verdict() -> None:
    with Isolated({}, cpu_seconds=5, memory_bytes=MIB) as isolated, pytest.raises(Unavailable):
        isolated.answers()


def test_a_job_that_hangs_ends_with_all_of_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "GRACE_SECONDS", 0.5)
    with Isolated({"say": "", "sleep": 60}, cpu_seconds=0, memory_bytes=MIB) as isolated:
        said: Any = isolated.answers()
        ((copy, original, _),) = said
    deadline = time.monotonic() + 5
    while is_alive(copy) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert not is_alive(copy)
    assert not is_alive(original)
    assert run()[0][1] != original


def test_a_job_that_is_given_up_leaves_no_answer_to_the_next() -> None:
    with Isolated({"say": "given up"}, cpu_seconds=5, memory_bytes=MIB):
        pass

    assert run("next")[0][2] == ["next"]


def test_jobs_at_the_same_time_have_an_original_each() -> None:
    with Isolated({"say": "outer"}, cpu_seconds=5, memory_bytes=MIB) as outer:
        inner = run("inner")[0]
        answer: Any = outer.answers()[0]

    assert inner[1] != answer[1]
    assert len(isolation._idle) == 2


def test_an_original_that_died_is_replaced() -> None:
    original = run()[0][1]
    os.kill(original, 9)
    time.sleep(0.05)

    assert run()[0][1] != original


FORK = """
import os
from idlewheel.distribution import isolation
isolation.get_ready()
if (child := os.fork()) == 0:
    os._exit(len(isolation._idle))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(isolation._idle))
"""


def test_a_fork_of_the_caller_starts_with_none() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", FORK]
    said = subprocess.run(command, env=environment, check=True, capture_output=True)

    assert said.stdout == b"0 1\n"


def test_getting_ready_starts_one_and_no_more() -> None:
    isolation.get_ready()
    isolation.get_ready()

    assert len(isolation._idle) == 1


def test_what_more_is_needed_is_loaded_once_and_not_for_every_job() -> None:
    for _ in range(3):
        run(needs_more=True)

    loaded = run("last")[0][2]

    assert loaded == ["prepared", "last"]


def test_a_copy_that_dies_in_the_middle_of_a_line_has_said_what_came_before() -> None:
    dying = "sys.stdout.write('{\"half'); sys.stdout.flush(); os.kill(os.getpid(), 9)"

    answers = run("whole", do=dying)
    after = run("next")

    assert [answer[2] for answer in answers] == [["whole"]]
    assert [answer[2] for answer in after] == [["next"]]
