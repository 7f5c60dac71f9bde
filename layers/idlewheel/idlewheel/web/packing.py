"""Texts compressed once, each by itself, that together make one gzip member.

A piece ends with a full flush (RFC 1951 §3.2.4; zlib manual, Z_FULL_FLUSH): its bytes depend on
nothing before it and nothing after it. So a page of many pieces is compressed anew only where it
changed. It stays a single member: uv, curl and httpx misread several in a row.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from idlewheel.services.sheets import Packed, compressor

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVEL = 6
"""Level 1 takes a third of the time and a fifth more bytes, and a piece is packed once for all."""

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""RFC 1952 §2.3: deflate, no flags and no time, so that equal pages are equal bytes."""

_LAST_BLOCK = b"\x03\x00"
"""An empty final block, which is all that the pieces lack to be a deflate stream."""


def pack(text: bytes) -> Packed:
    """Compress a piece."""
    if not text:
        return Packed(b"", 0, 0)
    deflate = compressor(len(text), LEVEL, -1)
    data = deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH)
    return Packed(data, zlib.crc32(text), len(text))


def member(pieces: Iterable[Packed]) -> bytes:
    """Make one gzip member of *pieces*."""
    crc = size = 0
    parts = [_HEADER]
    for piece in pieces:
        parts.append(piece.data)
        crc = joined_crc(crc, piece.crc, piece.size)
        size += piece.size
    trailer = crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join([*parts, _LAST_BLOCK, trailer])


def unpack(pieces: Iterable[Packed]) -> bytes:
    """Answer the text of all *pieces*."""
    return zlib.decompress(b"".join([*(piece.data for piece in pieces), _LAST_BLOCK]), -15)


def joined_crc(first: int, second: int, size: int) -> int:
    """Answer the CRC-32 of two texts in a row from theirs; the second has *size* bytes.

    This is zlib's crc32_combine, which Python does not offer: CRCs are polynomials over GF(2),
    and appending a byte multiplies by x**8.
    """
    return _times(_shift(size), first) ^ second


_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31


def _times(a: int, b: int) -> int:
    """Multiply modulo the polynomial; bits are in reverse order, as CRC-32 has them."""
    product = 0
    bit = _ONE
    while a:
        if a & bit:
            product ^= b
            a ^= bit
        bit >>= 1
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return product


@lru_cache(maxsize=4096)
def _shift(size: int) -> int:
    """Answer x to the power of 8 times *size*, modulo the polynomial."""
    power, square = _ONE, 1 << 23  # x**0, x**8
    while size:
        if size & 1:
            power = _times(power, square)
        square = _times(square, square)
        size >>= 1
    return power
