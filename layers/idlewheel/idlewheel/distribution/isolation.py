"""One verification, in a process of its own that cannot hurt anybody.

The file was made by a stranger. So it is read by a fresh interpreter that has no environment (no
credentials), may not write, and whose memory and processor time the kernel limits: whatever
happens in there, the caller gets an answer. It is a plain subprocess because Lambda has no shared
memory for `multiprocessing`. The two speak JSON, never pickle.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from idlewheel.distribution.rules import code_of
from idlewheel.errors import Problem, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

BOOT = """
import json, sys
job = json.load(sys.stdin)
sys.path[:] = job["path"]
from idlewheel.distribution import worker
worker.main(job)
"""
"""Isolated (-I) and without site (-S): neither the environment nor a .pth file has a say."""

GRACE_SECONDS = 5.0
"""Beyond the processor time, which ends it as a rule, for a machine that is busy otherwise."""


class Isolated:
    """A running verification; `answers` waits for what it has to say."""

    def __init__(self, job: Mapping[str, Any], *, cpu_seconds: float, memory_bytes: int) -> None:
        """Start it. *job* is JSON that `worker.main` understands."""
        self._deadline = cpu_seconds + GRACE_SECONDS
        limits = {"path": sys.path, "cpu": math.ceil(cpu_seconds), "memory": memory_bytes}
        self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter, our own code
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            text=True,
            encoding="utf-8",
        )
        self._send(json.dumps({**job, **limits}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        with suppress(OSError, ValueError):
            self._process.communicate()

    def _send(self, text: str) -> None:
        """Hand the job over at once, so that it runs while the caller does something else."""
        if (pipe := self._process.stdin) is not None:
            with suppress(BrokenPipeError), pipe:
                pipe.write(text)
            self._process.stdin = None

    def answers(self) -> list[dict[str, Any]]:
        """Return what it said, one object a line; a limit that it ran into is a problem.

        Raises `Unavailable` where it ended without saying anything for a reason that need not be
        the file's: a machine too busy, a process that was killed.
        """
        try:
            said, _ = self._process.communicate(timeout=self._deadline)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, _ = self._process.communicate()
        answers = [json.loads(line) for line in said.splitlines(keepends=True) if line[-1] == "\n"]
        return answers or [{"problems": [self._end()]}]

    def _end(self) -> Problem:
        if self._process.returncode == -signal.SIGXCPU:
            return Problem(code_of(verification_stays_within_its_time), TOO_SLOW)
        raise Unavailable("The verification of the file was broken off; try again")


TOO_SLOW = "Verifying the file takes more processor time than its size justifies"
TOO_LARGE = "Verifying the file takes more memory than any honest file needs"


def verification_stays_within_its_time() -> str:
    """A file is verified within seconds of processor time, plus some that grow with its size."""
    return TOO_SLOW


def verification_stays_within_its_memory() -> str:
    """A file is verified within a fixed amount of memory, whatever its size."""
    return TOO_LARGE


GATES = (verification_stays_within_its_time, verification_stays_within_its_memory)
