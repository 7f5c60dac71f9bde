"""Sheets that are as new as the tables: kept ones, and what was written since.

Nothing is read again that has not changed: a sheet of an earlier revision comes from this
instance's memory or from a snapshot, and one strongly consistent query tells the rest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from idlewheel.errors import Unavailable
from idlewheel.services.recent import Recent
from idlewheel.services.sheets import Sheet, dump, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SETTLING = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds to wait before each look at what is not all visible yet."""

LONG = 400
"""Rows from which on a snapshot is looked for: reading them costs some 80 read units, asking S3
for a snapshot costs less than four (docs/cost.md)."""

PAYS = 48 * 1024
"""Bytes from which on a sheet is worth a snapshot: about as many rows."""

RENEWED = 4
"""Segments rendered anew after which a snapshot is too: a cold instance has to render them."""

KEPT = 24 * 1024 * 1024
"""Bytes of memory that the sheets of one function instance may take."""


class Snapshots(Protocol):
    """Where what a page is made of is kept for other instances; it may forget at any time."""

    def load(self, name: str) -> bytes | None:
        """What was last saved under *name*; None where there is nothing, or no answer."""
        ...

    def save(self, name: str, content: bytes) -> bool:
        """Keep *content* under *name*; False where it could not be."""
        ...


@dataclass(slots=True)
class Held:
    """A sheet in memory."""

    sheet: Sheet
    unsaved: int = 0
    """Segments rendered since the snapshot."""
    is_saved: bool = False
    """Whether there is a snapshot, of whatever revision."""


class Sheets:
    """The sheets of late, in memory and as snapshots."""

    def __init__(
        self,
        snapshots: Snapshots | None = None,
        renderer: int = 0,
        kept: int = KEPT,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep *kept* bytes; *renderer* is the version of the code that renders segments."""
        self._snapshots = snapshots
        self._renderer = renderer
        self._recent = Recent[Held](kept, lambda held: held.sheet.size)
        self._pause = pause

    def holds(self, name: str) -> bool:
        """Say whether a sheet of this page is in memory."""
        return self._recent.find(name) is not None

    def find(self, name: str, *, rows: int) -> Sheet:
        """Find the latest sheet that is at hand of a page of so many *rows*, or an empty one."""
        held = self._recent.find(name)
        if held is not None:
            return held.sheet
        sheet = self._load(name) if rows >= LONG else None
        if sheet is None:
            return Sheet()
        self._recent.keep(name, Held(sheet, is_saved=True))
        return sheet

    def _load(self, name: str) -> Sheet | None:
        content = self._snapshots.load(name) if self._snapshots else None
        try:
            return load(content, self._renderer) if content else None
        except (ValueError, LookupError, TypeError):
            return None  # a snapshot is never needed, and no reason to fail

    def keep(self, name: str, sheet: Sheet, *, rendered: int = 0) -> None:
        """Keep a sheet in which so many segments were *rendered* anew; save it where it pays."""
        before = self._recent.find(name) or Held(sheet)
        held = Held(sheet, before.unsaved + rendered, before.is_saved)
        if held.unsaved >= (RENEWED if held.is_saved else 1):
            self._save(name, held)
        self._recent.keep(name, held)

    def _save(self, name: str, held: Held) -> None:
        if self._snapshots is None or held.sheet.size < PAYS:
            return
        if self._snapshots.save(name, dump(held.sheet, self._renderer)):
            held.unsaved, held.is_saved = 0, True

    def looks(self, what: str) -> Iterator[int]:
        """Count the looks at *what*, with a growing pause between them.

        Raises:
            Unavailable: after the last one.

        """
        for look, pause in enumerate(SETTLING):
            if pause:
                self._pause(pause)
            yield look
        raise Unavailable(f"{what} is being written; try again in a moment")


def differing(known: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the rows that are *known* already, as they are."""
    return {key: row for key, row in rows.items() if known.get(key) != row}
