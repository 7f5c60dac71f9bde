"""What was used of late, up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Recent(Generic[T]):
    """Keeps values by key; the least used ones go first."""

    def __init__(self, limit: int, size: Callable[[T], int]) -> None:
        """Keep up to *limit* bytes; *size* tells the bytes of a value."""
        self._limit = limit
        self._of = size
        self._total = 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def find(self, key: Hashable) -> T | None:
        """Find what is kept at *key*."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: T) -> None:
        """Keep *value* in place of an earlier one, unless it alone is over the limit."""
        self._remove(key)
        size = self._of(value)
        if size > self._limit:
            return
        self._kept[key] = (value, size)
        self._total += size
        while self._total > self._limit:
            self._remove(next(iter(self._kept)))

    def _remove(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._total -= found[1]
