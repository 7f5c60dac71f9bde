"""Rendered pages, kept in memory as they leave the function, up to a number of bytes."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass

from idlewheel.services.recent import Recent

KEPT = 24 * 1024 * 1024
"""Bytes of memory that the bodies of one function instance may take."""

LIMIT = 6 * 1024 * 1024 - 16 * 1024
"""Bytes that a body may take in Lambda's answer (6 MiB), the envelope and its headers aside."""

_ESCAPED = 6
"""The most that JSON makes of one character: ``\\u0000``."""


@dataclass(frozen=True, slots=True)
class Body:
    """What one revision of a page is in one form, as it goes into the answer."""

    revision: str
    """Names the state of the page that this is the body of."""
    serial: int
    text: str
    is_base64: bool

    @property
    def fits(self) -> bool:
        """Say whether Lambda can answer it: the text goes out inside a JSON document."""
        if self.is_base64 or len(self.text) * _ESCAPED <= LIMIT:
            return len(self.text) <= LIMIT
        return len(json.dumps(self.text)) <= LIMIT


def encode(revision: str, serial: int, content: bytes, *, is_gzip: bool) -> Body:
    """Make the body of *content*: as text, or, where it is compressed, as base64 text."""
    if not is_gzip:
        return Body(revision, serial, content.decode(), is_base64=False)
    return Body(revision, serial, base64.b64encode(content).decode("ascii"), is_base64=True)


class Bodies:
    """The bodies of late, the latest of each page and form; the least used ones go first."""

    def __init__(self, limit: int = KEPT) -> None:
        """Keep up to *limit* bytes."""
        self._recent = Recent[Body](limit, lambda body: sys.getsizeof(body.text))

    def get(self, key: tuple[str, ...], revision: str) -> Body | None:
        """Find the body at *key*, if it is of this revision."""
        body = self._recent.find(key)
        return body if body is not None and body.revision == revision else None

    def put(self, key: tuple[str, ...], body: Body) -> None:
        """Keep *body* in place of an earlier revision, unless it alone is over the limit."""
        self._recent.keep(key, body)
