"""A program of somebody else's that serves on this machine, and may be killed and started again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

SECONDS_TO_START = 90
SECONDS_TO_STOP = 20


@dataclass(slots=True)
class Server:
    """One server, at one address, on its own data."""

    name: str
    url: str
    command: Sequence[str | Path]
    answers: Callable[[], bool]
    """Whether it does what it is for, and not only listens."""
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [*self.command],
            env={**os.environ, **self.environment},
            cwd=self.cwd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            assert self._process.poll() is None, f"{self.name} stopped at once"
            assert time.monotonic() < deadline, f"no {self.name} after {SECONDS_TO_START} s"
            time.sleep(0.1)

    def kill(self) -> None:
        """End it without a chance to clean up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(SECONDS_TO_STOP)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it for as long as the block lasts."""
        try:
            self.start()
            yield
        finally:
            self._stop()

    def _stop(self) -> None:
        """Ask it to end; one that still writes gigabytes down is not waited for."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self.kill()
