"""A client that is killed in the middle, and run again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.cli.test_commands import page
from tests.factories import wheel
from tests.localindex import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.localindex import LocalIndex

SIZE = 24_000_000


@pytest.fixture
def project() -> str:
    return f"crash-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def path(tmp_path: Path, project: str) -> Path:
    files = {"data.bin": random.Random(2).randbytes(SIZE)}
    name, body = wheel(project, files=files, compression=zipfile.ZIP_STORED)
    (tmp_path / name).write_bytes(body)
    return tmp_path / name


@pytest.fixture
def start(index: LocalIndex, path: Path) -> Callable[..., subprocess.Popen[str]]:
    def spawn(**environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "idlewheel_cli.main", "publish", "--json", str(path)],
            env={**os.environ, "PYTHONPATH": f"{ROOT}/cli:{ROOT}/layers/idlewheel", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return spawn


class SlowStore:
    """A proxy before the store that lets few bytes through, and counts them."""

    def __init__(self, pause: float) -> None:
        self.passed = 0
        self._pause = pause
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        """Speak the proxy's part of HTTP: read a request to an absolute URL, and go there."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,)).start()

    def _carry(self, client: socket.socket) -> None:
        with client:
            head = client.recv(65536)
            host, _, port = head.split(b" ")[1].split(b"/")[2].decode().partition(":")
            with socket.create_connection((host, int(port))) as store:
                back = threading.Thread(target=self._pipe, args=(store, client, 0.0))
                back.start()
                store.sendall(head)
                self._pipe(client, store, self._pause if head.startswith(b"PUT") else 0.0)
                back.join()

    def _pipe(self, source: socket.socket, target: socket.socket, pause: float) -> None:
        try:
            while data := source.recv(65536):
                time.sleep(pause)
                target.sendall(data)
                self.passed += len(data) if pause else 0
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def slow() -> Iterator[SlowStore]:
    store = SlowStore(0.004)
    yield store
    store.close()


@pytest.mark.parametrize("part", [0.05, 0.4, 0.8])
def test_a_client_killed_while_it_sends_leaves_nothing_and_is_simply_run_again(
    index: LocalIndex,
    start: Callable[..., subprocess.Popen[str]],
    project: str,
    slow: SlowStore,
    part: float,
) -> None:
    client = start(http_proxy=f"http://127.0.0.1:{slow.port}")
    deadline = time.monotonic() + 30
    while slow.passed < part * SIZE and time.monotonic() < deadline:
        time.sleep(0.01)
    client.send_signal(signal.SIGKILL)
    client.communicate()
    halfway = page_status(index, project)

    again = start()
    out, err = again.communicate(timeout=60)

    assert slow.passed < SIZE
    assert halfway == 404
    assert again.returncode == 0, out + err
    assert len(page(index, project)["files"]) == 1


def test_a_client_killed_while_it_waits_has_published_all_the_same(
    index: LocalIndex, start: Callable[..., subprocess.Popen[str]], project: str, path: Path
) -> None:
    client = start()
    deadline = time.monotonic() + 30
    while page_status(index, project) == 404 and time.monotonic() < deadline:
        time.sleep(0.01)
    client.send_signal(signal.SIGKILL)
    client.communicate()

    again = start()
    out, err = again.communicate(timeout=60)

    assert again.returncode == 0, out + err
    assert '"verdict": "exists"' in out


def test_who_stops_it_does_not_wait(
    index: LocalIndex, start: Callable[..., subprocess.Popen[str]], slow: SlowStore
) -> None:
    client = start(http_proxy=f"http://127.0.0.1:{slow.port}")
    deadline = time.monotonic() + 30
    while slow.passed < 1_000_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    stopped = time.monotonic()
    client.send_signal(signal.SIGINT)
    _, err = client.communicate(timeout=20)

    assert client.returncode == 130
    assert err.endswith("goes on where this one ended\n")
    assert time.monotonic() - stopped < 5


def page_status(index: LocalIndex, project: str) -> int:
    return httpx.get(f"{index.index_url}{project}/", auth=("", index.admin_token)).status_code
