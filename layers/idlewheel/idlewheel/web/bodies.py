"""Rendered pages, kept in memory as they leave the function, up to a number of bytes."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections import OrderedDict
from dataclasses import dataclass

KEPT = 64 * 1024 * 1024
"""Bytes of memory that the bodies of one function instance may take."""

LIMIT = 6 * 1024 * 1024 - 16 * 1024
"""Bytes that a body may take in Lambda's answer (6 MiB), the envelope and its headers aside."""

LEVEL = 6
"""Of gzip: level 1 takes a third of the time and a fifth more bytes, and each page is
compressed once for all its readers."""

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


def encode(revision: str, serial: int, content: bytes, *, gzip: bool) -> Body:
    """Make the body of *content*: as text, or compressed and then as base64 text.

    The same content gives the same bytes (no time in the header), in a single gzip member:
    several in a row are read wrongly by uv, curl and httpx.
    """
    if not gzip:
        return Body(revision, serial, content.decode(), is_base64=False)
    text = base64.b64encode(compress(content)).decode("ascii")
    return Body(revision, serial, text, is_base64=True)


def compress(content: bytes) -> bytes:
    """Compress to one gzip member whose header holds no time."""
    return zlib.compress(content, LEVEL, wbits=31)


class Bodies:
    """The bodies of late, the latest of each page and form; the least used ones go first."""

    def __init__(self, limit: int = KEPT) -> None:
        """Keep up to *limit* bytes."""
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[tuple[str, ...], Body] = OrderedDict()

    def get(self, key: tuple[str, ...], revision: str) -> Body | None:
        """Find the body at *key*, if it is of this revision."""
        body = self._kept.get(key)
        if body is None or body.revision != revision:
            return None
        self._kept.move_to_end(key)
        return body

    def put(self, key: tuple[str, ...], body: Body) -> None:
        """Keep *body* in place of an earlier revision, unless it alone is over the limit."""
        self._remove(key)
        if _size(body) > self._limit:
            return
        self._kept[key] = body
        self._size += _size(body)
        while self._size > self._limit:
            self._remove(next(iter(self._kept)))

    def _remove(self, key: tuple[str, ...]) -> None:
        body = self._kept.pop(key, None)
        if body is not None:
            self._size -= _size(body)


def _size(body: Body) -> int:
    return sys.getsizeof(body.text)
