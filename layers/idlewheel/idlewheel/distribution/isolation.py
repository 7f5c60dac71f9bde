"""One verification, in a process of its own that cannot hurt anybody.

The file was made by a stranger. So it is read by a process that has no environment (no
credentials), may not write, and whose memory and processor time the kernel limits: whatever
happens in there, the caller gets an answer. Starting an interpreter takes five times as long as
judging a small wheel, so one is kept that has read our code and nothing else, and each
verification is a copy of it (see `copies`). It is never a copy of the caller, whose memory holds
credentials. A plain subprocess, because Lambda has no shared memory for `multiprocessing`; they
speak JSON, never pickle.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from idlewheel.distribution.copies import ENDED
from idlewheel.distribution.rules import code_of
from idlewheel.errors import Problem, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

BOOT = """
import json, sys
sys.path[:] = json.loads(sys.stdin.buffer.readline())
from idlewheel.distribution import copies, worker
copies.serve(worker.main, worker.load_renderer)
"""
"""Isolated (-I) and without site (-S): neither the environment nor a .pth file has a say."""

GRACE_SECONDS = 5.0
"""Beyond the processor time, which ends it as a rule, for a machine that is busy otherwise."""


class Original:
    """The process that verifications are copied from."""

    def __init__(self) -> None:
        """Start it: a session of its own, so that it ends together with its copies."""
        self.boot = BOOT
        self._heard = b""
        self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter, our own code
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", self.boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        self.send(sys.path)

    @property
    def is_good(self) -> bool:
        """Whether it lives, and was started as one would be now."""
        return self.boot == BOOT and self._process.poll() is None

    def send(self, document: object) -> None:
        """Write one line of JSON."""
        if (pipe := self._process.stdin) is not None:
            with suppress(BrokenPipeError):
                pipe.write(json.dumps(document).encode() + b"\n")
                pipe.flush()

    def lines(self, deadline: float) -> Iterator[bytes]:
        """Read whole lines until it ends or *deadline* (of the monotonic clock) passes."""
        if (pipe := self._process.stdout) is None:
            return
        while (left := deadline - time.monotonic()) > 0:
            line, newline, rest = self._heard.partition(b"\n")
            if newline:
                self._heard = rest
                yield line
            elif select.select([pipe], [], [], left)[0]:
                if not (said := os.read(pipe.fileno(), 1 << 16)):
                    return
                self._heard += said

    def end(self) -> None:
        """Kill it and its copies."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


_idle: list[Original] = []
"""One as a rule; as many as verifications ran at the same time."""

os.register_at_fork(after_in_child=_idle.clear)  # two callers must not talk to one of them


def _original() -> Original:
    while _idle:
        found = _idle.pop()
        if found.is_good:
            return found
        found.end()
    return Original()


def get_ready() -> None:
    """Start the process ahead of the first file, while there is nothing else to wait for."""
    _idle.append(_original())


class Isolated:
    """A running verification; `answers` waits for what it has to say."""

    def __init__(self, job: Mapping[str, Any], *, cpu_seconds: float, memory_bytes: int) -> None:
        """Start it. *job* is JSON that `worker.main` understands."""
        self._patience = cpu_seconds + GRACE_SECONDS
        self._original = _original()
        self._status: int | None = None
        self._original.send({**job, "cpu": math.ceil(cpu_seconds), "memory": memory_bytes})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is None:
            self._original.end()
        else:
            _idle.append(self._original)

    def answers(self) -> list[dict[str, Any]]:
        """Return what it said, one object a line; a limit that it ran into is a problem.

        Raises `Unavailable` where it ended without saying anything for a reason that need not be
        the file's: a machine too busy, a process that was killed.
        """
        answers = []
        for line in self._original.lines(time.monotonic() + self._patience):
            if line.startswith(ENDED):
                self._status = int(line.removeprefix(ENDED))
                break
            with suppress(ValueError):  # a line that its writer did not live to end
                answers.append(json.loads(line))
        return answers or [{"problems": [self._end()]}]

    def _end(self) -> Problem:
        if self._status == -signal.SIGXCPU:
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
