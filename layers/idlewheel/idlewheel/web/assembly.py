"""A page put together from its frame and its segments, of which most are rendered already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.web import packing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from idlewheel.services.sheets import Packed, Segment
    from idlewheel.web.simple import Frame


@dataclass(frozen=True, slots=True)
class Assembly:
    """A page in one form."""

    frame: Frame
    segments: Sequence[Segment]
    lines: Callable[[Segment], bytes]
    """Renders a segment."""

    def fill(self, form: str) -> int:
        """Render the segments that are not kept in *form* yet; answer how many there were."""
        missing = [segment for segment in self.segments if form not in segment.packed]
        for segment in missing:
            segment.packed[form] = packing.pack(self.lines(segment))
        return len(missing)

    def kept(self, form: str, *, gzip: bool) -> bytes:
        """Answer the page as its segments are kept, after :meth:`fill`."""
        texts = [kept for segment in self.segments if (kept := segment.packed[form]).size]
        head, separator, tail = (packing.pack(text) for text in self.frame)
        pieces = [head, *_between(texts, separator), tail]
        return packing.member(pieces) if gzip else packing.unpack(pieces)

    def fresh(self) -> bytes:
        """Render the whole page, and keep nothing."""
        head, separator, tail = self.frame
        texts = (self.lines(segment) for segment in self.segments)
        return head + separator.join(text for text in texts if text) + tail


def _between(pieces: Iterable[Packed], separator: Packed) -> Iterator[Packed]:
    for number, piece in enumerate(pieces):
        if number and separator.size:
            yield separator
        yield piece
