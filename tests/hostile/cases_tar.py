"""Sdists that two readers would read differently, that lead outside, or that are none."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tests import factories
from tests.hostile.case import Case, bad_sdist
from tests.hostile.raw_tar import (
    END,
    GNU_MAGIC,
    Member,
    blocks,
    demo,
    pax_record,
    raw_sdist,
    raw_tar,
    special,
    with_checksum,
)
from tests.hostile.raw_zip import end_record

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = b"demo-1.0/"
EVIL = Member(ROOT + b"evil.py", b"import os\n")
NAME = b"demo-1.0/demo/long.py"


def cases() -> Iterator[Case]:
    yield from types()
    yield from pax()
    yield from pax_headers()
    yield from gnu()
    yield from blocks_and_ends()
    yield from streams()
    yield from shapes()


def added(*members: Member) -> bytes:
    """Return an honest sdist with *members* added."""
    return raw_sdist([*demo(), *members])


def types() -> Iterator[Case]:
    plain, contents = "tar-members-are-plain", "tar-only-files-have-contents"
    for title, kind in (("a character device", b"3"), ("a block device", b"4"), ("a pipe", b"6")):
        yield bad_sdist(title, plain, added(Member(ROOT + b"dev", type=kind)))
    for title, kind in (
        ("a contiguous file", b"7"),
        ("an old sparse file of GNU", b"S"),
        ("a folder dump of GNU", b"D"),
        ("a multi-volume part", b"M"),
        ("a volume label", b"V"),
        ("a member of unknown type", b"!"),
    ):
        yield bad_sdist(title, contents, added(Member(ROOT + b"x", type=kind)))
    for title, kind in (("a folder", b"5"), ("a symbolic link", b"2"), ("a hard link", b"1")):
        member = Member(ROOT + b"x", b"contents", type=kind, link=b"PKG-INFO")
        yield bad_sdist(f"{title} with contents", contents, added(member))
    yield bad_sdist("a file named as a folder", contents, added(Member(ROOT + b"x/", b"contents")))
    for title, kind in (("a symbolic", b"2"), ("a hard", b"1")):
        member = Member(ROOT + b"x/", type=kind, link=ROOT + b"PKG-INFO")
        yield bad_sdist(f"{title} link named as a folder", contents, added(member))
    there = Member(ROOT + b"x/", type=b"2", link=b".")
    hidden = Member(ROOT + b"x/PKG-INFO", b"Name: evil\n")
    title = "PKG-INFO again, behind a link named as a folder"
    yield bad_sdist(title, contents, added(there, hidden))
    slash = Member(ROOT + b"x/", b"contents", type=b"\0")
    yield bad_sdist("an old file named as a folder", contents, added(slash))


def pax() -> Iterator[Case]:
    known, agree = "pax-records-are-known", "tar-sizes-agree"
    for title, code, records in (
        ("a size that is smaller", agree, {b"size": b"1"}),
        ("a size that is larger", agree, {b"size": b"512"}),
        ("a size that is negative", agree, {b"size": b"-1"}),
        ("a size that is no number", agree, {b"size": b"ten"}),
        ("a size of a hundred digits", agree, {b"size": b"1" * 100}),
        ("a sparse file, version 0.1", known, {b"GNU.sparse.map": b"0,1"}),
        ("a sparse file, version 1.0", known, {b"GNU.sparse.major": b"1"}),
        ("a name for a sparse file", known, {b"GNU.sparse.name": b"evil"}),
        ("another encoding", known, {b"hdrcharset": b"BINARY"}),
        ("a time without end", "pax-times-are-times", {b"mtime": b"inf"}),
        ("a time that is no number", "pax-times-are-times", {b"mtime": b"nan"}),
        ("a time of a hundred digits", "pax-times-are-times", {b"mtime": b"1" * 100}),
        ("an unknown key", known, {b"evil": b"1"}),
        ("another type by star", known, {b"SCHILY.filetype": b"directory"}),
        ("another size by star", known, {b"SCHILY.realsize": b"9999"}),
        ("NUL in a path", "pax-names-are-plain", {b"path": NAME + b"\0.txt"}),
        ("an empty path", "pax-names-are-plain", {b"path": b""}),
        ("a path that is not UTF-8", "pax-names-are-plain", {b"path": NAME + b"\xff"}),
        ("NUL in the target of a link", "pax-names-are-plain", {b"linkpath": b"a\0b"}),
    ):
        yield bad_sdist(f"PAX: {title}", code, added(replace(EVIL, pax=records)))
    for key in (b"path", b"linkpath", b"size", b"GNU.sparse.name"):
        extended = replace(EVIL, before=special(b"g", pax_record(key + b"=1")))
        yield bad_sdist(f"PAX: a global {key.decode()}", known, added(extended))


def pax_headers() -> Iterator[Case]:
    for title, code, content in (
        ("the same key twice", "pax-records-come-once", pax_record(b"path=a") * 2),
        ("a length that is too long", "pax-records-are-well-formed", b"99 path=a\n"),
        ("a length that is too short", "pax-records-are-well-formed", b"9 path=abcdef\n"),
        ("a length of zero", "pax-records-are-well-formed", b"0 path=a\n"),
        ("no length", "pax-records-are-well-formed", b"path=a\n"),
        ("a length of many digits", "pax-records-are-well-formed", b"1" * 5000 + b" a=b\n"),
        ("no equals sign", "pax-records-are-well-formed", b"8 path\n\n"[:7] + b"\n"),
        ("no key", "pax-records-are-well-formed", b"6 =ab\n"),
    ):
        extended = replace(EVIL, before=special(b"x", content))
        yield bad_sdist(f"PAX: {title}", code, added(extended))
    twice = replace(EVIL, before=special(b"x", pax_record(b"path=" + NAME)), pax={b"path": NAME})
    kinds = "tar-extensions-are-of-one-kind"
    yield bad_sdist("PAX: two headers for one member", kinds, added(twice))
    old = Member(ROOT + b"evil.py/", b"", type=b"\0", pax={b"path": NAME})
    yield bad_sdist(
        "a file of the oldest type that ends like a folder, under another name",
        "tar-old-files-have-no-names-of-folders",
        added(old),
    )
    mixed = replace(EVIL, before=special(b"L", NAME + b"\0"), pax={b"path": NAME + b"2"})
    yield bad_sdist("PAX beside a long name of GNU", kinds, added(mixed))
    dangling = raw_sdist(demo(), special(b"x", pax_record(b"path=" + NAME)) + END)
    belongs = "tar-extensions-belong-to-a-member"
    yield bad_sdist("PAX: a header for nobody", belongs, dangling)


def gnu() -> Iterator[Case]:
    plain, belongs = "tar-long-names-are-plain", "tar-extensions-belong-to-a-member"
    for title, code, content in (
        ("NUL in the middle", plain, NAME + b"\0evil\0"),
        ("nothing in it", plain, b"\0"),
    ):
        long_name = replace(EVIL, before=special(b"L", content))
        yield bad_sdist(f"a long name with {title}", code, added(long_name))
    twice = special(b"L", NAME + b"\0") * 2
    kinds = "tar-extensions-are-of-one-kind"
    yield bad_sdist("two long names", kinds, added(replace(EVIL, before=twice)))
    yield bad_sdist("a long name for nobody", belongs, raw_sdist(demo(), twice[:1024] + END))
    negative = Member(ROOT + b"x", magic=GNU_MAGIC, size=b"\xff" * 12)
    yield bad_sdist("a negative size", "tar-numbers-are-numbers", added(negative))
    letters = Member(ROOT + b"x", size=b"0000000000x\0")
    yield bad_sdist("a size with a letter", "tar-numbers-are-numbers", added(letters))
    numbers = "tar-numbers-are-numbers"
    for title, at in (("mode", 100), ("user", 108), ("group", 116), ("time", 136), ("device", 329)):
        member = raw_tar([Member(ROOT + b"x", b"y")], b"")
        lying = with_checksum(member[:at] + b"x9" + member[at + 2 :])
        yield bad_sdist(f"a {title} that is no number", numbers, raw_sdist(demo(), lying + END))
    far = raw_tar([Member(ROOT + b"x", magic=GNU_MAGIC)], b"")
    for title, number in (("after", b"\x80" + b"\xff" * 11), ("before", b"\xff" + bytes(11))):
        member = with_checksum(far[:136] + number + far[148:])
        yield bad_sdist(f"a time {title} all clocks", numbers, raw_sdist(demo(), member + END))
    minus = with_checksum(raw_tar([Member(ROOT + b"x")], b"").replace(b"0" * 11, b"-" + b"0" * 10))
    yield bad_sdist("a number with a sign", numbers, raw_sdist(demo(), minus + END))
    before = Member(ROOT + b"x", b"y", magic=GNU_MAGIC, prefix=b"evil")
    yield bad_sdist("a prefix beside GNU", "tar-names-are-in-one-place", added(before))
    huge = Member(ROOT + b"x", magic=GNU_MAGIC, size=b"\x80" + bytes(6) + b"\xff" * 5)
    yield bad_sdist("a size of a terabyte", "tar-contents-are-whole", added(huge))


def blocks_and_ends() -> Iterator[Case]:
    checksum, zeros = "tar-blocks-have-their-checksum", "tar-ends-in-zeros"
    wrong = replace(EVIL, checksum=b"000000\0 ")
    yield bad_sdist("a wrong checksum", checksum, added(wrong))
    yield bad_sdist("a checksum of letters", checksum, added(replace(EVIL, checksum=b"evil\0   ")))
    kind = "tar-is-of-a-known-kind"
    yield bad_sdist("a tar of 1979", kind, added(replace(EVIL, magic=bytes(8))))
    yield bad_sdist("another magic", kind, added(replace(EVIL, magic=b"evil\0" + b"000")))
    yield bad_sdist("no end", zeros, raw_sdist(demo(), b""))
    yield bad_sdist("half an end", zeros, raw_sdist(demo(), bytes(512)))
    yield bad_sdist("a member after the end", zeros, raw_sdist(demo(), END + blocks(EVIL) + END))
    one_zero = raw_sdist(demo(), bytes(512) + blocks(EVIL) + END)
    yield bad_sdist("a member after one block of zeros", zeros, one_zero)
    yield bad_sdist("a byte after the end", zeros, raw_sdist(demo(), END + bytes(600) + b"x"))
    whole = raw_tar(demo())
    yield bad_sdist("cut off in a header", checksum, gzip.compress(whole[: 512 * 2 + 100]))
    yield bad_sdist("cut off in contents", "tar-contents-are-whole", gzip.compress(whole[:520]))


def streams() -> Iterator[Case]:
    only, intact, one = "file-is-gzip", "gzip-member-is-whole", "gzip-has-one-member"
    parts = gzip.compress(raw_tar(demo())[:700]) + gzip.compress(raw_tar(demo())[700:])
    tar = raw_tar(demo())
    packed = gzip.compress(tar, mtime=0)
    bad_crc = packed[:-8] + bytes(4) + packed[-4:]
    for title, code, content in (
        ("a tar that is not compressed", only, tar),
        ("bzip2", only, bz2.compress(tar)),
        ("xz", only, lzma.compress(tar)),
        ("zlib", only, zlib.compress(tar)),
        ("a wheel", "sdist-is-not-a-zip", factories.wheel()[1]),
        ("an HTML page", only, b"<!DOCTYPE html>"),
        ("bytes after the stream", one, packed + b"evil"),
        ("zeros after the stream", one, packed + bytes(512)),
        ("a wrong CRC", intact, bad_crc),
        ("a wrong length", intact, packed[:-4] + bytes(4)),
        ("no trailer", intact, packed[:-8]),
        ("cut off", intact, packed[: len(packed) // 2]),
        ("a stream that is damaged", intact, packed[:30] + b"\xff" * 30 + packed[60:]),
        ("a reserved flag", intact, packed[:3] + b"\xe0" + packed[4:]),
        ("a sdist in two streams", one, parts),
        ("an empty second stream", one, packed + gzip.compress(b"")),
        ("half a magic number", one, packed + b"\x1f"),
        ("gzip of something else", "tar-blocks-have-their-checksum", gzip.compress(b"x" * 2000)),
        ("gzip of nothing", "tar-ends-in-zeros", gzip.compress(b"")),
    ):
        yield bad_sdist(title, code, content)
    directory = b"PK\1\2" + bytes(42)
    polyglot = raw_sdist(demo())
    stored = gzip.compress(raw_tar(demo(), END), 0, mtime=0)
    name = directory + end_record(1, 46, 10).replace(b"\0", b"\1")
    named = b"\x1f\x8b\x08\x08" + bytes(5) + b"\xff" + name + b"\0" + polyglot[10:]
    at = named.index(directory[:4])
    end = bytearray(named)
    where = named.index(b"PK\5\6") + 16
    end[where : where + 4] = at.to_bytes(4, "little")
    yield bad_sdist("a gzip that is also a ZIP", "sdist-is-not-a-zip", bytes(end))
    assert len(stored) > len(polyglot)


def shapes() -> Iterator[Case]:
    root, pkg_info = "sdist-has-one-root", "sdist-has-pkg-info"
    yield bad_sdist("two top-level folders", root, added(Member(b"other-1.0/x", b"x")))
    yield bad_sdist("a file beside the top-level folder", root, added(Member(b"setup.py", b"x")))
    yield bad_sdist("no PKG-INFO", pkg_info, raw_sdist(demo()[1:]))
    deep = [replace(demo()[0], name=ROOT + b"demo/PKG-INFO"), *demo()[1:]]
    yield bad_sdist("PKG-INFO in the wrong folder", pkg_info, raw_sdist(deep))
    named = "sdist-root-is-named-after-it"
    other = [replace(one, name=one.name.replace(b"demo-1.0", b"demo-1.1")) for one in demo()]
    yield bad_sdist("a folder of another version", named, raw_sdist(other))
    other = [replace(one, name=one.name.replace(b"demo-1.0", b"evil-1.0")) for one in demo()]
    yield bad_sdist("a folder of another project", named, raw_sdist(other))
    unique = "member-names-are-unique"
    yield bad_sdist("PKG-INFO twice", unique, added(replace(demo()[0], content=b"Name: evil\n")))
    linked = Member(ROOT + b"PKG-INFO", type=b"2", link=b"demo/__init__.py")
    yield bad_sdist("PKG-INFO twice, once as a link", unique, added(linked))
    both = [Member(ROOT + b"x", b"x"), Member(ROOT + b"x/y", b"y")]
    yield bad_sdist("a file that is also a folder", "members-are-files-or-folders", added(*both))
    yield bad_sdist("nothing in the tar", root, raw_sdist([]))
