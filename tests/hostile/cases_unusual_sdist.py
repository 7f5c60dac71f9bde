"""Sdists that look odd and are right: none of them may be refused."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

from tests import factories
from tests.hostile.case import SDIST, Case, good
from tests.hostile.raw_tar import (
    END,
    GNU_MAGIC,
    Member,
    demo,
    pax_record,
    raw_sdist,
    raw_tar,
    special,
    with_checksum,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = b"demo-1.0/"


def cases() -> Iterator[Case]:
    yield from sdists()
    yield from tars()
    yield from tars_of_many_kinds()


def sdists() -> Iterator[Case]:
    for title, arguments in (
        ("a plain sdist", {}),
        ("a local version", {"version": "1.0+local.7"}),
        ("an epoch", {"version": "1!2.0"}),
        ("a name with dots", {"name": "Acme.Tools"}),
        ("setup.py alone", {"files": {"setup.py": "import setuptools"}}),
        ("names that differ in case", {"files": {"Makefile": "", "makefile": ""}}),
        (
            "a file and a folder that differ in case",
            {"files": {"CHANGES": "", "changes/1.rst": ""}},
        ),
        ("names in Unicode", {"files": {"demo/日本.txt": "", "demo/é.txt": ""}}),
        ("a name of 200 characters", {"files": {"demo/" + "a" * 200: ""}}),
        ("a licence file", {"headers": ["License-File: LICENSE"], "files": {"LICENSE": "x"}}),
        ("another PKG-INFO deeper", {"files": {"demo.egg-info/PKG-INFO": "Name: x\n"}}),
    ):
        yield good(f"sdist: {title}", factories.sdist(**arguments))
    contents = {member.name.decode(): member.content for member in demo()}
    for title, kind in (("GNU", tarfile.GNU_FORMAT), ("ustar", tarfile.USTAR_FORMAT)):
        content = gzip.compress(factories.tar_of(contents, kind))
        yield Case(f"sdist: a tar of {title}", SDIST, content, None)
    long_name = {**contents, "demo-1.0/" + "a/" * 150 + "b": b"x"}
    for title, kind in (("GNU", tarfile.GNU_FORMAT), ("PAX", tarfile.PAX_FORMAT)):
        content = gzip.compress(factories.tar_of(long_name, kind))
        yield Case(f"sdist: a long name of {title}", SDIST, content, None)


def in_binary() -> bytes:
    """Return a folder of a user of many digits, from before 1970, as GNU writes such numbers."""
    block = raw_tar([Member(ROOT, type=b"5", magic=GNU_MAGIC)], b"")
    user, time = b"\x80\0\0\0\x49\x96\x02\xd2", b"\xff" * 9 + b"\0\0\0"
    return with_checksum(block[:108] + user + block[116:136] + time + block[148:])


def tars() -> Iterator[Case]:
    tar = raw_tar(demo())
    yield Case("gzip: not compressed", SDIST, gzip.compress(tar, 0), None)
    packed = gzip.compress(tar)
    named = packed[:3] + b"\x08" + packed[4:10] + b"demo-1.0.tar\0" + packed[10:]
    yield Case("gzip: a name in the header", SDIST, named, None)
    folders = [Member(ROOT, type=b"5"), Member(ROOT + b"demo", type=b"5"), *demo()]
    rows = (
        ("folders", folders, END),
        ("numbers in binary", [replace(demo()[0], before=in_binary()), *demo()[1:]], END),
        ("twenty blocks at the end", demo(), END * 10),
        (
            "a comment for all",
            [replace(demo()[0], before=special(b"g", pax_record(b"comment=a"))), *demo()[1:]],
            END,
        ),
        ("a time before 1970", [replace(demo()[0], pax={b"mtime": b"-1.25"}), *demo()[1:]], END),
        ("times in PAX", [replace(demo()[0], pax={b"mtime": b"1.5"}), *demo()[1:]], END),
        (
            "what star notes of files",
            [replace(demo()[0], pax={b"SCHILY.dev": b"1", b"SCHILY.xattr.a": b"b"}), *demo()[1:]],
            END,
        ),
        (
            "attributes of macOS",
            [replace(demo()[0], pax={b"LIBARCHIVE.xattr.a": b"\0\xff"}), *demo()[1:]],
            END,
        ),
        (
            "a size in PAX",
            [replace(demo()[0], pax={b"size": b"%d" % len(demo()[0].content)}), *demo()[1:]],
            END,
        ),
    )
    for title, members, end in rows:
        yield Case(f"tar: {title}", SDIST, raw_sdist(members, end), None)


def tars_of_many_kinds() -> Iterator[Case]:
    for title, members, end in (
        ("a prefix", [*demo(), Member(b"b.py", b"x", prefix=b"demo-1.0/a")], END),
        ("old files", [*demo(), Member(ROOT + b"b.py", b"x", type=b"\0")], END),
        ("a symbolic link", [*demo(), Member(ROOT + b"a", type=b"2", link=b"PKG-INFO")], END),
        (
            "a symbolic link up and down",
            [*demo(), Member(ROOT + b"demo/a", type=b"2", link=b"../PKG-INFO")],
            END,
        ),
        (
            "a symbolic link to nothing",
            [*demo(), Member(ROOT + b"a", type=b"2", link=b"missing")],
            END,
        ),
        ("a hard link", [*demo(), Member(ROOT + b"a", type=b"1", link=ROOT + b"PKG-INFO")], END),
        (
            "a long name of GNU",
            [
                *demo(),
                Member(
                    b"x", b"y", magic=GNU_MAGIC, before=special(b"L", ROOT + b"a" * 150 + b"\0")
                ),
            ],
            END,
        ),
        (
            "a binary size",
            [*demo(), Member(ROOT + b"x", b"y", magic=GNU_MAGIC, size=b"\x80" + bytes(10) + b"\1")],
            END,
        ),
        (
            "a root of another spelling",
            [replace(one, name=one.name.replace(b"demo-", b"Demo-", 1)) for one in demo()],
            END,
        ),
    ):
        yield Case(f"tar: {title}", SDIST, raw_sdist(members, end), None)
