"""A proxy between a client and the hosts it asks: it counts, and lets through what is ours."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "127.0.0.1"
_OF_ONE_CONNECTION = {"connection", "proxy-connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was let through, and what came back."""

    method: str
    port: int
    path: str
    status: int
    size: int
    """Bytes of the answer's body."""


@dataclass(slots=True)
class Wire:
    """What the proxy has seen."""

    url: str
    exchanges: list[Exchange] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Hosts that are not ours."""

    def take(self) -> list[Exchange]:
        """Give what was exchanged since the last time."""
        seen, self.exchanges = self.exchanges, []
        return seen


@contextlib.contextmanager
def wire() -> Iterator[Wire]:
    """Run a proxy for as long as the block lasts."""
    with http.server.ThreadingHTTPServer((OURS, 0), _Handler) as server:
        seen = Wire(f"http://{OURS}:{server.server_port}")
        server.wire = seen  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def wire(self) -> Wire:
        seen: Wire = self.server.wire  # type: ignore[attr-defined]
        return seen

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what matters is in the wire's lists."""

    def do_CONNECT(self) -> None:
        self._refuse()

    def do_GET(self) -> None:
        self._pass_on()

    do_HEAD = do_POST = do_GET  # noqa: N815

    def _refuse(self) -> None:
        self.wire.refused.append(self.path)
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def _pass_on(self) -> None:
        url = urlsplit(self.path)
        if url.hostname != OURS or url.port is None:
            self._refuse()
            return
        path = url.path + (f"?{url.query}" if url.query else "")
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _OF_ONE_CONNECTION}
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with contextlib.closing(http.client.HTTPConnection(OURS, url.port)) as connection:
            connection.request(self.command, path, sent or None, headers)
            answer = connection.getresponse()
            body = answer.read()
        self.wire.exchanges.append(Exchange(self.command, url.port, path, answer.status, len(body)))
        self._answer(answer, body)

    def _answer(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body)
