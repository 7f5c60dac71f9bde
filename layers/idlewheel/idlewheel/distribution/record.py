"""RECORD: what a wheel says of its own contents (PEP 376, 427 and 627).

No installer compares it with what it installs, so the index does: every member is listed, nothing
else is, and each digest and size is computed again.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from idlewheel.distribution.rules import require, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from idlewheel.distribution.policy import Policy

STRONG = frozenset({"sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256", "sha3_512"})
"""SHA-256 or better (PEP 427): never MD5 or SHA-1."""
UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")
"""Files of .dist-info that RECORD cannot have digests of."""


class Row(NamedTuple):
    """One row: a path, its digest as ``algorithm=value``, its size in bytes; as spelled."""

    path: str
    digest: str
    size: str

    @property
    def algorithm(self) -> str:
        """The part of the digest before the equals sign."""
        return self.digest.partition("=")[0]


@dataclass(frozen=True, slots=True)
class Recorded:
    """RECORD beside the members of its wheel."""

    rows: Mapping[str, Row]
    repeated: tuple[str, ...]
    """Paths that have more than one row."""
    members: frozenset[str]
    """Every file of the wheel."""
    folders: frozenset[str]
    """Every folder that is a member, with its slash; RECORD may list them."""
    dist_info: str

    @property
    def exempt(self) -> frozenset[str]:
        """The paths that need no digest."""
        return self.folders | {f"{self.dist_info}/{name}" for name in UNSIGNED}


def read_record(content: bytes, paths: Collection[str], dist_info: str, policy: Policy) -> Recorded:
    """Return RECORD, understood, or raise `Unreadable`."""
    require(record_is_no_flood, content, policy)
    require(record_is_utf8, content)
    rows: dict[str, Row] = {}
    repeated = []
    for fields in csv_rows(content):
        require(record_rows_have_three_fields, fields)
        row = Row(*fields)
        if row.path in rows:
            repeated.append(row.path)
        rows[row.path] = row
    folders = frozenset(path for path in paths if path.endswith("/"))
    return Recorded(rows, tuple(repeated), frozenset(paths) - folders, folders, dist_info)


def csv_rows(content: bytes) -> Iterator[list[str]]:
    """Yield the rows that are not empty; what is no CSV comes as a row without fields."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = [""]
        if row:
            yield row


def hasher_of(row: Row | None) -> Any | None:  # noqa: ANN401 -- hashlib has no public type
    """Return what computes the digest that *row* claims; None where it claims none we take."""
    if row is None or row.algorithm not in STRONG:
        return None
    return hashlib.new(row.algorithm, usedforsecurity=False)


def spelled(digest: bytes) -> str:
    """Return a digest as RECORD spells it: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def record_is_no_flood(content: bytes, policy: Policy) -> Iterator[str]:
    """RECORD has no more lines than a wheel may have members, and some."""
    if content.count(b"\n") > policy.members + len(UNSIGNED):
        yield f"RECORD has more lines than there may be members, which is {policy.members}"


def record_is_utf8(content: bytes) -> Iterator[str]:
    """RECORD is UTF-8."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    try:
        for _ in lines:
            pass
    except UnicodeDecodeError:
        yield "RECORD is not UTF-8"


def record_rows_have_three_fields(fields: list[str]) -> Iterator[str]:
    """RECORD is CSV, with path, digest and size in every row."""
    if len(fields) != 3:
        yield f"RECORD has a row that is not path, digest and size: {shown(','.join(fields))}"


def record_lists_every_member(recorded: Recorded) -> Iterator[str]:
    """Every file of the wheel is in RECORD, or uninstalling would leave it behind."""
    for path in recorded.members - recorded.rows.keys() - recorded.exempt:
        yield f"RECORD does not list {shown(path)}"


def record_lists_only_members(recorded: Recorded) -> Iterator[str]:
    """RECORD lists nothing that is not in the wheel: uninstalling removes what it lists."""
    for path in recorded.rows.keys() - recorded.members:
        if path not in recorded.exempt:
            yield f"RECORD lists {shown(path)}, which is not in the wheel"


def record_lists_nothing_twice(recorded: Recorded) -> Iterator[str]:
    """No path has two rows in RECORD."""
    for path in recorded.repeated:
        yield f"RECORD lists {shown(path)} twice"


def record_has_strong_digests(recorded: Recorded) -> Iterator[str]:
    """Every row has a digest of SHA-256 or better, except for RECORD's own."""
    for row in recorded.rows.values():
        if row.path not in recorded.exempt and row.algorithm not in STRONG:
            yield f"RECORD has no digest of {shown(row.path)}, or a weak one: {shown(row.digest)}"


def record_has_sizes(recorded: Recorded) -> Iterator[str]:
    """Every row has a size in bytes, except for RECORD's own."""
    for row in recorded.rows.values():
        if row.path not in recorded.exempt and not row.size:
            yield f"RECORD has no size of {shown(row.path)}"


def record_digests_are_right(row: Row, size: int, digest: bytes) -> Iterator[str]:
    """The digest and the size of each member are those that RECORD states."""
    if row.digest.partition("=")[2].rstrip("=") != spelled(digest):
        yield f"{shown(row.path)} does not have the digest that RECORD states"
    if row.size and row.size != str(size):
        yield f"{shown(row.path)} has {size} bytes, RECORD says {shown(row.size)}"


GATES = (record_is_no_flood, record_is_utf8, record_rows_have_three_fields)
CONTENT_RULES = (record_digests_are_right,)
UPLOAD_RULES = (
    record_lists_every_member,
    record_lists_only_members,
    record_lists_nothing_twice,
    record_has_strong_digests,
    record_has_sizes,
)
