"""The peak memory of our processes below this one; those of an emulated AWS are not ours."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import defaultdict
from pathlib import Path

FOREIGN = ("keeper.py", "weed", "java")
KINDS = {"idlewheel_cli.main": "client", "-m local": "gateway", "-I -S": "isolated reader"}
_FUNCTION = re.compile(rb"AWS_LAMBDA_FUNCTION_NAME=idlewheel-(\w+)")


class Memory(threading.Thread):
    """Looks ten times a second, until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, float] = defaultdict(float)
        """Mebibytes, by the kind of process."""
        self._ended = threading.Event()

    def run(self) -> None:
        """Look."""
        while not self._ended.wait(0.1):
            for pid in descendants(os.getpid()):
                with contextlib.suppress(OSError):
                    if kind := kind_of(pid):
                        self.peaks[kind] = max(self.peaks[kind], peak_of(pid))

    def stop(self) -> dict[str, float]:
        """Stop, and answer the peaks."""
        self._ended.set()
        self.join()
        return dict(self.peaks)


def kind_of(pid: int) -> str:
    """Name what a process of ours does; nothing for another's."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    if any(word in command for word in FOREIGN):
        return ""
    if found := _FUNCTION.search(Path(f"/proc/{pid}/environ").read_bytes()):
        return found[1].decode()
    return next((kind for mark, kind in KINDS.items() if mark in command), "")


def peak_of(pid: int) -> float:
    """Mebibytes that a process has had at most (proc(5), VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0


def descendants(pid: int) -> list[int]:
    """Every process below *pid*."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(it) for it in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found
