"""What a long page is made of: its rows, cut into segments, each perhaps rendered already.

A change of a page renders and compresses the segments that hold changed rows, and no other. Where
a segment begins depends on its first key alone, never on what was published in which order: so
equal rows make equal segments, and equal pages equal bytes, whoever makes them.
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from collections.abc import Sized
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Row = Sequence[Any]
    """JSON; its first value is the key."""

FORMAT = 1
"""Of a snapshot: raise it when rows or segments are written otherwise."""


class Packed(NamedTuple):
    """A rendered text, deflated so that it may stand anywhere among others."""

    data: bytes
    crc: int
    """CRC-32 of the text."""
    size: int
    """Bytes of the text."""


@dataclass(slots=True)
class Segment:
    """Some rows that follow each other."""

    first: str
    """The key of the first one."""
    model: bytes
    """The rows, deflated JSON."""
    marks: tuple[str, ...] = ()
    """What a reader must know of the rows without unpacking them, such as their versions."""
    packed: dict[str, Packed] = field(default_factory=dict)
    """The segment in the forms that were asked for."""

    @classmethod
    def of(cls, rows: Sequence[Row], marks: tuple[str, ...]) -> Segment:
        """Make a segment of at least one row."""
        text = json.dumps(rows, separators=(",", ":")).encode()
        deflate = compressor(len(text), 1)
        return cls(rows[0][0], deflate.compress(text) + deflate.flush(), marks)

    def rows(self) -> list[list[Any]]:
        """Unpack the rows."""
        found: list[list[Any]] = json.loads(zlib.decompress(self.model))
        return found

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        marks = 60 * len(self.marks)
        return len(self.model) + marks + sum(len(one.data) for one in self.packed.values()) + 400


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's rows, and the state that they are in."""

    state: Mapping[str, Any] = field(default_factory=dict)
    """JSON: what is true of the page as a whole, such as its revision."""
    segments: tuple[Segment, ...] = ()

    def find(self, keys: Iterable[str]) -> dict[str, list[Any]]:
        """Find the rows at *keys*, those that there are."""
        wanted = set(keys)
        places = {self._place(key) for key in wanted} if self.segments else set()
        rows = (row for place in places for row in self.segments[place].rows())
        return {row[0]: row for row in rows if row[0] in wanted}

    def with_rows(
        self,
        rows: Mapping[str, Row],
        mean: int,
        marks: Callable[[Sequence[Row]], tuple[str, ...]],
    ) -> Sheet:
        """Put *rows* in place of those at their keys; a segment has *mean* rows on average."""
        if not self.segments:
            return replace(self, segments=tuple(_cut(rows.values(), mean, marks)))
        changed: dict[int, dict[str, Row]] = {}
        for key, row in rows.items():
            changed.setdefault(self._place(key), {})[key] = row
        segments: list[Segment] = []
        for place, segment in enumerate(self.segments):
            if place not in changed:
                segments.append(segment)
                continue
            merged = {row[0]: row for row in segment.rows()} | changed[place]
            segments.extend(_cut(merged.values(), mean, marks))
        return replace(self, segments=tuple(segments))

    def without_renderings(self, marks: Callable[[Segment], bool]) -> Sheet:
        """Forget how the segments look for which *marks* says so."""
        segments = (
            replace(segment, packed={}) if marks(segment) else segment for segment in self.segments
        )
        return replace(self, segments=tuple(segments))

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        parts = sum(len(value) for value in self.state.values() if isinstance(value, Sized))
        return sum(segment.size for segment in self.segments) + 200 * parts

    def _place(self, key: str) -> int:
        return max(0, bisect_right(self.segments, key, key=lambda one: one.first) - 1)


def compressor(size: int, level: int, form: int = 1) -> zlib._Compress:
    """Make a compressor of a text of so many bytes; *form* -1 leaves the zlib header out.

    Its window is no larger than the text: a full one is a quarter of a megabyte to be cleared,
    which takes longer than compressing a short page (zlib manual, deflateInit2).
    """
    bits = min(max(size.bit_length(), 9), zlib.MAX_WBITS)
    return zlib.compressobj(level, zlib.DEFLATED, form * bits, max(bits - 7, 4))


def _cut(
    rows: Iterable[Row], mean: int, marks: Callable[[Sequence[Row]], tuple[str, ...]]
) -> Iterator[Segment]:
    """Cut rows where the checksum of a key says so: in segments of *mean* rows on average."""
    some: list[Row] = []
    for row in sorted(rows, key=lambda row: str(row[0])):
        if some and zlib.crc32(row[0].encode()) % mean == 0:
            yield Segment.of(some, marks(some))
            some = []
        some.append(row)
    if some:
        yield Segment.of(some, marks(some))


def dump(sheet: Sheet, renderer: int) -> bytes:
    """Write a sheet, with its renderings by version *renderer* of the code that makes them."""
    blobs: list[bytes] = []
    table = [_described(segment, blobs) for segment in sheet.segments]
    head = {"format": FORMAT, "renderer": renderer, "state": sheet.state, "segments": table}
    return b"\n".join([json.dumps(head, separators=(",", ":")).encode(), b"".join(blobs)])


def _described(segment: Segment, blobs: list[bytes]) -> list[Any]:
    blobs.append(segment.model)
    blobs.extend(packed.data for packed in segment.packed.values())
    forms = {form: (len(one.data), one.crc, one.size) for form, one in segment.packed.items()}
    return [segment.first, len(segment.model), segment.marks, forms]


def load(content: bytes, renderer: int) -> Sheet | None:
    """Read a sheet; None of another format, and no renderings of another *renderer*."""
    end = content.index(b"\n")
    head: dict[str, Any] = json.loads(content[:end])
    if head["format"] != FORMAT:
        return None
    segments = _read(head["segments"], content, end + 1)
    sheet = Sheet(head["state"], tuple(segments))
    return sheet if head["renderer"] == renderer else sheet.without_renderings(lambda _: True)


def _read(table: list[Any], content: bytes, position: int) -> Iterator[Segment]:
    for first, length, marks, forms in table:
        model = content[position : position + length]
        position += length
        packed: dict[str, Packed] = {}
        for form, (taken, crc, size) in forms.items():
            packed[form] = Packed(content[position : position + taken], crc, size)
            position += taken
        yield Segment(first, model, tuple(marks), packed)
