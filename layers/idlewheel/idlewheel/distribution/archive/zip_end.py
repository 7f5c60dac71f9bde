"""Where a ZIP file ends, and what its end says of the rest.

The end record is where readers begin, so here is the first place to make them disagree. Only a
file whose very last bytes are one plain end record is read on.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from idlewheel.distribution.rules import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.policy import Policy

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")
END_MARK, END64_MARK, LOCATOR_MARK = b"PK\5\6", b"PK\6\6", b"PK\6\7"
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class End:
    """The end records, ZIP64 resolved."""

    entries: int
    directory_size: int
    directory_offset: int
    start: int
    """Where the first of the end records begins."""


def read_end(file: BinaryIO, size: int, policy: Policy) -> End:
    """Return what the end record says, and its ZIP64 companion if there is one."""
    start = size - END.size
    tail = read_at(file, max(start, 0), END.size)
    require(zip_ends_in_an_end_record, tail)
    mark, *disks, here, entries, length, offset, comment = END.unpack(tail)
    require(zip_is_on_one_disk, disks, here, entries)
    require(zip_has_no_comment, comment)
    end = End(entries, length, offset, start)
    locator = read_at(file, max(start - LOCATOR.size, 0), LOCATOR.size)
    if start >= LOCATOR.size and locator[:4] == LOCATOR_MARK and mark:
        end = read_end64(file, end, locator)
    require(zip_directory_is_where_its_end_says, end)
    require(zip_directory_is_within_the_limit, end, policy)
    return end


def read_end64(file: BinaryIO, plain: End, locator: bytes) -> End:
    """Return what the ZIP64 end record says, which must not contradict the *plain* one."""
    _, disk, start, disks = LOCATOR.unpack(locator)
    tail = read_at(file, start, END64.size) if start < plain.start else b""
    directly = start + END64.size == plain.start - LOCATOR.size
    require(zip64_end_is_in_its_place, tail, directly, disk, disks)
    _, length, _, _, *disks64, here, entries, directory, offset = END64.unpack(tail)
    end = End(entries, directory, offset, start)
    require(zip64_end_is_consistent, plain, end, length, [*disks64, here - entries])
    return end


def read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Return up to *count* bytes from *offset* on."""
    file.seek(offset)
    return file.read(count)


def zip_ends_in_an_end_record(tail: bytes) -> Iterator[str]:
    """The file ends in an end-of-central-directory record, with nothing after it."""
    if len(tail) < END.size or tail[:4] != END_MARK:
        yield "The file is not a ZIP, or something follows its end-of-central-directory record"


def zip_is_on_one_disk(disks: list[int], here: int, entries: int) -> Iterator[str]:
    """The archive is not split over several disks."""
    if any(disks) or here != entries:
        yield "The ZIP claims to be one of several parts"


def zip_has_no_comment(length: int) -> Iterator[str]:
    """The archive has no comment: it could hide a second end record."""
    if length:
        yield "The ZIP has an archive comment"


def zip64_end_is_in_its_place(tail: bytes, directly: bool, disk: int, disks: int) -> Iterator[str]:
    """A ZIP64 locator points to a ZIP64 end record that ends just before it."""
    if not directly or tail[:4] != END64_MARK or len(tail) < END64.size:
        yield "The ZIP64 locator does not point to the ZIP64 end record just before it"
    elif disk or disks > 1:
        yield "The ZIP64 locator is of an archive in several parts"


def zip64_end_is_consistent(plain: End, end: End, length: int, disks: list[int]) -> Iterator[str]:
    """The ZIP64 end record has its plain length and repeats what the plain end record says."""
    if length != END64.size - 12:
        yield "The ZIP64 end record has extensible data, or a wrong length"
    if any(disks):
        yield "The ZIP64 end record is of an archive in several parts"
    for small, full, large in (
        (plain.entries, FULL16, end.entries),
        (plain.directory_size, FULL32, end.directory_size),
        (plain.directory_offset, FULL32, end.directory_offset),
    ):
        if small not in (full, large):
            yield "The end record and the ZIP64 end record contradict each other"


def zip_directory_is_where_its_end_says(end: End) -> Iterator[str]:
    """The central directory ends where the end records begin: nothing precedes or separates."""
    if end.directory_offset + end.directory_size != end.start:
        yield "The central directory is not just before the end record"


def zip_directory_is_within_the_limit(end: End, policy: Policy) -> Iterator[str]:
    """There are at most 100 000 members, and 32 MiB of central directory."""
    if end.entries > policy.members or end.directory_size > policy.directory_bytes:
        yield f"The ZIP has more than {policy.members} members, or their names are too long"


GATES = (
    zip_ends_in_an_end_record,
    zip_is_on_one_disk,
    zip_has_no_comment,
    zip64_end_is_in_its_place,
    zip64_end_is_consistent,
    zip_directory_is_where_its_end_says,
    zip_directory_is_within_the_limit,
)
"""Without any of these the file cannot be read further."""
