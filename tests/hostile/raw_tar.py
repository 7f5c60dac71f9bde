"""Tar files with any lie in any header, written block by block."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass, field
from typing import Any

from tests import factories

BLOCK = 512
PAX_MAGIC, GNU_MAGIC = b"ustar\00000", b"ustar  \0"
END = bytes(2 * BLOCK)


@dataclass(frozen=True)
class Member:
    """One member, with what comes before it."""

    name: bytes
    content: bytes = b""
    type: bytes = b"0"
    link: bytes = b""
    magic: bytes = PAX_MAGIC
    prefix: bytes = b""
    size: int | bytes | None = None
    """What the header says of the size; bytes are taken as they are."""
    pax: dict[bytes, bytes] = field(default_factory=dict)
    """Records of a PAX header in front of the member."""
    before: bytes = b""
    """Whole blocks in front of it all."""
    checksum: bytes | None = None


def header(member: Member) -> bytes:
    """Return the header block of *member*."""
    size = len(member.content) if member.size is None else member.size
    spelled = size if isinstance(size, bytes) else b"%011o\0" % size
    block = b"".join(
        (
            member.name[:100].ljust(100, b"\0"),
            b"0000644\0" + b"0000000\0" * 2,
            spelled,
            b"00000000000\0",
            b" " * 8,
            member.type,
            member.link[:100].ljust(100, b"\0"),
            member.magic,
            bytes(32 + 32 + 8 + 8),
            member.prefix.ljust(155, b"\0"),
            bytes(12),
        )
    )
    checksum = member.checksum or b"%06o\0 " % sum(block)
    return block[:148] + checksum + block[156:]


def with_checksum(block: bytes) -> bytes:
    """Return a changed header block, and what follows it, with its checksum put right."""
    blank = block[:148] + b" " * 8 + block[156:]
    return blank[:148] + b"%06o\0 " % sum(blank[:BLOCK]) + blank[156:]


def blocks(member: Member) -> bytes:
    """Return *member* with its PAX header and its padded contents."""
    pax = special(b"x", pax_records(member.pax)) if member.pax else b""
    return member.before + pax + header(member) + padded(member.content)


def special(kind: bytes, content: bytes, **lies: Any) -> bytes:
    """Return a member that describes the next: PAX (x), global (g), long name (L), link (K)."""
    name = b"././@LongLink" if kind in b"LK" else b"PaxHeader"
    magic = GNU_MAGIC if kind in b"LK" else PAX_MAGIC
    return header(Member(name, content, type=kind, magic=magic, **lies)) + padded(content)


def pax_records(records: dict[bytes, bytes]) -> bytes:
    """Return PAX records, each with its own length in front."""
    return b"".join(pax_record(key + b"=" + value) for key, value in records.items())


def pax_record(text: bytes) -> bytes:
    """Return one record with the length that includes itself."""
    length = len(text) + 3
    while len(b"%d %s\n" % (length, text)) != length:
        length += 1
    return b"%d %s\n" % (length, text)


def padded(content: bytes) -> bytes:
    """Return *content* up to the next block."""
    return content + bytes(-len(content) % BLOCK)


def raw_tar(members: list[Member], end: bytes = END) -> bytes:
    """Return a tar of *members*."""
    return b"".join(blocks(member) for member in members) + end


def raw_sdist(members: list[Member], end: bytes = END) -> bytes:
    """Return a gzipped tar of *members*."""
    return gzip.compress(raw_tar(members, end), mtime=0)


def demo(**arguments: Any) -> list[Member]:
    """Return the members of an honest sdist; the first is PKG-INFO."""
    _, content = factories.sdist(**arguments)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return [Member(entry.name.encode(), read(archive, entry)) for entry in archive]


def read(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    """Return the contents of a file."""
    file = archive.extractfile(entry)
    return file.read() if file else b""
