"""A server that answers what a test tells it to, one answer after the other."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    reads: int | None = None
    """Bytes of the request to read before the connection is cut; None reads and answers all."""


@dataclass
class Server:
    """What was asked, and what is to be answered; the last answer is answered for ever."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def lines(self) -> list[str]:
        """Methods and paths of what was asked."""
        return [f"{method} {path}" for method, path, _, _ in self.asked]


@contextlib.contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """Serve *answers* for as long as the block lasts."""
    server = Server(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            answer = server.next()
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length if answer.reads is None else min(length, answer.reads))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append((self.command, self.path, headers, body))
            if answer.reads is not None:
                self.close_connection = True
                return
            self.reply(answer)

        def reply(self, answer: Answer) -> None:
            is_text = isinstance(answer.body, str | bytes)
            text = answer.body if is_text else json.dumps(answer.body)
            content = text if isinstance(text, bytes) else text.encode()
            self.send_response_only(answer.status)  # without a Date of its own
            kind = "text/html" if is_text else "application/json"
            for name, value in {"Content-Type": kind, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
