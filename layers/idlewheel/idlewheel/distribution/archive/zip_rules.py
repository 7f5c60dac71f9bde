"""What a ZIP may be: one reading, whichever reader.

The rules on a member see its entry in the central directory beside its local header (`Record`);
those on the archive see everything at once (`Layout`).
"""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING

from idlewheel.distribution.archive import names
from idlewheel.distribution.archive.zip_layout import DESCRIPTOR_FLAG, ZIP64_EXTRA, extras
from idlewheel.distribution.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.archive.zip_layout import Layout, Record
    from idlewheel.distribution.policy import Policy

STORED, DEFLATED = 0, 8
ENCRYPTED_FLAGS = 0x2041
"""Traditional encryption, strong encryption, masked headers."""
UTF8_FLAG = 0x800
KNOWN_FLAGS = 0x80E
"""Descriptor, two hints about the compression, UTF-8."""
NEWEST_VERSION = 45
"""Of the format: ZIP64. Later ones bring methods and encryption that installers lack."""

PLAIN_EXTRAS = frozenset({ZIP64_EXTRA, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0xCAFE, 0xD935})
"""ZIP64, and what some tools write without meaning anything by it: times, owners, a Java mark,
padding. Not the Unicode path (0x7075), which gives a member a second name."""


def zip_records_follow_each_other(record: Record) -> Iterator[str]:
    """Each record begins where the one before it ends: no hidden bytes, no overlap.

    The first begins at byte 0, so that nothing precedes the archive.
    """
    if record.gap:
        what = "overlaps what is before it" if record.gap < 0 else "comes after bytes of nobody"
        yield f"The record of {shown(record.entry.header.name)} {what}"


def zip_entries_have_local_headers(record: Record) -> Iterator[str]:
    """Every entry of the central directory points to a local header."""
    if record.local is None:
        yield f"There is no local header of {shown(record.entry.header.name)} at its offset"


def zip_headers_agree(record: Record) -> Iterator[str]:
    """Local header and central directory say the same: name, flags, method, CRC, sizes.

    Where a data descriptor is announced, the local header may have zeros instead of the latter.
    """
    local, central = record.local, record.entry.header
    if local is None:
        return
    later = {"crc", "packed", "size"} if central.flags & DESCRIPTOR_FLAG else set()
    for field in ("name", "flags", "method", "crc", "packed", "size"):
        said = getattr(local, field)
        if said != getattr(central, field) and (said or field not in later):
            yield f"The two headers of {shown(central.name)} disagree about its {field}"


def zip_members_are_readable_by_all(record: Record) -> Iterator[str]:
    """Members are stored or deflated, and need no reader newer than ZIP64's."""
    header = record.entry.header
    if header.method not in {STORED, DEFLATED}:
        yield f"{shown(header.name)} has compression method {header.method}, not 0 or 8"
    if header.version & 0xFF > NEWEST_VERSION:
        yield f"{shown(header.name)} needs version {(header.version & 0xFF) / 10} of the format"


def zip_members_are_not_encrypted(record: Record) -> Iterator[str]:
    """No member is encrypted."""
    for header in (record.entry.header, record.local):
        if header and header.flags & ENCRYPTED_FLAGS:
            yield f"{shown(header.name)} is encrypted"


def zip_members_have_no_data_descriptors(record: Record) -> Iterator[str]:
    """Sizes and CRC stand before the contents and not after them (PyPI refuses them too)."""
    for header in (record.entry.header, record.local):
        if header and header.flags & DESCRIPTOR_FLAG:
            yield f"{shown(header.name)} has a data descriptor"


def zip_flags_are_known(record: Record) -> Iterator[str]:
    """No reserved flag is set: what it means is anybody's guess."""
    unknown = record.entry.header.flags & ~(KNOWN_FLAGS | ENCRYPTED_FLAGS)
    if unknown:
        yield f"{shown(record.entry.header.name)} has unknown flags ({unknown:#x})"


def zip_names_say_their_encoding(record: Record) -> Iterator[str]:
    """A name that is not ASCII is UTF-8 and flagged as such."""
    header = record.entry.header
    if not header.name.isascii() and not (header.flags & UTF8_FLAG and is_utf8(header.name)):
        yield f"The name of {shown(header.name)} is not marked as UTF-8, or is none"


def zip_extras_are_harmless(record: Record) -> Iterator[str]:
    """Extra fields are well-formed, of a known harmless kind, and none comes twice."""
    for header in (record.entry.header, record.local):
        kinds = [kind for kind, _ in extras(header.extra)] if header and header.extra else []
        if header and len(set(kinds)) < len(kinds):
            yield f"{shown(header.name)} has the same extra field twice"
        for kind in set(kinds) - PLAIN_EXTRAS:
            what = f"an extra field of kind {kind:#06x}" if kind >= 0 else "malformed extra fields"
            yield f"{shown(record.entry.header.name)} has {what}"


def zip64_extras_have_the_numbers_they_replace(record: Record) -> Iterator[str]:
    """A ZIP64 extra field has exactly the numbers for which the header has no room.

    Some tools always write it in local headers: then it must repeat what the header says.
    """
    for header in (record.entry.header, record.local):
        if header and (header.saturated or header.extra):
            found = b"".join(value for kind, value in extras(header.extra) if kind == ZIP64_EXTRA)
            repeated = struct.pack("<2Q", header.size, header.packed)
            if len(found) != 8 * header.saturated and (header.saturated or found != repeated):
                yield f"The ZIP64 extra field of {shown(header.name)} has {len(found)} bytes"


def zip_members_have_no_comments(record: Record) -> Iterator[str]:
    """No entry has a comment."""
    if record.entry.comment_length:
        yield f"{shown(record.entry.header.name)} has a comment"


def zip_members_are_on_the_first_disk(record: Record) -> Iterator[str]:
    """Every member is on the one disk that there is."""
    if record.entry.disk:
        yield f"{shown(record.entry.header.name)} claims to be on another disk"


def zip_members_are_plain_files(record: Record) -> Iterator[str]:
    """Members are files or folders: no symbolic links, no devices; a folder has no contents."""
    header, kind = record.entry.header, stat.S_IFMT(record.entry.mode)
    is_folder = header.name.endswith(b"/")
    if kind and kind != (stat.S_IFDIR if is_folder else stat.S_IFREG):
        yield f"{shown(header.name)} is marked as something else than a file or folder"
    if is_folder and (header.size or header.packed > 2):
        yield f"The folder {shown(header.name)} has contents"


def zip_stored_sizes_are_equal(record: Record) -> Iterator[str]:
    """What is only stored has the same size before and after."""
    header = record.entry.header
    if header.method == STORED and header.size != header.packed:
        yield f"{shown(header.name)} is stored, but its two sizes differ"


def zip_records_reach_the_directory(layout: Layout, end: int) -> Iterator[str]:
    """The last record ends where the central directory begins.

    More than that would be bytes of nobody, or a member that the directory keeps quiet about.
    """
    if end != layout.end.directory_offset:
        yield f"The records end at byte {end}, the central directory begins elsewhere"


def zip_is_no_bomb(layout: Layout, size: int, policy: Policy) -> Iterator[str]:
    """Beyond 64 MiB, at most 50 bytes come out of each byte of the file (as on PyPI)."""
    total = sum(entry.header.size for entry in layout.entries)
    if total > policy.inflated_bytes(size):
        yield f"{total} bytes would come out of a file of {size}"


def zip_is_not_a_tar(start: bytes) -> Iterator[str]:
    """The file is not a tar at the same time."""
    if start[257:262] == b"ustar":
        yield "The file is a ZIP and a tar at the same time"


def is_utf8(name: bytes) -> bool:
    """Whether *name* is valid UTF-8."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


RECORD_RULES = (
    zip_records_follow_each_other,
    zip_entries_have_local_headers,
    zip_headers_agree,
    zip_members_are_readable_by_all,
    zip_members_are_not_encrypted,
    zip_flags_are_known,
    zip_names_say_their_encoding,
    zip_extras_are_harmless,
    zip64_extras_have_the_numbers_they_replace,
    zip_members_have_no_comments,
    zip_members_are_on_the_first_disk,
    zip_members_are_plain_files,
    zip_stored_sizes_are_equal,
)

UPLOAD_RULES = (zip_members_have_no_data_descriptors,)
"""These bind new uploads; older files, which a mirror carries, may break them."""

NAME_RULES = (*names.RULES, names.member_names_differ_in_more_than_case)
ARCHIVE_RULES = (zip_is_not_a_tar,)
GATES = (zip_records_reach_the_directory, zip_is_no_bomb)
"""Without any of these the members are not read."""
