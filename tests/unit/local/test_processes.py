from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from local.processes import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as process:
        yield process
        process.kill()


def identity(process: subprocess.Popen[bytes]) -> Identity:
    found = Identity.of(process.pid)
    assert found is not None
    return found


def test_a_process_is_known_again(sleeper: subprocess.Popen[bytes]) -> None:
    written = json.dumps(identity(sleeper).to_json())

    assert Identity.from_json(json.loads(written)) == identity(sleeper)
    assert identity(sleeper).is_running


def test_a_stranger_with_the_same_number_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    stranger = Identity(sleeper.pid, "another time")

    stranger.stop(patience=1)

    assert (stranger.is_running, sleeper.poll()) == (False, None)


def test_a_process_is_asked_to_end(sleeper: subprocess.Popen[bytes]) -> None:
    identity(sleeper).stop(patience=5)

    assert sleeper.wait(1) == -15


def test_a_process_that_does_not_listen_is_made_to_end() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN + SLEEP], stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        started = time.monotonic()

        identity(process).stop(patience=0.2)

        assert process.wait(1) == -9
        assert time.monotonic() - started < 5


def test_nobody_is_nobody() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert Identity.of(process.pid) is None


def test_we_are_ourselves() -> None:
    assert Identity.of(os.getpid()) == Identity.of(os.getpid())
