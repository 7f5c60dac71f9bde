"""Clients that upload forms and do not give up, and what each was answered."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from tests.factories import upload_form, wheel

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from tests.e2e.index import Index
    from tests.localindex import LocalIndex

PROJECT = "demo"
CLIENTS = 4
PATIENCE = 400
"""Seconds after which an upload that nobody has answered for good is stuck."""
TO_BE_TRIED_AGAIN = {"500", "502", "503", "504", "no answer", "internal"}


def files(count: int, chance: random.Random) -> list[tuple[str, bytes]]:
    """Wheels of one project, small and not so small."""
    return [
        wheel(
            PROJECT, f"1.{number}", files={"data": chance.randbytes(chance.choice([10, 400_000]))}
        )
        for number in range(count)
    ]


@dataclass(slots=True)
class Uploads:
    """A stream of uploads, by several clients at once."""

    to: LocalIndex
    files: Sequence[tuple[str, bytes]]
    published: set[str] = field(default_factory=set)
    """Answered with 200."""
    tries: Counter[str] = field(default_factory=Counter)
    """How often a client was answered what, or not at all."""
    wrong: list[str] = field(default_factory=list)
    """Answers that no crash excuses."""
    _left: Iterator[tuple[str, bytes]] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left = iter(self.files)

    @property
    def are_over(self) -> bool:
        """Whether each has had its answer."""
        return len(self.published) + len(self.wrong) == len(self.files)

    @contextlib.contextmanager
    def streaming(self) -> Iterator[None]:
        """Upload all, from the beginning of the block; it ends when they have."""
        threads = [threading.Thread(target=self._stream) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join()

    def await_answers(self, count: int) -> None:
        """Wait until so many are published, or none is left."""
        deadline = time.monotonic() + PATIENCE
        while len(self.published) < count and not self.are_over:
            assert time.monotonic() < deadline, "nothing is published any more"
            time.sleep(0.01)

    def _stream(self) -> None:
        with httpx.Client(auth=("", self.to.token), timeout=40, trust_env=False) as http:
            while True:
                with self._lock:
                    file = next(self._left, None)
                if file is None:
                    return
                self._publish(http, *file)

    def _publish(self, http: httpx.Client, filename: str, content: bytes) -> None:
        """Send a file until it is published: what every client of an index may do."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            said = self._send(http, filename, content)
            status = said.partition(":")[0]
            self.tries[status] += 1
            if status == "200":
                self.published.add(filename)
                return
            if status not in TO_BE_TRIED_AGAIN:
                break
            time.sleep(0.3)
        self.wrong.append(f"{filename}: {said}")

    def _send(self, http: httpx.Client, filename: str, content: bytes) -> str:
        try:
            answer = http.post(
                self.to.upload_url,
                data=upload_form(filename, content),
                files={"content": (filename, content, "application/octet-stream")},
            )
        except httpx.TransportError:  # killed before it could answer
            return "no answer"
        if "that is our fault" in answer.text:
            return "internal"  # killed at each receive: the next try is another upload
        return f"{answer.status_code}: {answer.text}"


def check(index: Index, uploads: Uploads) -> None:
    """Hold the index to what it has answered, and to what it lists."""
    sent, listed = dict(uploads.files), index.files(PROJECT)

    assert uploads.published <= set(listed)
    for filename, file in listed.items():
        content = index.download(PROJECT, filename)
        assert content == sent[filename]
        assert file["hashes"]["sha256"] == hashlib.sha256(content).hexdigest()
        sidecar = index.http.get(index.file_url(PROJECT, file) + ".metadata", follow_redirects=True)
        assert hashlib.sha256(sidecar.content).hexdigest() == file["core-metadata"]["sha256"]
