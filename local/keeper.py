"""Runs inside MiniStack's own environment: MiniStack, and what keeps its data.

By itself MiniStack writes its tables and queues to disk only when it is asked to stop. So it is
asked when whoever started it is gone (its standard input ends), and what has changed is written
every few seconds, for the times when nobody can ask.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import hypercorn.config  # type: ignore[import-not-found, unused-ignore]
from ministack import app as ministack  # type: ignore[import-not-found, unused-ignore]
from ministack.core import persistence  # type: ignore[import-not-found, unused-ignore]
from ministack.services import sqs  # type: ignore[import-not-found, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SECONDS_BETWEEN_WRITES = 5.0
_SHARE_OF_TIME = 0.05
"""No more than this part of the time goes into writing, however much there is to write."""
_SECONDS_TO_HANG_UP = 0.5
"""For open connections at the end: they are long polls, and who polled is gone."""
_TARGET = b"x-amz-target"
_ECHOES = (0.0, 0.003, 0.01, 0.03)
_READS = (
    b".Get", b".Query", b".Scan", b".BatchGet", b".Describe", b".List", b".Receive",
)  # fmt: skip

App = Any


class Doorbell:
    """asyncio as MiniStack's queues see it: a long poll looks again when something has changed.

    By itself it looks ten times a second, and every upload would wait for that.
    """

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not through the bell."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()

    def ring(self) -> None:
        """Wake every sleeper, now and a little later: S3 tells its queues from a thread."""
        for delay in _ECHOES:
            asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._rung.set()
        self._rung.clear()


class Keeper:
    """Writes MiniStack's state when it has changed."""

    def __init__(self, app: App, doorbell: Doorbell) -> None:
        self._app = app
        self._doorbell = doorbell
        self._changed = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Pass a request on, and remember that it may have changed something (ASGI)."""
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_for_ever())
        await self._app(scope, receive, send)
        if scope["type"] == "http" and _may_change(scope):
            self._changed.set()
            if _TARGET not in dict(scope["headers"]):  # S3's requests have none
                self._doorbell.ring()

    async def _write_for_ever(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            started = time.monotonic()
            await self._write()
            spent = time.monotonic() - started
            await asyncio.sleep(max(SECONDS_BETWEEN_WRITES, spent / _SHARE_OF_TIME))

    async def _write(self) -> None:
        # Copied where nothing else runs, written where it stops nobody.
        getters = ministack._build_persistence_save_dict()  # noqa: SLF001 - it has no public one
        states = {name: get() for name, get in getters.items()}
        for name, state in states.items():
            if state is not None:
                await asyncio.to_thread(persistence.save_state, name, state)


def _may_change(scope: dict[str, Any]) -> bool:
    target = dict(scope["headers"]).get(_TARGET, b"")
    if target:
        return not any(read in target for read in _READS)
    return scope["method"] not in {"GET", "HEAD"}


def _stop_with_parent() -> None:
    """Ask MiniStack to stop once standard input ends: then whoever started it has."""
    while os.read(sys.stdin.fileno(), 1):  # unbuffered: a lock held here would fail the shutdown
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    hypercorn.config.Config.graceful_timeout = _SECONDS_TO_HANG_UP
    sqs.asyncio = Doorbell()
    ministack.app = Keeper(ministack.app, sqs.asyncio)
    ministack.main()
