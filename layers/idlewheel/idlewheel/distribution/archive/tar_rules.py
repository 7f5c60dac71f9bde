"""What the members of a tar may be: files, folders, and links that stay inside."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from idlewheel.distribution.archive import names
from idlewheel.distribution.archive.tar_gates import FILES
from idlewheel.distribution.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from idlewheel.distribution.archive.tar_layout import Member

FOLDER, HARD, SYMBOLIC = b"5", b"1", b"2"


def tar_members_are_plain(members: Sequence[Member]) -> Iterator[str]:
    """Members are files, folders and links: no devices, no pipes."""
    for member in members:
        if member.type not in FILES | {FOLDER, HARD, SYMBOLIC}:
            yield f"{shown(member.name)} is neither a file, a folder nor a link"


def tar_links_stay_inside(members: Sequence[Member]) -> Iterator[str]:
    """A symbolic link is relative, plain text, and leads into the same top-level folder.

    It may not lead through another link: where that ends depends on what is extracted first.
    """
    links = {member.name for member in members if member.type == SYMBOLIC}
    for member in members:
        if member.type == SYMBOLIC:
            target = posixpath.join(posixpath.dirname(member.name), member.link)
            if not is_inside(member, target) or leads_through(target, links):
                yield f"{shown(member.name)} is a link to {shown(member.link)}, which is outside"


def tar_hard_links_are_to_files(members: Sequence[Member]) -> Iterator[str]:
    """A hard link is to a file that precedes it, by its full name."""
    files: set[str] = set()
    for member in members:
        if member.type in FILES:
            files.add(member.name)
        elif member.type == HARD and member.link not in files:
            yield f"{shown(member.name)} is a hard link to {shown(member.link)}, which is no file"


def tar_members_are_not_behind_links(members: Sequence[Member]) -> Iterator[str]:
    """No member is in a folder that is really a link."""
    links = {member.name for member in members if member.type in {SYMBOLIC, HARD}}
    if not links:
        return
    for member in members:
        if links.intersection(names.parents(member.name)):
            yield f"{shown(member.name)} is in a folder that is a link"


def leads_through(target: str, links: set[str]) -> bool:
    """Whether the way to *target* goes on after one of the *links*, however it is written."""
    walked: list[str] = []
    for segment in target.split("/"):
        if "/".join(walked) in links:
            return True
        if segment == "..":
            del walked[-1:]
        elif segment not in {"", "."}:
            walked.append(segment)
    return False


def is_inside(member: Member, target: str) -> bool:
    """Whether *target* is a path within the top-level folder of *member*."""
    root = member.name.partition("/")[0]
    link = member.link
    if not link or names.is_too_long(link) or "\\" in link:
        return False
    if names.ABSOLUTE.match(link) or names.CONTROL.search(link):
        return False
    depth = 0
    for segment in target.split("/"):
        depth += -1 if segment == ".." else segment not in {"", "."}
        if depth < 1:
            return False
    normal = posixpath.normpath(target)
    return normal == root or normal.startswith(f"{root}/")


RULES = (
    tar_members_are_plain,
    tar_links_stay_inside,
    tar_hard_links_are_to_files,
    tar_members_are_not_behind_links,
)
NAME_RULES = names.RULES
