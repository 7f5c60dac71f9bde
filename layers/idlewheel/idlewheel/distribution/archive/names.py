"""What the members of an archive may be called, whatever its format.

Installers on different systems must make the same tree of the same archive, and never write
outside of it. The subject of the rules is every name in order; a directory ends in a slash.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from idlewheel.distribution.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NAME_BYTES = 1024
SEGMENT_BYTES = 255

CONTROL = re.compile("[\x00-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0, DEL, C1, the characters that turn the direction of writing, and what was not UTF-8."""
ABSOLUTE = re.compile(r"/|[A-Za-z]:")
ENDING = re.compile(r"(?<=[^./ ])[. ]+(?=/|$)")
"""Dots and blanks at the end of a segment, which Windows leaves out."""
ODD_SEGMENT = re.compile(r"(?:^|/)(?:\.{0,2})(?:/|$)")


def member_names_are_text(names: Sequence[str]) -> Iterator[str]:
    """No name has control characters, nor characters that turn the direction of writing."""
    for name in names:
        if not (name.isascii() and name.isprintable()) and CONTROL.search(name):
            yield f"The member {name[:100]!a} has control characters in its name"


def member_names_have_no_backslashes(names: Sequence[str]) -> Iterator[str]:
    """No name has a backslash, which separates folders on Windows only."""
    for name in names:
        if "\\" in name:
            yield f"The member {shown(name)} has a backslash in its name"


def member_names_are_relative(names: Sequence[str]) -> Iterator[str]:
    """No name is an absolute path, or begins with a drive."""
    for name in names:
        if ABSOLUTE.match(name):
            yield f"The member {shown(name)} has an absolute path"


def member_names_are_canonical(names: Sequence[str]) -> Iterator[str]:
    """No segment of a name is empty, ``.`` or ``..``; so nothing leaves the folder."""
    for name in names:
        if ODD_SEGMENT.search(name.removesuffix("/")) or not name:
            yield f"The member {shown(name)} has an empty segment, '.' or '..' in its path"


def member_names_are_short(names: Sequence[str]) -> Iterator[str]:
    """A name has at most 1024 bytes, and each of its segments 255."""
    for name in names:
        if len(name) > SEGMENT_BYTES // 4 and is_too_long(name):
            yield f"The member {shown(name)} has too long a name"


def member_names_are_unique(names: Sequence[str]) -> Iterator[str]:
    """No two members have the same name: which of them is extracted depends on the reader."""
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"There are two members named {shown(name)}"
        seen.add(name)


def member_names_differ_in_more_than_case(names: Sequence[str]) -> Iterator[str]:
    """No two names are one where case, Unicode composition or dots at the end do not count.

    That is so on Windows and macOS. Nor is one a folder there that the other is in.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(folded(name), name)
        if other != name:
            yield f"The members {shown(other)} and {shown(name)} are one file on some systems"
    for name in files_with_members(map(folded, names)):
        yield f"The member {shown(name)} is a file and also a folder on some systems"


def members_are_files_or_folders(names: Sequence[str]) -> Iterator[str]:
    """No member is a file to one and a folder to another (``a`` beside ``a/b``)."""
    for name in files_with_members(names):
        yield f"The member {shown(name)} is a file and also a folder"


def files_with_members(names: Iterable[str]) -> Iterator[str]:
    """Yield each name of a file that is also the name of a folder."""
    ordered = sorted(name.replace("/", "\0") for name in names)
    for first, second in pairwise(ordered):
        if not first.endswith("\0") and second.startswith(f"{first}\0"):
            yield first.replace("\0", "/")


def folded(name: str) -> str:
    """Return what file systems take *name* for that ignore case, composition, dots at the end."""
    name = ENDING.sub("", name)
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_too_long(name: str) -> bool:
    """Whether a file system might refuse *name*."""
    encoded = name.encode("utf-8", "surrogateescape")
    return len(encoded) > NAME_BYTES or any(
        len(segment) > SEGMENT_BYTES for segment in encoded.split(b"/")
    )


def parents(name: str) -> Iterable[str]:
    """Yield the folders that *name* is in, the innermost first, without trailing slashes."""
    folder = name.rstrip("/")
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder


RULES = (
    member_names_are_text,
    member_names_have_no_backslashes,
    member_names_are_relative,
    member_names_are_canonical,
    member_names_are_short,
    member_names_are_unique,
    members_are_files_or_folders,
)
