"""A gzip file, inflated as it is read, within a budget.

Not by `gzip`, which takes zeros after the last member, and not by `tarfile`, which never looks at
the checksum of what it did not need.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO

from idlewheel.distribution.rules import Unreadable, code_of, require

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES = 256 * 1024
MAGIC = b"\x1f\x8b"
GZIP_BITS = 16 + zlib.MAX_WBITS


class Inflated:
    """The bytes that a gzip file stands for, to be read in order and once."""

    def __init__(self, file: BinaryIO, budget: int) -> None:
        """Read *file* from its beginning; *budget* is how many bytes may come out at most."""
        self.position = 0
        self._chunks = inflate(file)
        self._budget = budget
        self._chunk = memoryview(b"")

    def read(self, count: int) -> bytes:
        """Return the next *count* bytes; fewer at the end only."""
        parts = []
        while count > 0 and (chunk := self.some(count)):
            parts.append(chunk)
            count -= len(chunk)
        return b"".join(parts)

    def some(self, count: int) -> memoryview:
        """Return at least one and at most *count* of the next bytes; nothing at the end."""
        if not self._chunk:
            self._chunk = memoryview(next(self._chunks, b""))
        chunk, self._chunk = self._chunk[:count], self._chunk[count:]
        self.position += len(chunk)
        require(gzip_is_no_bomb, self._budget - self.position)
        return chunk

    def skip(self, count: int) -> int:
        """Pass over *count* bytes; return how many there were."""
        passed = 0
        while passed < count and (chunk := self.some(count - passed)):
            passed += len(chunk)
        return passed


def inflate(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes that the one gzip member stands for; it must be whole, and be all."""
    file.seek(0)
    packed = file.read(CHUNK_BYTES)
    require(file_is_gzip, packed)
    stream = zlib.decompressobj(GZIP_BITS)
    while not stream.eof:
        try:
            chunk = stream.decompress(packed, CHUNK_BYTES)
        except zlib.error as error:
            raise damaged(str(error)) from None
        if chunk:
            yield chunk
        packed = stream.unconsumed_tail or (b"" if stream.eof else file.read(CHUNK_BYTES))
        if not (packed or chunk or stream.eof):
            raise damaged("it is cut off")
    require(gzip_has_one_member, stream.unused_data or file.read(1))


def damaged(why: str) -> Unreadable:
    """Return the error that says why the stream cannot be read."""
    return Unreadable(code_of(gzip_member_is_whole), f"The gzip stream is damaged: {why}")


def file_is_gzip(packed: bytes) -> Iterator[str]:
    """An sdist is a gzip file."""
    if packed[:2] != MAGIC:
        yield "The file is not gzip"


def gzip_has_one_member(rest: bytes) -> Iterator[str]:
    """There is one gzip member, and nothing after it.

    Some readers stop after the first member, so what is in a second one is not there for all.
    """
    if rest:
        yield "Something follows the gzip stream"


def gzip_member_is_whole() -> None:
    """The gzip member is complete, and has the length and checksum that it states."""


def gzip_is_no_bomb(left: int) -> Iterator[str]:
    """Beyond 64 MiB, at most 50 bytes come out of each byte of the file (as on PyPI)."""
    if left < 0:
        yield "Far more comes out of the gzip stream than its size justifies"


GATES = (file_is_gzip, gzip_has_one_member, gzip_member_is_whole, gzip_is_no_bomb)
