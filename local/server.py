"""uvicorn in front of the gateway, stopped by us and not by its own signal handlers."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

HOST = "127.0.0.1"
_BACKLOG = 512
_SECONDS_TO_FINISH = 8
"""For requests that are being answered when the index is told to stop."""


class PortTaken(Exception):
    """Somebody else listens on the port, or we may not."""


def listen(port: int) -> socket.socket:
    """Take the port, on the loopback interface only. Raises PortTaken.

    Whoever connects from now on waits until the server answers, instead of being turned away.
    """
    # asyncio turns Nagle's algorithm off only where the protocol is named, and then passes that on
    # to each connection; with it, every answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        what = "is taken" if error.errno == errno.EADDRINUSE else "cannot be used"
        raise PortTaken(f"Port {port} of {HOST} {what} ({error.strerror}).") from error
    return listener


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 with the names of headers as they were sent: API Gateway keeps their case."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._as_sent: list[tuple[bytes, bytes]] = []
        self.scope["headers_as_sent"] = self._as_sent  # type: ignore[typeddict-unknown-key]

    def on_header(self, name: bytes, value: bytes) -> None:
        self._as_sent.append((name, value))
        super().on_header(name, value)


class Server(uvicorn.Server):
    """Serves until `should_exit`; calls *ready* once it answers."""

    def __init__(self, app: Any, ready: Callable[[], Awaitable[None]]) -> None:  # noqa: ANN401
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=60,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, then say so."""
        await super().startup(sockets)
        await self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `run`: uvicorn would end the process by the one it got."""
        yield
