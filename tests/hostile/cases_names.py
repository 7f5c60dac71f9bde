"""Members whose names lead outside, or to two trees on two systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import factories
from tests.hostile.case import Case, bad_sdist, bad_wheel
from tests.hostile.raw_tar import Member as TarMember
from tests.hostile.raw_tar import demo as demo_sdist
from tests.hostile.raw_tar import raw_sdist
from tests.hostile.raw_zip import Member, raw_zip, with_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT, RELATIVE = "member-names-are-text", "member-names-are-relative"
CANONICAL, SHORT = "member-names-are-canonical", "member-names-are-short"
BACKSLASH, KINDS = "member-names-have-no-backslashes", "members-are-files-or-folders"
CASE = "member-names-differ-in-more-than-case"

NAMES = (
    ("NUL", "demo/a\0.py", TEXT),
    ("a newline", "demo/a\n.py", TEXT),
    ("a carriage return", "demo/a\r.py", TEXT),
    ("an escape sequence", "demo/\x1b[2J.py", TEXT),
    ("DEL", "demo/a\x7f.py", TEXT),
    ("C1", "demo/a\x9b.py", TEXT),
    ("a right-to-left override", "demo/\u202eyp.exe", TEXT),
    ("an isolate", "demo/\u2066a.py", TEXT),
    ("a parent first", "../evil.py", CANONICAL),
    ("a parent in the middle", "demo/../../evil.py", CANONICAL),
    ("a parent at the end", "demo/..", CANONICAL),
    ("a dot", "./demo/evil.py", CANONICAL),
    ("a dot in the middle", "demo/./evil.py", CANONICAL),
    ("an empty segment", "demo//evil.py", CANONICAL),
    ("an absolute path", "/etc/evil.py", RELATIVE),
    ("two slashes first", "//server/share/evil.py", RELATIVE),
    ("a drive", "C:/evil.py", RELATIVE),
    ("a drive without a slash", "c:evil.py", RELATIVE),
    ("a backslash", "demo\\evil.py", BACKSLASH),
    ("a parent with backslashes", "..\\..\\evil.py", BACKSLASH),
    ("a UNC path", "\\\\server\\share\\evil.py", BACKSLASH),
    ("a long segment", "demo/" + "a" * 256, SHORT),
    ("a long path", "demo/" + "a/" * 600 + "b", SHORT),
)

PAIRS = (
    ("names that differ in case", "demo/A.py", "demo/a.py", CASE),
    ("names that differ in the case of a folder", "demo/X/a.py", "demo/x/a.py", CASE),
    ("names that differ in composition", "demo/\u00e9.py", "demo/e\u0301.py", CASE),
    ("names that differ in the folding of ß", "demo/ß.py", "demo/ss.py", CASE),
    ("names that differ in a dot at the end", "demo/a.py", "demo/a.py.", CASE),
    ("names that differ in a blank at the end of a folder", "demo/x/a", "demo/x /a", CASE),
    ("a file that is also a folder", "demo/x", "demo/x/a.py", KINDS),
    ("a file that is also a folder, in other case", "demo/X", "demo/x/a.py", CASE),
    ("a file beside a folder of its name", "demo/x", "demo/x/", KINDS),
)


def cases() -> Iterator[Case]:
    for title, name, code in NAMES:
        member = Member(name.encode(), b"evil")
        yield bad_wheel(f"a name with {title}", code, raw_zip(with_extra(member)))
    for title, first, second, code in PAIRS:
        _, content = factories.wheel(files={first: "", second: ""})
        yield bad_wheel(title, code, content)
    yield bad_wheel("an empty name", CANONICAL, raw_zip(with_extra(Member(b"", b"evil"))))
    for title, name, code in NAMES[1:]:
        inside = name if name[0] in "/\\." or ":" in name else f"demo-1.0/{name}"
        named = TarMember(b"short", b"evil", pax={b"path": inside.encode()})
        yield bad_sdist(f"sdist: a name with {title}", code, raw_sdist([*demo_sdist(), named]))
