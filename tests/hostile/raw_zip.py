"""ZIP files with any lie in any field, written byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from tests import factories

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")


@dataclass(frozen=True)
class Member:
    """One member. *local* and *central* replace what the two headers say of it."""

    name: bytes
    content: bytes = b""
    method: int = 0
    packed: bytes | None = None
    """The bytes in the archive; by default what *method* makes of the content."""
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    before: bytes = b""
    """Bytes in front of the local header."""
    after: bytes = b""
    """Bytes behind the contents, such as a data descriptor."""
    has_local: bool = True
    has_central: bool = True

    def both(self, **lies: Any) -> Member:
        """Return the member with the same lies in both headers."""
        return replace(self, local={**self.local, **lies}, central={**self.central, **lies})

    @property
    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.content) if self.method == 8 else self.content

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "version": 20,
            "flags": 0 if self.name.isascii() else 0x800,
            "method": self.method,
            "time": 0,
            "date": 0x21,
            "crc": zlib.crc32(self.content),
            "packed": len(self.data),
            "size": len(self.content),
            "name": self.name,
            "extra": b"",
            "made": 0x314,
            "comment": b"",
            "disk": 0,
            "internal": 0,
            "mode": 0o100644,
            "offset": None,
        }


def deflated(content: bytes) -> bytes:
    """Return a raw DEFLATE stream of *content*."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(content) + stream.flush()


def local_header(member: Member) -> bytes:
    at = {**member.fields, **member.local}
    numbers = [at[key] for key in ("version", "flags", "method", "time", "date")]
    sizes = [at[key] for key in ("crc", "packed", "size")]
    lengths = [len(at["name"]), len(at["extra"])]
    fixed = LOCAL.pack(b"PK\3\4", *numbers, *sizes, *lengths)
    return b"".join((fixed, at["name"], at["extra"]))


def central_header(member: Member, offset: int) -> bytes:
    at = {**member.fields, "offset": offset, **member.central}
    numbers = [at[key] for key in ("made", "version", "flags", "method", "time", "date")]
    sizes = [at[key] for key in ("crc", "packed", "size")]
    lengths = [len(at["name"]), len(at["extra"]), len(at["comment"])]
    rest = [at["disk"], at["internal"], at["mode"] << 16, at["offset"]]
    fixed = CENTRAL.pack(b"PK\1\2", *numbers, *sizes, *lengths, *rest)
    return b"".join((fixed, at["name"], at["extra"], at["comment"]))


def end_record(entries: int, size: int, offset: int, lies: dict[str, Any] | None = None) -> bytes:
    at: dict[str, Any] = {"disk": 0, "start": 0, "here": entries, "entries": entries, "size": size}
    at |= {"offset": offset, "comment": b"", **(lies or {})}
    keys = ("disk", "start", "here", "entries", "size", "offset")
    comment: bytes = at["comment"]
    return END.pack(b"PK\5\6", *(at[key] for key in keys), len(comment)) + comment


def raw_zip(
    members: list[Member],
    *,
    prefix: bytes = b"",
    shift: int | None = None,
    gap: bytes = b"",
    end: dict[str, Any] | None = None,
    end64: dict[str, Any] | None = None,
    order: list[int] | None = None,
) -> bytes:
    """Return a ZIP of *members*.

    *prefix* comes first, and offsets count it unless *shift* says how much to add; *gap* comes
    before the central directory; *order* is that of the central directory; *end* and *end64*
    replace what the end records say (with *end64* there is a ZIP64 one).
    """
    body = prefix
    offsets = []
    for member in members:
        body += member.before
        offsets.append(len(body) - len(prefix) + (len(prefix) if shift is None else shift))
        body += (local_header(member) + member.data + member.after) if member.has_local else b""
    body += gap
    ordered = [(members[i], offsets[i]) for i in order or range(len(members))]
    entries = [central_header(member, at) for member, at in ordered if member.has_central]
    directory = b"".join(entries)
    start = len(body) - len(prefix) + (len(prefix) if shift is None else shift)
    whole = body + directory
    if end64 is not None:
        whole += zip64_end(len(entries), len(directory), start, len(whole), end64)
    return whole + end_record(len(entries), len(directory), start, end)


def zip64_end(entries: int, size: int, offset: int, at: int, lies: dict[str, Any]) -> bytes:
    """Return a ZIP64 end record and its locator."""
    said: dict[str, Any] = {
        "length": 44,
        "made": 45,
        "version": 45,
        "disk": 0,
        "start": 0,
        "here": entries,
    }
    said |= {"entries": entries, "size": size, "offset": offset, "extra": b"", "between": b""}
    said |= {"at": at, "disks": 1, **lies}
    keys = ("length", "made", "version", "disk", "start", "here", "entries", "size", "offset")
    record = END64.pack(b"PK\6\6", *(said[key] for key in keys))
    locator = LOCATOR.pack(b"PK\6\7", 0, said["at"], said["disks"])
    return b"".join((record, said["extra"], said["between"], locator))


def members_of(file: tuple[str, bytes]) -> list[Member]:
    """Return the members of a distribution made by the factories."""
    with zipfile.ZipFile(io.BytesIO(file[1])) as archive:
        return [Member(entry.filename.encode(), archive.read(entry)) for entry in archive.filelist]


def demo(**arguments: Any) -> list[Member]:
    """Return the members of an honest wheel; the first is ``demo/__init__.py``."""
    return members_of(factories.wheel(**arguments))


def with_first(**changes: Any) -> list[Member]:
    """Return the members of an honest wheel with the first one changed."""
    first, *rest = demo()
    return [replace(first, **changes), *rest]


def with_extra(*members: Member) -> list[Member]:
    """Return the members of an honest wheel and some that RECORD does not know."""
    return [*demo(), *members]
