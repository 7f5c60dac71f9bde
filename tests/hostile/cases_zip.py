"""ZIP files that two readers would read differently, or that hide something."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.hostile.case import Case, bad_wheel
from tests.hostile.raw_zip import (
    Member,
    deflated,
    demo,
    end_record,
    raw_zip,
    with_extra,
    with_first,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = Member(b"demo/evil.py", b"import os\n")
FIRST = demo()[0]
AGREE, FOLLOW = "zip-headers-agree", "zip-records-follow-each-other"
REACH = "zip-records-reach-the-directory"


def cases() -> Iterator[Case]:
    yield from hidden_records()
    yield from structure()
    yield from ends()
    yield from zip64()
    yield from headers()
    yield from flags()
    yield from extras()
    yield from kinds()
    yield from streams()


def hidden_records() -> Iterator[Case]:
    yield bad_wheel(
        "a local record that the directory keeps quiet about, at the end",
        REACH,
        raw_zip(with_extra(replace(EVIL, has_central=False))),
    )
    hidden = [replace(EVIL, has_central=False), *demo()]
    yield bad_wheel("a local record not in the directory, at the front", FOLLOW, raw_zip(hidden))
    hidden = [*demo()[:1], replace(EVIL, has_central=False), *demo()[1:]]
    yield bad_wheel("a local record not in the directory, in between", FOLLOW, raw_zip(hidden))
    yield bad_wheel(
        "an entry without a local record",
        "zip-entries-have-local-headers",
        raw_zip(with_extra(replace(EVIL, has_local=False))),
    )
    yield bad_wheel("the same member twice", "member-names-are-unique", raw_zip([*demo(), FIRST]))
    yield bad_wheel(
        "a member twice in the local records, once in the directory",
        FOLLOW,
        raw_zip([replace(FIRST, content=b"evil", has_central=False), *demo()]),
    )
    overlap = [*demo(), replace(EVIL, has_local=False, central={"offset": 0})]
    yield bad_wheel("two entries for one local record", FOLLOW, raw_zip(overlap))
    inner = raw_zip([EVIL])
    nested = [replace(FIRST, content=inner, name=b"demo/inner.zip"), *demo()[1:]]
    offset = 30 + len(b"demo/inner.zip")
    nested.append(replace(EVIL, has_local=False, central={"offset": offset}))
    yield bad_wheel("an entry that points into another member", FOLLOW, raw_zip(nested))


def structure() -> Iterator[Case]:
    whole = raw_zip(demo())
    end, place = "zip-ends-in-an-end-record", "zip-directory-is-where-its-end-says"
    yield bad_wheel("two archives, one after the other", place, whole + whole)
    yield bad_wheel("bytes after the end record", end, whole + b"\0")
    yield bad_wheel("a prefix that the offsets know", FOLLOW, raw_zip(demo(), prefix=b"#!/bin/sh"))
    yield bad_wheel("a prefix that the offsets ignore", place, b"#!/bin/sh\n" + whole)
    gap = with_first(before=b"gap")
    yield bad_wheel("bytes before the first record", FOLLOW, raw_zip(gap))
    yield bad_wheel("bytes before the directory", REACH, raw_zip(demo(), gap=b"gap"))
    yield bad_wheel("bytes between two records", FOLLOW, raw_zip(with_first(after=b"gap")))
    block = bytes(257 - 30 - len(FIRST.name)) + b"ustar\0" + b"00" + bytes(500)
    tarry = raw_zip(with_first(content=block))
    yield bad_wheel("a ZIP that is also a tar", "zip-is-not-a-tar", tarry)
    yield bad_wheel("cut off in the middle", end, whole[: len(whole) // 2])
    yield bad_wheel("one byte short", end, whole[:-1])
    yield bad_wheel("an HTML page", end, b"<!DOCTYPE html><title>404</title>")
    yield bad_wheel("an ELF executable", end, b"\x7fELF" + bytes(500))
    yield bad_wheel("zeros", end, bytes(1000))
    yield bad_wheel("an end record alone", "wheel-has-its-dist-info", end_record(0, 0, 0))


def ends() -> Iterator[Case]:
    disk, place = "zip-is-on-one-disk", "zip-directory-is-where-its-end-says"
    end = "zip-ends-in-an-end-record"
    for title, code, lies in (
        ("an archive comment", end, {"comment": b"hello"}),
        (
            "a second end record in the comment",
            end,
            {"comment": b"x" * 9 + end_record(0, 0, 0)[:-1]},
        ),
        ("an end record in the comment", place, {"comment": end_record(0, 0, 0)}),
        ("a disk number", disk, {"disk": 1}),
        ("a directory on another disk", disk, {"start": 1}),
        ("fewer entries on this disk", disk, {"here": 1}),
        ("one entry too many", "zip-has-as-many-members-as-it-says", {"here": 5, "entries": 5}),
        ("one entry too few", "zip-has-as-many-members-as-it-says", {"here": 3, "entries": 3}),
        ("a directory offset of one less", place, {"offset": len(raw_zip(demo())) // 2}),
        ("a directory size of zero", place, {"size": 0}),
        ("more members than are taken", "zip-directory-is-within-the-limit", {}),
    ):
        if lies:
            yield bad_wheel(f"end record: {title}", code, raw_zip(demo(), end=lies))
    whole = bytearray(raw_zip(demo()))
    whole[-2:] = struct.pack("<H", 3)
    yield bad_wheel("end record: a comment that is not there", "zip-has-no-comment", bytes(whole))
    broken = bytearray(raw_zip(demo()))
    at = broken.rindex(b"PK\1\2")
    broken[at : at + 4] = b"PK\1\3"
    yield bad_wheel("directory: no entry", "zip-directory-holds-entries-only", bytes(broken))
    long_name = with_extra(replace(EVIL, central={"comment": b"x" * 10}))
    cut = bytearray(raw_zip(long_name))
    at = cut.rindex(b"PK\1\2") + 32
    cut[at : at + 2] = struct.pack("<H", 11)
    yield bad_wheel("directory: cut off", "zip-directory-holds-whole-entries", bytes(cut))


def zip64() -> Iterator[Case]:
    place, consistent = "zip64-end-is-in-its-place", "zip64-end-is-consistent"
    for title, code, lies in (
        ("a locator that points elsewhere", place, {"at": 0}),
        ("a locator that points past the end", place, {"at": 2**40}),
        ("a locator of two disks", place, {"disks": 2}),
        ("extensible data", place, {"extra": b"data", "length": 48}),
        ("bytes before the locator", place, {"between": b"data"}),
        ("a length with extensible data that is not there", consistent, {"length": 48}),
        ("a disk number", consistent, {"disk": 1}),
        ("a directory on another disk", consistent, {"start": 1}),
        ("another number of entries", consistent, {"here": 3, "entries": 3}),
        ("another number of entries here", consistent, {"here": 3}),
        ("another size", consistent, {"size": 1}),
        ("another offset", consistent, {"offset": 1}),
    ):
        yield bad_wheel(f"ZIP64 end: {title}", code, raw_zip(demo(), end64=lies))
    full = {"here": 0xFFFF, "entries": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    many = {"here": 10**9, "entries": 10**9}
    yield bad_wheel(
        "ZIP64 end: a billion members",
        "zip-directory-is-within-the-limit",
        raw_zip(demo(), end=full, end64=many),
    )
    yield bad_wheel(
        "end record: all ones without ZIP64",
        "zip-directory-is-where-its-end-says",
        raw_zip(demo(), end=full),
    )


def headers() -> Iterator[Case]:
    for field, lie in (
        ("name", b"demo/__init__.pz"),
        ("name", b"../../../evil.py"),
        ("flags", 2),
        ("method", 8),
        ("crc", 1),
        ("packed", 1),
        ("size", 1),
        ("size", 0),
    ):
        title = f"the local header has another {field} ({lie!r})"
        yield bad_wheel(title, AGREE, raw_zip(with_first(local={field: lie})))
    yield bad_wheel(
        "the directory has a smaller size",
        FOLLOW,
        raw_zip(with_first(central={"packed": 1, "size": 1})),
    )
    huge = replace(FIRST, local={"packed": 2**32 - 2}, central={"packed": 2**32 - 2})
    yield bad_wheel("a size beyond the file", FOLLOW, raw_zip([huge, *demo()[1:]]))
    yield bad_wheel(
        "a comment on a member",
        "zip-members-have-no-comments",
        raw_zip(with_first(central={"comment": b"PK\5\6"})),
    )
    yield bad_wheel(
        "a member on another disk",
        "zip-members-are-on-the-first-disk",
        raw_zip(with_first(central={"disk": 1})),
    )


def flags() -> Iterator[Case]:
    flagged = FIRST.both(flags=0x8, crc=0, packed=0, size=0)
    crc = struct.pack("<4s3L", b"PK\7\x08", FIRST.fields["crc"], 0, 0)
    yield bad_wheel(
        "a data descriptor",
        "zip-members-have-no-data-descriptors",
        raw_zip([replace(flagged, after=crc, central={"flags": 8}), *demo()[1:]]),
    )
    yield bad_wheel(
        "a data descriptor in the local header only",
        "zip-members-have-no-data-descriptors",
        raw_zip(with_first(local={"flags": 8})),
    )
    for title, bits in (("encrypted", 1), ("strongly encrypted", 0x41), ("masked", 0x2000)):
        content = raw_zip([FIRST.both(flags=bits), *demo()[1:]])
        yield bad_wheel(f"a member that is {title}", "zip-members-are-not-encrypted", content)
    yield bad_wheel(
        "encrypted in the local header only",
        "zip-members-are-not-encrypted",
        raw_zip(with_first(local={"flags": 1})),
    )
    for flag in (0x10, 0x20, 0x80, 0x4000, 0x8000):
        content = raw_zip([FIRST.both(flags=flag), *demo()[1:]])
        yield bad_wheel(f"the reserved flag {flag:#x}", "zip-flags-are-known", content)


def extras() -> Iterator[Case]:
    harmless, wide = "zip-extras-are-harmless", "zip64-extras-have-the-numbers-they-replace"
    unicode_path = struct.pack("<2HBL", 0x7075, 5 + 7, 1, 0) + b"evil.py"
    time = struct.pack("<2HBL", 0x5455, 5, 1, 0)
    for title, code, extra in (
        ("a Unicode path, which is a second name", harmless, unicode_path),
        ("a Unicode comment", harmless, struct.pack("<2H", 0x6375, 0)),
        ("AES encryption", harmless, struct.pack("<2H7x", 0x9901, 7)),
        ("the same twice", harmless, time + time),
        ("longer than the rest", harmless, struct.pack("<2H", 0x5455, 99)),
        ("three bytes", harmless, b"abc"),
        ("ZIP64 numbers that nothing asks for", wide, struct.pack("<2H2Q", 1, 16, 7, 7)),
        ("half a ZIP64 number", wide, struct.pack("<2HL", 1, 4, 7)),
        ("two ZIP64 fields", harmless, struct.pack("<2HQ", 1, 8, 7) * 2),
    ):
        content = raw_zip([FIRST.both(extra=extra), *demo()[1:]])
        yield bad_wheel(f"extra field: {title}", code, content)
        content = raw_zip(with_first(local={"extra": extra}))
        yield bad_wheel(f"extra field in the local header only: {title}", code, content)
    size = len(FIRST.content)
    lying = struct.pack("<2H2Q", 1, 16, size + 1, size)
    full = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": lying}
    yield bad_wheel("a local ZIP64 size of its own", AGREE, raw_zip(with_first(local=full)))
    yield bad_wheel(
        "a size of all ones without ZIP64", wide, raw_zip(with_first(local={"size": 0xFFFFFFFF}))
    )
    short = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": struct.pack("<2HQ", 1, 8, size)}
    yield bad_wheel("one ZIP64 number for two", wide, raw_zip(with_first(local=short)))


def kinds() -> Iterator[Case]:
    plain, readable = "zip-members-are-plain-files", "zip-members-are-readable-by-all"
    for title, mode in (
        ("a symbolic link", 0o120777),
        ("a character device", 0o20644),
        ("a block device", 0o60644),
        ("a pipe", 0o10644),
        ("a socket", 0o140644),
        ("a folder without a slash", 0o40755),
    ):
        content = raw_zip(with_first(central={"mode": mode}))
        yield bad_wheel(f"a member marked as {title}", plain, content)
    folder = Member(b"demo/data/", b"contents").both()
    yield bad_wheel("a folder with contents", plain, raw_zip(with_extra(folder)))
    marked = Member(b"demo/data/", central={"mode": 0o100644})
    yield bad_wheel("a folder marked as a file", plain, raw_zip(with_extra(marked)))
    for method in (1, 6, 9, 12, 14, 93, 95, 99):
        content = raw_zip([FIRST.both(method=method), *demo()[1:]])
        yield bad_wheel(f"compression method {method}", readable, content)
    content = raw_zip([FIRST.both(version=63), *demo()[1:]])
    yield bad_wheel("a format of version 6.3", readable, content)


def streams() -> Iterator[Case]:
    stream, declared = "zip-contents-are-one-stream", "zip-contents-are-as-declared"
    text = FIRST.content
    packed = deflated(text)
    for title, code, data in (
        ("cut off", stream, packed[:-3]),
        ("with bytes after it", stream, packed + b"hidden"),
        ("followed by a second one", stream, packed + packed),
        ("that is none", stream, b"\xff" * 20),
        ("that is empty", stream, b""),
        ("of other contents", declared, deflated(text[::-1])),
        ("that is longer than declared", declared, deflated(text + b"evil")),
        ("that is shorter than declared", declared, deflated(text[:-1])),
    ):
        members = with_first(method=8, packed=data)
        yield bad_wheel(f"a compressed stream {title}", code, raw_zip(members))
    wrong = replace(FIRST, packed=text[::-1])
    yield bad_wheel("stored bytes without their CRC", declared, raw_zip([wrong, *demo()[1:]]))
    sizes = FIRST.both(size=5)
    yield bad_wheel(
        "stored bytes with two sizes", "zip-stored-sizes-are-equal", raw_zip([sizes, *demo()[1:]])
    )
    latin = replace(FIRST, name="demo/é.py".encode("latin-1"))
    say = "zip-names-say-their-encoding"
    yield bad_wheel("a name in Latin-1", say, raw_zip([latin.both(flags=0), *demo()[1:]]))
    yield bad_wheel("a name in Latin-1 flagged as UTF-8", say, raw_zip([latin, *demo()[1:]]))
    unflagged = replace(FIRST, name="demo/é.py".encode()).both(flags=0)
    yield bad_wheel("a name in UTF-8 without its flag", say, raw_zip([unflagged, *demo()[1:]]))
