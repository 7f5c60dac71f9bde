"""The local index started, stopped and killed, and what is left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests import localindex
from tests.integration.localworld import TEMPLATE, do, ends, json_of, processes_of
from tests.localindex import local_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A folder for one index, and the certainty that nothing of it is left running."""
    yield tmp_path / "state"
    assert all(ends(pid) for pid in processes_of(tmp_path / "state"))


def test_data_survives_a_restart(state: Path) -> None:
    with local_index(state, template=TEMPLATE) as first:
        do(first, "note", key="kept", value="yes")

    with local_index(state, template=TEMPLATE) as second:
        assert do(second, "read", key="kept").json()["noted"] == "yes"


def test_the_storage_keeps_its_address(state: Path) -> None:
    addresses = []
    for _ in range(2):
        with local_index(state, template=TEMPLATE):
            addresses.append(json_of(state / "aws/process.json")["endpoint"])

    assert addresses[0] == addresses[1]


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopping_ends_everything_with_a_good_conscience(
    state: Path, order: signal.Signals
) -> None:
    running = localindex.start(state, template=TEMPLATE)
    do(running, "nothing")
    running.process.send_signal(order)

    assert running.process.wait(20) == 0
    assert not (state / "local.json").exists()
    assert ends(running.pids["aws"], seconds=0)


def test_a_request_that_is_being_answered_is_finished_first(state: Path) -> None:
    running = localindex.start(state, template=TEMPLATE)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(do, running, "sleep", seconds=1.5, who="slow")
        time.sleep(0.7)
        running.stop()

    assert slow.result().json()["who"] == "slow"


def test_after_a_kill_nothing_is_left_and_nothing_is_lost(state: Path) -> None:
    first = localindex.start(state, template=TEMPLATE)
    do(first, "note", key="kept", value="yes")
    workers = processes_of(state)
    first.kill()

    assert len(workers) >= 3
    with local_index(state, template=TEMPLATE) as second:
        assert do(second, "read", key="kept").json()["noted"] == "yes"
        assert all(ends(pid) for pid in workers)


def test_a_stranger_with_the_recorded_number_is_left_alone(state: Path) -> None:
    with local_index(state, template=TEMPLATE):
        pass
    with subprocess.Popen(["sleep", "60"]) as stranger:
        record = state / "aws/process.json"
        record.write_text(json.dumps(json_of(record) | {"pid": stranger.pid}))

        with local_index(state, template=TEMPLATE):
            untouched = stranger.poll() is None
        stranger.kill()

    assert untouched


def test_a_kill_of_everything_costs_seconds_not_the_index(state: Path) -> None:
    first = localindex.start(state, template=TEMPLATE)
    do(first, "note", key="old", value="yes")
    time.sleep(6.5)
    os.kill(first.pids["aws"], signal.SIGKILL)
    first.kill()

    with local_index(state, template=TEMPLATE) as second:
        assert do(second, "read", key="old").json()["noted"] == "yes"


def test_without_its_storage_the_index_stops_and_says_so(state: Path) -> None:
    running = localindex.start(state, template=TEMPLATE)
    os.kill(running.pids["aws"], signal.SIGKILL)

    assert running.process.wait(20) == 1
    assert "MiniStack has ended" in state.with_suffix(".out").read_text()


def test_a_second_index_on_the_same_data_is_told_of_the_first(state: Path) -> None:
    with local_index(state, template=TEMPLATE) as first:
        second = localindex.spawn(state, template=TEMPLATE)

        assert second.wait(20) == 1
        said = state.with_suffix(".out").read_text()
        assert f"already running at {first.index_url}" in said
        assert do(first, "nothing").status_code == 200


def test_a_taken_port_is_said_in_one_sentence(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        process = localindex.spawn(state, port=port, template=TEMPLATE)

        assert process.wait(20) == 1
    assert state.with_suffix(".out").read_text() == (
        f"Port {port} of 127.0.0.1 is taken (Address already in use). "
        f"Choose another: make run PORT={port + 1}\n"
    )


@pytest.mark.parametrize("port", ["65536", "-1", "web", "\N{SUPERSCRIPT TWO}"])
def test_what_is_no_port_is_said_in_one_sentence(port: str) -> None:
    command = [sys.executable, "-m", "local", f"--port={port}"]

    ran = subprocess.run(command, cwd=localindex.ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "a port is a number up to 65535, not" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_template_that_has_changed_keeps_the_data(state: Path, tmp_path: Path) -> None:
    with local_index(state, template=TEMPLATE) as first:
        do(first, "note", key="kept", value="yes")
    (tmp_path / "code").symlink_to(TEMPLATE.parent / "code")
    changed = tmp_path / "template.yaml"
    changed.write_text(
        TEMPLATE.read_text().replace("Default: 1}", "Default: 3}")
        + "  New: {Type: AWS::SQS::Queue}\n"
    )

    with local_index(state, template=changed) as second:
        assert do(second, "read", key="kept").json()["noted"] == "yes"


def test_a_manage_function_that_fails_stops_the_start(state: Path, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/app.py").write_text("import nowhere")
    (tmp_path / "template.yaml").write_text(TEMPLATE.read_text())

    process = localindex.spawn(state, template=tmp_path / "template.yaml")

    assert process.wait(30) == 1
    assert "app.manage cannot be imported; see " in state.with_suffix(".out").read_text()
