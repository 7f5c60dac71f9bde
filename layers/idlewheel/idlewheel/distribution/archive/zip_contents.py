"""The contents of the members of a ZIP, streamed, and compared with what was said of them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO

from idlewheel.distribution.archive.zip_rules import DEFLATED, STORED
from idlewheel.distribution.rules import Unreadable, code_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.archive.zip_layout import Packed

CHUNK_BYTES = 256 * 1024
INFLATED_BYTES = 1024 * 1024


def contents(file: BinaryIO, member: Packed) -> Iterator[bytes]:
    """Yield the contents of a member in chunks, or raise `Unreadable`.

    It never yields more than the declared size, whatever the stream would give; the last thing
    that it does is to compare size and CRC.
    """
    crc = size = 0
    for chunk in unpacked(file, member):
        size += len(chunk)
        if size > member.size:
            break
        crc = zlib.crc32(chunk, crc)
        yield chunk
    for problem in zip_contents_are_as_declared(member, size, crc):
        raise Unreadable(code_of(zip_contents_are_as_declared), problem)


def unpacked(file: BinaryIO, member: Packed) -> Iterator[bytes]:
    """Yield what the stored or deflated bytes of a member stand for."""
    file.seek(member.data)
    if member.method == STORED:
        yield from packed(file, member.packed)
    elif member.method == DEFLATED:
        yield from inflated(file, member)


def packed(file: BinaryIO, count: int) -> Iterator[bytes]:
    """Yield *count* bytes from where *file* is, or fewer where it ends."""
    while count > 0 and (chunk := file.read(min(count, CHUNK_BYTES))):
        count -= len(chunk)
        yield chunk


def inflated(file: BinaryIO, member: Packed) -> Iterator[bytes]:
    """Yield what a raw DEFLATE stream stands for; it must end exactly where the member does."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in packed(file, member.packed):
            yield stream.decompress(chunk, INFLATED_BYTES)
            while stream.unconsumed_tail:
                yield stream.decompress(stream.unconsumed_tail, INFLATED_BYTES)
            if stream.eof and file.tell() < member.end:
                break
        yield stream.flush()
    except zlib.error:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
    if not stream.eof or stream.unused_data or file.tell() != member.end:
        message = f"The compressed contents of {shown(member.name)} are damaged"
        raise Unreadable(code_of(zip_contents_are_one_stream), message)


def zip_contents_are_one_stream() -> None:
    """A deflated member is one valid stream that ends where the member ends."""


def zip_contents_are_as_declared(member: Packed, size: int, crc: int) -> Iterator[str]:
    """What comes out of a member has the declared size and CRC."""
    if size != member.size:
        yield f"{shown(member.name)} does not have the declared size of {member.size} bytes"
    elif crc != member.crc:
        yield f"{shown(member.name)} does not have the declared CRC"


MEMBER_RULES = (zip_contents_are_one_stream, zip_contents_are_as_declared)
