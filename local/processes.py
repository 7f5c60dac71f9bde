"""Processes that a later run must be able to tell from strangers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, for ever: its number may be given to another, its start may not."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Give the identity of a running process; None where there is none."""
        started = _started(pid)
        return None if started is None else cls(pid, started)

    @classmethod
    def from_json(cls, raw: Any) -> Identity:  # noqa: ANN401 - what a file held
        """Read what `to_json` wrote. Raises KeyError or TypeError."""
        return cls(int(raw["pid"]), str(raw["started"]))

    def to_json(self) -> dict[str, Any]:
        """Give what can be written to a file."""
        return asdict(self)

    @property
    def is_running(self) -> bool:
        """Say whether this very process still runs."""
        return _started(self.pid) == self.started

    def stop(self, patience: float) -> None:
        """End the process: asked first, made to after *patience* seconds."""
        for order, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            if not self.is_running:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, order)
            deadline = time.monotonic() + seconds
            while self.is_running and time.monotonic() < deadline:
                time.sleep(0.02)


def _started(pid: int) -> str | None:
    """Say when a process started, in words that no other process of this number will have."""
    if sys.platform == "linux":
        try:
            # proc(5): after the name in brackets come state (1) … start time in ticks (20).
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        return None if fields[0] == "Z" else f"{boot} {fields[19]}"
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
