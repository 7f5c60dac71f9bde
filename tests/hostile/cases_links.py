"""Sdists with links that lead outside, or that some readers follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.case import Case, bad_sdist
from tests.hostile.cases_tar import ROOT, added
from tests.hostile.raw_tar import Member

if TYPE_CHECKING:
    from collections.abc import Iterator


def cases() -> Iterator[Case]:
    yield from links()
    yield from links_behind_links()


def links() -> Iterator[Case]:
    inside, hard = "tar-links-stay-inside", "tar-hard-links-are-to-files"
    for title, target in (
        ("an absolute path", b"/etc/passwd"),
        ("a path out of the sdist", b"../outside"),
        ("a path far out of the sdist", b"../../../../etc/passwd"),
        ("a path out and in again", b"../../demo-1.0/PKG-INFO"),
        ("a path out in the middle", b"demo/../../x"),
        ("a path with backslashes", b"..\\..\\x"),
        ("a drive", b"C:/windows"),
        ("the folder above", b".."),
        ("no path at all", b""),
        ("a path with a newline", b"a\nb"),
        ("a path that is not UTF-8", b"a\xff"),
    ):
        member = Member(ROOT + b"link", type=b"2", link=target)
        yield bad_sdist(f"a symbolic link to {title}", inside, added(member))
    for title, target in (
        ("outside", b"../../etc/passwd"),
        ("an absolute path", b"/etc/passwd"),
        ("nothing", ROOT + b"missing"),
        ("itself", ROOT + b"link"),
        ("a folder", ROOT + b"demo"),
    ):
        member = Member(ROOT + b"link", type=b"1", link=target)
        yield bad_sdist(f"a hard link to {title}", hard, added(member))
    soft = Member(ROOT + b"soft", type=b"2", link=b"PKG-INFO")
    to_soft = Member(ROOT + b"hard", type=b"1", link=ROOT + b"soft")
    yield bad_sdist("a hard link to a symbolic one", hard, added(soft, to_soft))


def links_behind_links() -> Iterator[Case]:
    inside = "tar-links-stay-inside"
    first = Member(ROOT + b"demo/a", type=b"2", link=b".")
    second = Member(ROOT + b"b", type=b"2", link=b"demo/a/../../..")
    yield bad_sdist("a symbolic link through another", inside, added(first, second))
    up = Member(ROOT + b"demo/x/l", type=b"2", link=b"../..")
    for title, target in (
        ("a detour", b"demo/x/y/../l/../evil"),
        ("a dot", b"demo/x/./l/../../evil"),
        ("an empty segment", b"demo/x//l/../../evil"),
    ):
        member = Member(ROOT + b"b", type=b"2", link=target)
        yield bad_sdist(f"a symbolic link through another by {title}", inside, added(up, member))
    endless = Member(ROOT + b"b", type=b"2", pax={b"linkpath": b"a/" * 300_000 + b"a"})
    yield bad_sdist("a symbolic link of a megabyte", inside, added(endless))
    through = Member(ROOT + b"demo/a/evil.py", b"evil")
    behind = "tar-members-are-not-behind-links"
    yield bad_sdist("a member behind a symbolic link", behind, added(first, through))
