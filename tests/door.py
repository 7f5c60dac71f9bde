"""A door before the store: every request passes it, and at a chosen moment of one, so may a test.

Functions and presigned URLs have its address for the store's. It lets bytes through as they are,
one request a connection, and knows HTTP only as far as the heads go.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 64 * 1024
SECONDS_TO_HANG_UP = 0.05
"""After a kill: the kernel closes the connections of the dead."""


class Phase(StrEnum):
    """How far a request is."""

    ASKED = "asked"
    """It is known, and nothing of it has reached the store."""
    SENT = "sent"
    """This part of its body has."""
    DONE = "done"
    """The store has answered, and nothing of that has been passed on."""
    READ = "read"
    """This part of the answer's body has."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of one request."""

    request: str
    """A pattern of what it is: ``GetItem``, ``PUT /bucket/key``, ``COPY /bucket/key``."""
    phase: Phase
    part: float = 0.0
    number: int = 1
    """Which of the requests that the pattern finds."""


@dataclass(slots=True)
class Watch:
    """What a test waits for, and does then."""

    point: Point
    action: Callable[[], None]
    passed: threading.Event = field(default_factory=threading.Event)
    """Set once the action has returned."""
    _found: int = 0
    _has_begun: bool = False

    def knows(self, name: str) -> bool:
        """Whether this is the request; each is to be asked about once."""
        self._found += re.search(self.point.request, name) is not None
        return self._found == self.point.number and not self._has_begun

    def note(self, phase: Phase, part: float) -> None:
        """Act, if the point is reached."""
        if phase is self.point.phase and part >= self.point.part and not self._has_begun:
            self._has_begun = True
            self.action()
            time.sleep(SECONDS_TO_HANG_UP)
            self.passed.set()


@dataclass(slots=True)
class Head:
    """The head of a request or of an answer."""

    raw: bytes
    rest: bytes
    """What has come of the body."""

    @classmethod
    def read(cls, source: socket.socket) -> Head:
        """Read it; what the other side does not end comes as it is."""
        read = b""
        while b"\r\n\r\n" not in read and (data := source.recv(CHUNK)):
            read += data
        head, end, rest = read.partition(b"\r\n\r\n")
        return cls(head + end, rest)

    def header(self, name: str) -> str:
        """One header; nothing where it is missing."""
        found = re.search(rb"(?i)\r\n%s: *([^\r]*)" % name.encode(), self.raw)
        return found[1].decode("latin-1") if found else ""

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return int(self.header("content-length") or 0)

    @property
    def name(self) -> str:
        """What a request wants: an operation of DynamoDB, or a method and a path."""
        if target := self.header("x-amz-target"):
            return target.partition(".")[2]
        method, path = self.raw.decode("latin-1").split(" ")[:2]
        method = "COPY" if self.header("x-amz-copy-source") else method
        return f"{method} {path.partition('?')[0]}"

    def closing(self) -> bytes:
        """The same, of a connection that ends with its answer."""
        kept = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", self.raw)
        return kept.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


class Door:
    """Listens on a port of its own, and passes on to where *upstream* says that the store is."""

    def __init__(self, upstream: Callable[[], str]) -> None:
        self.seen: list[str] = []
        self.bytes: Counter[str] = Counter()
        """Of the bodies that were sent to the store, by what was asked."""
        self._upstream = upstream
        self._watch: Watch | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def watch(self, point: Point, action: Callable[[], None]) -> Watch:
        """Do *action* once, when the next requests reach *point*, while everything there waits."""
        self._watch = Watch(point, action)
        return self._watch

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Let through for as long as the block lasts."""
        thread = threading.Thread(target=self._serve)
        thread.start()
        try:
            yield
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = Head.read(client)
            if not head.raw:
                return
            self.seen.append(head.name)
            watch = self._watch if self._watch and self._watch.knows(head.name) else None
            _note(watch, Phase.ASKED)
            if _is_gone(client):
                return
            address = urlsplit(self._upstream())
            with socket.create_connection((address.hostname or "", address.port or 80)) as store:
                back = threading.Thread(target=_answer, args=(store, client, watch))
                back.start()
                try:
                    self.bytes[head.name] += _send(head, client, store, watch)
                finally:
                    back.join()


def _send(head: Head, client: socket.socket, store: socket.socket, watch: Watch | None) -> int:
    """Pass a request on, and count; if its sender goes in the middle, so do we."""
    store.sendall(head.closing() + head.rest)
    sent = len(head.rest)
    while sent < head.length:
        data = client.recv(CHUNK)
        if not data:
            store.shutdown(socket.SHUT_RDWR)
            break
        store.sendall(data)
        sent += len(data)
        _note(watch, Phase.SENT, sent / head.length)
    return sent


def _answer(store: socket.socket, client: socket.socket, watch: Watch | None) -> None:
    """Pass an answer on, until the store ends it."""
    with contextlib.suppress(OSError):
        head = Head.read(store)
        while head.raw.startswith(b"HTTP/1.1 100"):
            client.sendall(head.raw)
            head = Head.read(store)
        _note(watch, Phase.DONE)
        client.sendall(head.raw + head.rest)
        read, length = len(head.rest), head.length
        while data := store.recv(CHUNK):
            client.sendall(data)
            read += len(data)
            _note(watch, Phase.READ, read / length if length else 0)
        client.shutdown(socket.SHUT_WR)


def _note(watch: Watch | None, phase: Phase, part: float = 0) -> None:
    if watch is not None:
        watch.note(phase, part)


def _is_gone(client: socket.socket) -> bool:
    """Whether who asked hears no answer any more."""
    readable, _, _ = select.select([client], [], [], 0)
    return bool(readable) and client.recv(1, socket.MSG_PEEK) == b""
