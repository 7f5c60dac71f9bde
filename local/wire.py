"""A request and an answer, as they stand on the wire."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

Headers = list[tuple[str, str]]


def header(headers: Headers, name: str) -> str | None:
    """Give the last value of a header, whatever the case of its name."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return values[-1] if values else None


@dataclass(slots=True)
class Request:
    """One HTTP request."""

    method: str
    path: str
    """As in the request line: percent-encoded, trailing slash and all."""
    base: str = ""
    """What stood before the path: `/` and the stage, or nothing, as behind a custom domain."""
    query: str = ""
    """After the question mark, undecoded."""
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    client: str = "127.0.0.1"
    received: float = field(default_factory=time.time)
    """Seconds since 1970."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def header(self, name: str) -> str | None:
        """Give the last value of a header, whatever the case of its name."""
        return header(self.headers, name)


@dataclass(slots=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""
