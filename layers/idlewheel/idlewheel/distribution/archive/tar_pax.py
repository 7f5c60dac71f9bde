"""The records of PAX headers: ``length key=value``, newline (POSIX.1-2001)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from idlewheel.distribution.rules import require, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_NUMBER = 8
TIME = re.compile(rb"-?[0-9]{1,12}(\.[0-9]*)?")
NAMING = frozenset({"path", "linkpath", "size"})
"""What decides where a member goes and where the next begins."""
HARMLESS = frozenset(
    {"atime", "charset", "comment", "ctime", "gid", "gname", "mtime", "uid", "uname"}
    | {"SCHILY.dev", "SCHILY.fflags", "SCHILY.ino", "SCHILY.nlink"}
)
VENDORS = (
    "LIBARCHIVE.",
    "SCHILY.acl.",
    "SCHILY.xattr.",
    "MSWINDOWS.",
    "SUN.",
    "RHT.",
    "GNU.volume.",
)
"""Extended attributes and the like; no installer looks at them. Of star's own records others give
a member another type or size (``SCHILY.filetype``, ``SCHILY.realsize``)."""


def pax_records(content: bytes, *, is_global: bool = False) -> dict[str, bytes]:
    """Return the records of a PAX header, or raise `Unreadable`."""
    records: dict[str, bytes] = {}
    keys = []
    position = 0
    while position < len(content):
        number = content[position : position + LONGEST_NUMBER].partition(b" ")[0]
        length = int(number) if number.isdigit() else 0
        line = content[position : position + length]
        require(pax_records_are_well_formed, line, length, len(number))
        key, _, value = line[len(number) + 1 : -1].partition(b"=")
        keys.append(key.decode("latin-1"))
        records[keys[-1]] = value
        position += length
    require(pax_records_come_once, keys)
    require(pax_records_are_known, keys, is_global)
    require(pax_names_are_plain, records)
    require(pax_times_are_times, records)
    return records


def pax_records_are_well_formed(line: bytes, length: int, digits: int) -> Iterator[str]:
    """A PAX record has the length that it states, a key, and a newline at its end."""
    is_whole = len(line) == length and line.endswith(b"\n")
    if not (is_whole and length > digits + 3 and line[digits : digits + 1] == b" "):
        yield "A PAX record is malformed"
    elif b"=" not in line[digits + 2 :]:
        yield f"The PAX record {shown(line)} has no value"


def pax_records_come_once(keys: Sequence[str]) -> Iterator[str]:
    """No key comes twice in one PAX header."""
    if len(set(keys)) < len(keys):
        yield "A PAX header has the same key twice"


def pax_records_are_known(keys: Sequence[str], is_global: bool) -> Iterator[str]:
    """PAX records are of known keys: none makes a file sparse or changes how names are encoded.

    Global ones name nothing, for they would name every member.
    """
    for key in keys:
        if key in HARMLESS or key.startswith(VENDORS):
            continue
        if key not in NAMING or is_global:
            yield f"A {'global ' if is_global else ''}PAX header has the key {shown(key)}"


def pax_names_are_plain(records: dict[str, bytes]) -> Iterator[str]:
    """Names in PAX headers are UTF-8, not empty and without NUL."""
    for key in ("path", "linkpath"):
        value = records.get(key)
        if value is not None and (not value or b"\0" in value or not is_utf8(value)):
            yield f"A PAX header has {shown(value)} for a name"


def pax_times_are_times(records: dict[str, bytes]) -> Iterator[str]:
    """A time is a number of seconds: pip cannot extract a file of the time ``inf``."""
    if not TIME.fullmatch(records.get("mtime", b"0")):
        yield f"A PAX header has the time {shown(records['mtime'])}"


def is_utf8(value: bytes) -> bool:
    """Whether *value* is valid UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


GATES = (
    pax_records_are_well_formed,
    pax_records_come_once,
    pax_records_are_known,
    pax_names_are_plain,
    pax_times_are_times,
)
"""Without any of these the file cannot be read further."""
