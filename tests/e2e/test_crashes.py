"""kill -9 of the gateway in the middle of uploads: what it has said holds, what it lists is there.

MiniStack notices that its parent is gone, writes what it holds, and ends; the next start takes
that over.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from tests import localindex
from tests.e2e.index import Index
from tests.factories import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.localindex import LocalIndex

PROJECT = "demo"
KILLS = 4
UPLOADERS = 3


@dataclass(slots=True)
class Uploads:
    """A stream of uploads, by several at once, and what each was answered."""

    sent: dict[str, bytes] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    """Answered with 200."""

    @contextlib.contextmanager
    def streaming_to(self, index: Index) -> Iterator[None]:
        """Upload one file after the other until the block ends."""
        ended = threading.Event()
        threads = [
            threading.Thread(target=self._stream, args=(index, ended)) for _ in range(UPLOADERS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def await_another(self, seconds: float = 30) -> None:
        """Wait until one more upload is answered: a fresh start has its functions to import."""
        before, deadline = len(self.published), time.monotonic() + seconds
        while len(self.published) == before:
            assert time.monotonic() < deadline, "nothing is published any more"
            time.sleep(0.01)

    def _stream(self, index: Index, ended: threading.Event) -> None:
        while not ended.is_set():
            filename, content = wheel(PROJECT, f"1.{len(self.sent)}.{time.monotonic_ns()}")
            self.sent[filename] = content
            with contextlib.suppress(httpx.TransportError):  # killed before it could answer
                if index.post(filename, content).status_code == 200:
                    self.published.add(filename)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def starts(state: Path) -> Iterator[list[LocalIndex]]:
    """Every start of the index; the last one is stopped in the end."""
    started: list[LocalIndex] = []
    yield started
    for running in started:
        if running.process.poll() is None:
            running.stop()


def test_no_kill_takes_back_an_answer_or_leaves_a_file_that_does_not_download(
    state: Path, starts: list[LocalIndex]
) -> None:
    uploads, chance = Uploads(), random.Random(20261122)
    for _ in range(KILLS):
        starts.append(localindex.start(state))
        with contextlib.closing(Index(starts[-1])) as index:
            check(index, uploads)
            with uploads.streaming_to(index):
                uploads.await_another()
                time.sleep(chance.uniform(0, 0.7))
                starts[-1].kill()
    starts.append(localindex.start(state))
    with contextlib.closing(Index(starts[-1])) as index:
        check(index, uploads)
        index.has(wheel(PROJECT, "2.0"))

    assert len(uploads.published) >= KILLS, "too few for the test to mean anything"
    assert len(uploads.published) < len(uploads.sent), "no kill met an upload"


def check(index: Index, uploads: Uploads) -> None:
    """Hold the index to what it has answered, and to what it lists."""
    listed = index.files(PROJECT)

    assert uploads.published <= set(listed)
    for filename, file in listed.items():
        content = index.download(PROJECT, filename)
        assert content == uploads.sent[filename]
        assert file["hashes"]["sha256"] == hashlib.sha256(content).hexdigest()
        sidecar = index.http.get(index.file_url(PROJECT, file) + ".metadata", follow_redirects=True)
        assert hashlib.sha256(sidecar.content).hexdigest() == file["core-metadata"]["sha256"]
