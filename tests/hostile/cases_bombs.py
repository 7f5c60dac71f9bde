"""Small files that would cost much: memory, time, disk. Each must have its verdict soon."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from tests import factories
from tests.hostile.case import SDIST, WHEEL, Case, bad_sdist, bad_wheel
from tests.hostile.raw_tar import END, Member, demo, raw_sdist, special
from tests.hostile.raw_zip import Member as ZipMember
from tests.hostile.raw_zip import demo as demo_wheel
from tests.hostile.raw_zip import raw_zip, with_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
START = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n"
TIME = "verification-stays-within-its-time"
MEMORY = "verification-stays-within-its-memory"
MARKER = "'a'=='a' or "
HEADER = (
    bytes(100)
    + b"0000644\0"
    + b"0000000\0" * 2
    + b"00000000000\0" * 2
    + bytes(8)
    + b"0"
    + bytes(100)
)
HEADER = (HEADER + b"ustar\0" + b"00").ljust(512, b"\0")
"""Of an empty member of a tar, without name and checksum."""


def cases() -> Iterator[Case]:
    yield from wheels()
    yield from records()
    yield from sdists()
    yield from metadata()
    yield from entry_points()
    yield from descriptions()


def wheels() -> Iterator[Case]:
    zeros = ZipMember(b"demo/zeros", bytes(80 * MIB), method=8)
    yield bad_wheel("80 MiB of zeros", "zip-is-no-bomb", raw_zip(with_extra(zeros)))
    short = ZipMember(b"demo/zeros", b"x", packed=zeros.data, method=8)
    declared = "zip-contents-are-as-declared"
    yield bad_wheel("80 MiB declared as one byte", declared, raw_zip(with_extra(short)))
    huge = ZipMember(b"demo/zeros", b"x").both(size=0xFFFFFFFE)
    yield bad_wheel("4 GiB declared, one byte there", "zip-is-no-bomb", raw_zip(with_extra(huge)))
    packed = ZipMember(b"demo/x", bytes(MIB), method=8).data
    shared = [ZipMember(b"demo/x", bytes(MIB), method=8)]
    entry = ZipMember(b"demo/y", bytes(MIB), method=8, packed=packed, has_local=False)
    shared += [entry.both(name=b"demo/%04d" % n, offset=0) for n in range(1000)]
    yield bad_wheel("1000 entries for one megabyte", "zip-is-no-bomb", raw_zip(shared))
    many = [ZipMember(b"demo/%d" % n) for n in range(1200)]
    listed = "record-lists-every-member"
    yield bad_wheel("1200 members that RECORD ignores", listed, raw_zip(with_extra(*many)))
    deep = [ZipMember(b"a/" * 30_000 + b"%d" % n) for n in range(2)]
    yield bad_wheel("very deep folders", "member-names-are-short", raw_zip(with_extra(*deep)))


def records() -> Iterator[Case]:
    small, flood = "dist-info-files-are-small", "record-is-no-flood"
    rest = [member for member in demo_wheel() if not member.name.endswith(b"RECORD")]
    path = b"demo-1.0.dist-info/RECORD"
    for title, code, rows in (
        ("of 33 MiB", small, b"demo/x.py,sha256=,1\n" * (33 * MIB // 20)),
        ("of a million rows", flood, b"".join(b"%d,,\n" % n for n in range(1_000_000))),
        ("that is one row", MEMORY, b"," * 20 * MIB),
        ("that is one quoted field", "record-rows-have-three-fields", b'"' + b"a" * 20 * MIB),
        (
            "of 90 000 rows",
            "record-lists-only-members",
            b"".join(b"%d,,\n" % n for n in range(90_000)),
        ),
    ):
        member = ZipMember(path, rows, method=8)
        yield bad_wheel(f"RECORD {title}", code, raw_zip([*rest, member]))


def sdists() -> Iterator[Case]:
    bomb = "gzip-is-no-bomb"
    zeros = Member(b"demo-1.0/zeros", bytes(80 * MIB))
    yield bad_sdist("80 MiB of zeros", bomb, raw_sdist([*demo(), zeros]))
    padded = raw_sdist(demo(), END + bytes(80 * MIB))
    yield bad_sdist("80 MiB after the end", bomb, padded)
    twice = gzip.compress(gzip.compress(bytes(80 * MIB)))
    yield bad_sdist("gzip in gzip", "tar-blocks-have-their-checksum", twice)
    empty = gzip.compress(b"", mtime=0) * 4000
    yield bad_sdist("4000 empty gzip members", "gzip-has-one-member", empty)
    small = "tar-extensions-are-small"
    comment = special(b"x", b"%d comment=%s\n" % (2 * MIB, b"a" * (2 * MIB - 17)))
    extended = Member(b"demo-1.0/x", before=comment)
    yield bad_sdist("a PAX header of 2 MiB", small, raw_sdist([*demo(), extended]))
    claimed = Member(b"demo-1.0/x", before=special(b"x", b"", size=b"77777777777\0"))
    yield bad_sdist("a PAX header of 8 GiB", small, raw_sdist([*demo(), claimed]))
    long_name = Member(b"demo-1.0/x", before=special(b"L", b"a" * 2 * MIB))
    yield bad_sdist("a name of 2 MiB", small, raw_sdist([*demo(), long_name]))
    members = b"".join(empty_member(number) for number in range(110_000))
    many = gzip.compress(members + END)
    yield Case("110 000 members", SDIST, many, "tar-names-are-within-the-limit")


def empty_member(number: int) -> bytes:
    """Return the header of one empty member, cheaply: its name differs by *number*."""
    block = bytearray(HEADER)
    block[:18] = b"demo-1.0/x%08d" % number
    block[148:156] = b"%06o\0 " % (sum(block) + 8 * ord(" "))
    return bytes(block)


def metadata() -> Iterator[Case]:
    for title, code, text in (
        ("of 5 MiB", "dist-info-files-are-small", "\n" + "a" * 5 * MIB),
        ("of long markers", TIME, ("Requires-Dist: a; " + MARKER * 250 + "'a'=='a'\n") * 1350),
        (
            "of 100 000 fields",
            "metadata-is-not-a-flood",
            "".join(f"X{n}: a\n" for n in range(100_000)),
        ),
        (
            "of 3 MiB of commas",
            "addresses-can-be-written-to",
            "Author-Email: " + "," * 3 * MIB + "x",
        ),
        ("of 3 MiB of brackets", "addresses-can-be-written-to", "Author-Email: " + "<" * 3 * MIB),
        ("of 3 MiB of colons", "urls-are-links", "Home-Page: " + ":" * 3 * MIB),
    ):
        content = factories.wheel(metadata=START + text + "\n")[1]
        yield bad_wheel(f"METADATA {title}", code, content)
    words = START + "Author: \xe9" + "=?a?q? " * 500_000 + "\n"
    yield Case("METADATA of encoded words", WHEEL, factories.wheel(metadata=words)[1], None)
    many = "".join(f"Requires-Dist: a{n}; python_version == '3'\n" for n in range(9_000))
    yield Case(
        "METADATA of 9000 requirements", WHEEL, factories.wheel(metadata=START + many)[1], None
    )


def entry_points() -> Iterator[Case]:
    ini, objects = "entry-points-are-ini", "scripts-refer-to-objects"
    spaces = " " * 1_000_000
    for title, code, text in (
        ("a line of spaces", "entry-points-have-short-lines", f"[a]\nb{spaces}c\n"),
        ("a value of spaces", objects, f"[console_scripts]\nb = c{' ' * 900}!\n"),
        ("100 000 groups", ini, "[a]\n" * 100_000),
        (
            "100 000 continuations",
            "entry-points-are-read-alike",
            "[console_scripts]\na = b\n" + " c\n" * 100_000,
        ),
    ):
        content = factories.wheel(files={".dist-info/entry_points.txt": text})[1]
        yield bad_wheel(f"entry points of {title}", code, content)
    about = factories.wheel_text(("py3-none-any",)) + f"Tag: {spaces}x\n"
    members = {"demo-1.0.dist-info/WHEEL": about.encode()}
    kept = [one for one in demo_wheel() if not one.name.endswith((b"WHEEL", b"RECORD"))]
    members |= {one.name.decode(): one.content for one in kept}
    record = "demo-1.0.dist-info/RECORD"
    members[record] = factories.record_text(members, record).encode()
    yield Case("WHEEL of spaces", WHEEL, factories.zip_of(members), None)


def descriptions() -> Iterator[Case]:
    """Slow ones are shown as plain text; that is no reason to refuse the file."""
    markdown = "Description-Content-Type: text/markdown"
    for title, text in (
        ("of open links", "[a](" * 100_000),
        ("of open brackets", "[" * 400_000),
        ("of quotes", "> " * 200_000),
        ("of emphasis", "**_" * 100_000),
        ("of code that highlights slowly", "```php\n" + '<?php "${' * 40_000 + "\n```\n"),
        ("of 4 million letters", "a" * 4_000_000),
    ):
        file = factories.wheel(headers=[markdown], description=text)
        yield Case(f"a description {title}", *file, None)
    for title, text in (
        ("of nested quotes", "".join(" " * n + "a\n\n" for n in range(700))),
        ("of backquotes", "`a " * 100_000),
        ("of a long table", "=== ===\n" + "a   b\n" * 40_000 + "=== ===\n"),
    ):
        file = factories.wheel(description=text)
        yield Case(f"a reST description {title}", *file, None)
