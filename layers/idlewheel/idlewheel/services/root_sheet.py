"""What the list of all projects is made of: sixteen shards, merged by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from idlewheel.domain.project import Listing
from idlewheel.services.current import differing
from idlewheel.services.sheets import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.services.current import Sheets
    from idlewheel.services.ports import Catalog
    from idlewheel.services.sheets import Row, Segment

MEAN = 1024
"""Projects in a segment, on average."""

OVERLAP = 30 * 1_000_000
"""Microseconds before the latest change of a shard that are looked at again: serials come from
the clocks of many machines, so a change may be numbered below one that was seen before it."""

SURE = 4
"""Looks after which all of a shard is read again."""

_NAME = "root"


class RootSheet:
    """The list of projects, as new as the table."""

    def __init__(self, catalog: Catalog, sheets: Sheets) -> None:
        """Read from *catalog* what is newer than *sheets*."""
        self._catalog = catalog
        self._sheets = sheets

    def current(self, counters: tuple[int, ...]) -> tuple[tuple[int, ...], Sheet]:
        """Answer the list at *counters* or later, whole, and the counters that it is at.

        Raises:
            Unavailable: a change is not visible as a whole, and does not become so.

        """
        sheet = self._sheets.find(_NAME, rows=sum(counters))
        for look in self._sheets.looks("the list of projects"):
            if look or _is_ahead(sheet, counters):
                counters = self._catalog.root_counters()
                sheet = Sheet() if _is_ahead(sheet, counters) else sheet
            behind = _behind(sheet, counters)
            if behind:
                sheet = self._read(sheet, behind, len(counters), whole=look >= SURE)
            if not _behind(sheet, counters):
                if behind:
                    self._sheets.keep(_NAME, sheet)
                return counters, sheet
        raise AssertionError  # looks() ends by raising

    def keep(self, sheet: Sheet, rendered: int) -> None:
        """Keep a sheet in which so many segments were *rendered* anew."""
        self._sheets.keep(_NAME, sheet, rendered=rendered)

    def _read(self, sheet: Sheet, behind: list[int], count: int, *, whole: bool) -> Sheet:
        """Read what is new in the shards that are *behind*, and put it in all at once."""
        shards = _shards(sheet, count)
        found = {
            shard: self._catalog.listed_since(
                shard, 0 if whole else max(0, shards[shard][1] - OVERLAP)
            )
            for shard in behind
        }
        rows: dict[str, Any] = {one.name: list(one) for some in found.values() for one in some}
        known = sheet.find(rows)
        for shard, some in found.items():
            writes, newest = shards[shard]
            again = (known[one.name] for one in some if one.name in known)
            writes = 0 if whole else writes - sum(Listing(*row).writes for row in again)
            writes += sum(one.writes for one in some)
            shards[shard] = [writes, max([newest, *(one.serial for one in some)])]
        following = sheet.with_rows(differing(known, rows), MEAN, _no_marks)
        return replace(following, state={"shards": shards})


def _shards(sheet: Sheet, count: int) -> list[list[int]]:
    """Answer the writes and the latest serial that are known of each shard."""
    return [*sheet.state.get("shards", [[0, 0]] * count)]


def _behind(sheet: Sheet, counters: tuple[int, ...]) -> list[int]:
    """Answer the shards of which not every write that was counted is known."""
    known = _shards(sheet, len(counters))
    return [shard for shard, counter in enumerate(counters) if known[shard][0] < counter]


def _is_ahead(sheet: Sheet, counters: tuple[int, ...]) -> bool:
    """Say whether more writes are known than were counted.

    They were counted since; or, if it stays so, the sheet is of a table that was restored.
    """
    known = _shards(sheet, len(counters))
    return any(known[shard][0] > counter for shard, counter in enumerate(counters))


def serial(sheet: Sheet) -> int:
    """Answer the serial of the whole index: that of its last change, 0 while it is empty."""
    return max((newest for _, newest in sheet.state.get("shards", [])), default=0)


def listings(segment: Segment) -> list[Listing]:
    """Answer what a segment shows."""
    return [listing for row in segment.rows() if (listing := Listing(*row)).shown]


def _no_marks(_rows: Sequence[Row]) -> tuple[str, ...]:
    return ()
