"""What a tar must be so that its members can be found at all, and by every reader the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from idlewheel.distribution.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from idlewheel.distribution.archive.gzip_stream import Inflated
    from idlewheel.distribution.policy import Policy

BLOCK = 512
CHECKSUM = slice(148, 156)
PREFIX = slice(345, 500)
GNU_MAGIC = b"ustar  \0"
MAGICS = (b"ustar\0" + b"00", GNU_MAGIC)
"""Of ustar and PAX, and of GNU."""
PAX, GLOBAL, LONG_NAME, LONG_LINK = b"x", b"g", b"L", b"K"
EXTENSIONS = frozenset({PAX, GLOBAL, LONG_NAME, LONG_LINK})
FILES = frozenset({b"0", b"\0"})
FOLDER = b"5"
EMPTY = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
"""Links, devices, folders, pipes: without contents."""
OCTAL = re.compile(rb" *[0-7]*[ \0]*")
BINARY = 0x80
"""How a number begins that GNU writes in base 256."""
BINARY_NUMBER = re.compile(rb"(\x80\0*|\xff+).{7}", re.DOTALL)
"""One of at most 56 bits, or its negative: no system knows the others as a time."""
OTHER_NUMBERS = tuple(slice(*it) for it in ((100, 108), (108, 116), (116, 124), (136, 148)))
OTHER_NUMBERS += (slice(329, 337), slice(337, 345))
"""Mode, user, group, time, and the two of a device."""
LARGEST_OCTAL = 0o77777777777
"""8 GiB: what a ustar header can say of a size."""
ZEROS_CHUNK = 64 * 1024


def tar_blocks_have_their_checksum(block: bytes) -> Iterator[str]:
    """Every header block is whole and has its checksum."""
    if len(block) < BLOCK:
        yield "The tar is cut off, or not a tar"
        return
    stated = block[CHECKSUM]
    found = sum(block) - sum(stated) + 8 * ord(" ")
    if not OCTAL.fullmatch(stated) or int(stated.strip(b" \0") or b"0", 8) != found:
        yield "A tar header does not have its checksum, or the file is not a tar"


def tar_is_of_a_known_kind(block: bytes) -> Iterator[str]:
    """The tar is of POSIX (ustar, PAX) or of GNU: what build backends write."""
    if block[257:265] not in MAGICS:
        yield "A tar header is neither of POSIX nor of GNU"


def tar_numbers_are_numbers(block: bytes) -> Iterator[str]:
    """Sizes are octal numbers, or binary ones of GNU, and not negative; all others are numbers.

    Some readers (`tarfile`) take a header without them for the end of the tar, and say nothing.
    """
    size = block[124:136]
    if not OCTAL.fullmatch(size) and (size[0] != BINARY or any(size[1:4])):
        yield f"{shown(text(block[:100]))} has a size that is no number"
    for field in OTHER_NUMBERS:
        value = block[field]
        if not BINARY_NUMBER.fullmatch(value) and not OCTAL.fullmatch(text(value)):
            yield f"{shown(text(block[:100]))} has {shown(text(value))} where a number belongs"


def tar_names_are_in_one_place(block: bytes) -> Iterator[str]:
    """A header of GNU has nothing where POSIX has the beginning of a long name.

    GNU's own readers do not look there; `tarfile` puts it in front of the name.
    """
    if block[257:265] == GNU_MAGIC and block[PREFIX].strip(b"\0"):
        yield f"{shown(text(block[:100]))} is of GNU and has a prefix of POSIX"


def text(value: bytes) -> bytes:
    """Return a field up to its first NUL."""
    return value.partition(b"\0")[0]


def tar_only_files_have_contents(name: str, kind: bytes, size: int) -> Iterator[str]:
    """Only files have contents; a folder, a link or a device with a size is read in two ways.

    Types of member that POSIX does not name (GNU's sparse files, say) are not taken. And only a
    folder has a name that ends in a slash: readers drop the slash of a link, and then follow it.
    """
    if kind not in FILES | EMPTY:
        yield f"{shown(name)} is a tar member of type {shown(kind)}, which is not taken"
    elif size and kind in EMPTY:
        yield f"{shown(name)} is no file and yet has a size"
    elif kind != FOLDER and name.endswith("/"):
        yield f"{shown(name)} is no folder and has the name of one"


def tar_old_files_have_no_names_of_folders(name: bytes, kind: bytes) -> Iterator[str]:
    """No file of the oldest type has a header whose own name ends in a slash.

    Before folders had a type they were written so, and some readers still take it for one,
    whatever a longer name says.
    """
    if kind == b"\0" and name.endswith(b"/"):
        yield f"{shown(name)} is a file with the name of a folder"


def tar_contents_are_whole(wanted: int, found: int) -> Iterator[str]:
    """Every member has as many bytes as its header says."""
    if found < wanted:
        yield "The tar is cut off"


def tar_ends_in_zeros(block: bytes, stream: Inflated) -> Iterator[str]:
    """After the last member there are two blocks of zeros, and nothing but zeros."""
    if len(block) < BLOCK or len(second := stream.read(BLOCK)) < BLOCK:
        yield "The tar does not end in two blocks of zeros"
        return
    if second.strip(b"\0"):
        yield "The tar has something after its end"
    while chunk := stream.some(ZEROS_CHUNK):
        if bytes(chunk).strip(b"\0"):
            yield "The tar has something after its end"


def tar_extensions_belong_to_a_member(kinds: Sequence[bytes]) -> Iterator[str]:
    """A PAX header or a long name is followed by the member that it describes."""
    if kinds:
        yield "The tar ends after a header that describes the next member"


def tar_extensions_are_of_one_kind(kinds: Sequence[bytes]) -> Iterator[str]:
    """A member has PAX headers or long names of GNU, not both, and none twice."""
    if len(set(kinds)) < len(kinds) or (PAX in kinds and len(kinds) > 1):
        yield "A tar member is described by several headers that may contradict each other"


def tar_extensions_are_small(size: int, policy: Policy) -> Iterator[str]:
    """A PAX header or a long name has at most 1 MiB."""
    if size > policy.small_text_bytes:
        yield f"A tar header that describes a member has {size} bytes"


def tar_long_names_are_plain(content: bytes) -> Iterator[str]:
    """A long name of GNU ends at its NUL, and has something before it."""
    if b"\0" in content[:-1].rstrip(b"\0") or not content.strip(b"\0"):
        yield "A long name of GNU is empty, or has NUL in it"


def tar_names_are_within_the_limit(count: int, length: int, policy: Policy) -> Iterator[str]:
    """There are at most 100 000 members, and 32 Mi characters of names."""
    if count > policy.members or length > policy.directory_bytes:
        yield f"The tar has more than {policy.members} members, or their names are too long"


def tar_sizes_agree(stated: bytes, size: int) -> Iterator[str]:
    """The size in a PAX header is that of the ustar header, unless that has no room for it."""
    text = stated.decode("latin-1")
    if not (text.isdecimal() and text.isascii() and len(text) < 20):
        yield f"A PAX header has the size {shown(text)}"
    elif int(text) != size and not (int(text) > LARGEST_OCTAL and size in {0, LARGEST_OCTAL}):
        yield f"A PAX header has the size {text}, the member's own header {size}"


GATES = (
    tar_blocks_have_their_checksum,
    tar_is_of_a_known_kind,
    tar_numbers_are_numbers,
    tar_names_are_in_one_place,
    tar_only_files_have_contents,
    tar_old_files_have_no_names_of_folders,
    tar_contents_are_whole,
    tar_ends_in_zeros,
    tar_extensions_belong_to_a_member,
    tar_extensions_are_of_one_kind,
    tar_extensions_are_small,
    tar_long_names_are_plain,
    tar_names_are_within_the_limit,
    tar_sizes_agree,
)
"""Without any of these the file cannot be read further."""
