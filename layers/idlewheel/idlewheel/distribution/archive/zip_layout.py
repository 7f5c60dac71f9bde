"""The layout of a ZIP file, read strictly: every byte of it belongs to exactly one record.

`zipfile`, Rust's ``zip`` and streaming readers find members in different ways; a file that is
ambiguous installs one thing here and another there. So nothing is taken from either directory
alone: `read_layout` walks the local headers in the order of their offsets and pairs each with its
entry of the central directory. It judges only what it cannot do without (`GATES`); the rest is for
``zip_rules``. The format is that of APPNOTE.TXT 6.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from idlewheel.distribution.archive.zip_end import FULL32, End, read_at, read_end
from idlewheel.distribution.rules import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.policy import Policy

CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")

CENTRAL_MARK, LOCAL_MARK = b"PK\1\2", b"PK\3\4"
DESCRIPTOR_MARK, DESCRIPTOR_FLAG = b"PK\7\x08", 0x8
ZIP64_EXTRA = 1


class Header(NamedTuple):
    """What a local header and an entry of the central directory both say of a member."""

    name: bytes
    version: int
    flags: int
    method: int
    crc: int
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes once extracted."""
    extra: bytes
    saturated: int
    """How many of its numbers are all ones, and stand in the ZIP64 extra field instead."""


class Entry(NamedTuple):
    """An entry of the central directory."""

    header: Header
    offset: int
    """Where its local header begins."""
    disk: int
    mode: int
    """The upper half of the external attributes: the Unix mode."""
    comment_length: int


class Record(NamedTuple):
    """A member: its entry, beside the local header that the entry points to."""

    entry: Entry
    local: Header | None
    """None where there is no local header at that place."""
    gap: int
    """Bytes between the end of the record before it and its own beginning; negative: overlap."""
    data: int
    """Where its contents begin."""
    descriptor: int
    """Bytes after its contents that repeat CRC and sizes, where a flag announces them."""

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.data + self.entry.header.packed + self.descriptor


class Packed(NamedTuple):
    """What it takes to extract a member; there may be many, so this is all that is kept."""

    name: str
    method: int
    data: int
    """Where its contents begin."""
    packed: int
    size: int
    crc: int

    @property
    def end(self) -> int:
        """Where its contents end."""
        return self.data + self.packed


def packed_of(record: Record, name: str) -> Packed:
    """Return what it takes to extract the member, under its *name* as text."""
    header = record.entry.header
    return Packed(name, header.method, record.data, header.packed, header.size, header.crc)


@dataclass(frozen=True, slots=True)
class Layout:
    """The end and the central directory; the records are walked by `walk`."""

    end: End
    entries: tuple[Entry, ...]
    """In the order of their offsets."""

    @property
    def names(self) -> list[str]:
        """Every name as text; what is not UTF-8 as lone surrogates."""
        return [name_of(entry) for entry in self.entries]


def name_of(entry: Entry) -> str:
    """Return the name of a member as text; what is not UTF-8 as lone surrogates."""
    return entry.header.name.decode("utf-8", "surrogateescape")


def read_layout(file: BinaryIO, size: int, policy: Policy) -> Layout:
    """Return the layout of a ZIP of *size* bytes, or raise `Unreadable`."""
    end = read_end(file, size, policy)
    entries = tuple(sorted(read_directory(file, end), key=lambda entry: entry.offset))
    require(zip_has_as_many_members_as_it_says, end, len(entries))
    return Layout(end, entries)


def read_directory(file: BinaryIO, end: End) -> Iterator[Entry]:
    """Yield the entries of the central directory, which must fill it exactly."""
    data = read_at(file, end.directory_offset, end.directory_size)
    position = 0
    while position < len(data):
        fixed = data[position : position + CENTRAL.size]
        require(zip_directory_holds_entries_only, fixed, end.directory_offset + position)
        fields = CENTRAL.unpack(fixed)
        lengths = fields[10:13]
        rest = data[position + CENTRAL.size : position + CENTRAL.size + sum(lengths)]
        position += CENTRAL.size + sum(lengths)
        require(zip_directory_holds_whole_entries, position, len(data))
        yield entry_of(fields, rest[: lengths[0]], rest[lengths[0] : lengths[0] + lengths[1]])


def entry_of(fields: tuple[int, ...], name: bytes, extra: bytes) -> Entry:
    """Return an entry from its fixed part, with the sizes and offset of ZIP64 put in."""
    _, _, version, flags, method, _, _, crc, packed, size, _, _, comment, disk, _, mode, at = fields
    saturated = (size, packed, at).count(FULL32)
    size, packed, at = resolved((size, packed, at), extra)
    header = Header(name, version, flags, method, crc, packed, size, extra, saturated)
    return Entry(header, at, disk, mode >> 16, comment)


def walk(file: BinaryIO, layout: Layout) -> Iterator[Record]:
    """Yield every member with its local header, in the order of the file."""
    previous = 0
    for entry in layout.entries:
        local, data = read_local(file, entry.offset, layout.end.directory_offset)
        descriptor = descriptor_length(file, entry, data)
        record = Record(entry, local, entry.offset - previous, data, descriptor)
        previous = record.end
        yield record


def read_local(file: BinaryIO, offset: int, limit: int) -> tuple[Header | None, int]:
    """Return the local header at *offset* and where its contents begin."""
    if offset + LOCAL.size > limit:
        return None, offset
    fixed = read_at(file, offset, LOCAL.size)
    if fixed[:4] != LOCAL_MARK:
        return None, offset
    _, version, flags, method, _, _, crc, packed, size, name, extra = LOCAL.unpack(fixed)
    rest = file.read(name + extra)
    saturated = (size, packed).count(FULL32)
    size, packed = resolved((size, packed), rest[name:])
    header = Header(rest[:name], version, flags, method, crc, packed, size, rest[name:], saturated)
    return header, offset + LOCAL.size + name + extra


def descriptor_length(file: BinaryIO, entry: Entry, data: int) -> int:
    """Return the length of a data descriptor that says what the directory says; 0 for any other.

    There are four kinds: with a mark or without, with sizes of 32 or of 64 bits.
    """
    header = entry.header
    if not header.flags & DESCRIPTOR_FLAG:
        return 0
    found = read_at(file, data + header.packed, 24)
    for numbers in (struct.Struct("<3L"), struct.Struct("<L2Q")):
        if max(header.packed, header.size) <= FULL32 or numbers.size > 12:
            expected = numbers.pack(header.crc, header.packed, header.size)
            for mark in (DESCRIPTOR_MARK, b""):
                if found.startswith(mark + expected):
                    return len(mark + expected)
    return 0


def resolved(numbers: tuple[int, ...], extra: bytes) -> tuple[int, ...]:
    """Return *numbers* with those that are all ones replaced from the ZIP64 extra field."""
    if FULL32 not in numbers:
        return numbers
    value = next((value for kind, value in extras(extra) if kind == ZIP64_EXTRA), b"")
    wide = (value[at : at + 8] for at in range(0, len(value) - 7, 8))
    return tuple(
        int.from_bytes(next(wide, b"\xff" * 4), "little") if number == FULL32 else number
        for number in numbers
    )


def extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield identifier and value of the extra fields; what is no whole field comes as -1."""
    position = 0
    while position < len(extra):
        kind = int.from_bytes(extra[position : position + 2], "little")
        end = position + 4 + int.from_bytes(extra[position + 2 : position + 4], "little")
        if position + 4 > len(extra) or end > len(extra):
            yield -1, extra[position:]
            return
        yield kind, extra[position + 4 : end]
        position = end


def zip_directory_holds_entries_only(fixed: bytes, offset: int) -> Iterator[str]:
    """The central directory consists of entries and of nothing else."""
    if len(fixed) < CENTRAL.size or fixed[:4] != CENTRAL_MARK:
        yield f"There is no entry of the central directory at byte {offset}"


def zip_directory_holds_whole_entries(end: int, size: int) -> Iterator[str]:
    """The last entry of the central directory ends where the directory ends."""
    if end > size:
        yield "The last entry of the central directory is cut off"


def zip_has_as_many_members_as_it_says(end: End, found: int) -> Iterator[str]:
    """The end record counts the entries of the central directory rightly."""
    if end.entries != found:
        yield f"The end record counts {end.entries} members; the central directory has {found}"


GATES = (
    zip_directory_holds_entries_only,
    zip_directory_holds_whole_entries,
    zip_has_as_many_members_as_it_says,
)
"""Without any of these the file cannot be read further."""
