"""The members of a tar, read strictly and without `tarfile`.

There are many kinds of tar, and where they mix, two readers see two trees: a size in a PAX record
that the header contradicts, a long name of GNU beside one of PAX. Here is one reading of the three
kinds that build backends write (ustar, PAX, GNU); what is ambiguous raises `Unreadable`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.distribution.archive import tar_gates as gates
from idlewheel.distribution.archive.tar_pax import pax_records
from idlewheel.distribution.rules import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.archive.gzip_stream import Inflated
    from idlewheel.distribution.policy import Policy

BLOCK = 512


class Block(NamedTuple):
    """A header block, understood."""

    name: bytes
    size: int
    type: bytes
    link: bytes


class Member(NamedTuple):
    """A member with its final name."""

    name: str
    """What is not UTF-8 comes as lone surrogates; a folder ends in a slash."""
    type: bytes
    size: int
    link: str


@dataclass(slots=True)
class Extensions:
    """What special members say about the next ordinary one."""

    pax: dict[str, bytes] = field(default_factory=dict)
    kinds: list[bytes] = field(default_factory=list)
    name: bytes | None = None
    link: bytes | None = None


def members(stream: Inflated, policy: Policy) -> Iterator[Member]:
    """Yield every member; between two of them the caller may read up to `size` bytes.

    What the caller leaves is skipped. Raises `Unreadable`, at the end also for what follows it.
    """
    extensions = Extensions()
    count = names = 0
    while (block := stream.read(BLOCK)).strip(b"\0"):
        header = read_block(block)
        if header.type in gates.EXTENSIONS:
            read_extension(stream, header, extensions, policy)
            continue
        require(gates.tar_extensions_are_of_one_kind, extensions.kinds)
        member = member_of(header, extensions)
        count, names = count + 1, names + len(member.name) + len(member.link)
        require(gates.tar_names_are_within_the_limit, count, names, policy)
        extensions = Extensions()
        reading = Reading(stream, member.size)
        yield member
        reading.finish()
    require(gates.tar_extensions_belong_to_a_member, extensions.kinds)
    require(gates.tar_ends_in_zeros, block, stream)


class Reading:
    """Keeps count of what is read of one member; only `finish` is for `members`."""

    def __init__(self, stream: Inflated, size: int) -> None:
        """Begin where the contents begin."""
        self._stream = stream
        self._end = stream.position + size + -size % BLOCK

    def finish(self) -> None:
        """Pass over what is left, and the padding."""
        left = self._end - self._stream.position
        require(gates.tar_contents_are_whole, left, self._stream.skip(left))


def read_block(block: bytes) -> Block:
    """Return what a header block says."""
    require(gates.tar_blocks_have_their_checksum, block)
    require(gates.tar_is_of_a_known_kind, block)
    require(gates.tar_numbers_are_numbers, block)
    require(gates.tar_names_are_in_one_place, block)
    name, prefix = gates.text(block[:100]), gates.text(block[gates.PREFIX])
    if prefix:
        name = prefix + b"/" + name
    return Block(name, number(block[124:136]), block[156:157], gates.text(block[157:257]))


def read_extension(stream: Inflated, header: Block, extensions: Extensions, policy: Policy) -> None:
    """Put what a PAX header or a long name of GNU says into *extensions*."""
    require(gates.tar_extensions_are_small, header.size, policy)
    content = stream.read(header.size)
    require(gates.tar_contents_are_whole, header.size, len(content))
    stream.skip(-header.size % BLOCK)
    if header.type == gates.GLOBAL:
        pax_records(content, is_global=True)
        return
    extensions.kinds.append(header.type)
    if header.type == gates.PAX:
        extensions.pax = pax_records(content)
        return
    require(gates.tar_long_names_are_plain, content)
    if header.type == gates.LONG_NAME:
        extensions.name = gates.text(content)
    else:
        extensions.link = gates.text(content)


def member_of(header: Block, extensions: Extensions) -> Member:
    """Return the member that *header* and its *extensions* describe together."""
    name = extensions.pax.get("path") or extensions.name or header.name
    link = extensions.pax.get("linkpath") or extensions.link or header.link
    size = header.size
    if (stated := extensions.pax.get("size")) is not None:
        require(gates.tar_sizes_agree, stated, header.size)
        size = int(stated)
    spelled = name.decode("utf-8", "surrogateescape")
    if header.type == b"5" and not spelled.endswith("/"):
        spelled += "/"
    require(gates.tar_only_files_have_contents, spelled, header.type, size)
    require(gates.tar_old_files_have_no_names_of_folders, header.name, header.type)
    return Member(spelled, header.type, size, link.decode("utf-8", "surrogateescape"))


def number(value: bytes) -> int:
    """Return a numeric field: octal digits, or GNU's base 256."""
    if value[0] == gates.BINARY:
        return int.from_bytes(value[1:], "big")
    return int(value.strip(b" \0") or b"0", 8)
