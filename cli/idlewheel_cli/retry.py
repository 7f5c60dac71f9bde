"""Trying again: how often, and after how long."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

TRIES = 6
LONGEST_PAUSE = 30.0
"""Seconds, also where the server asks for more."""

BUSY = frozenset({429, 500, 502, 503, 504})
"""Statuses after which asking again may help; every request of ours can be repeated."""


class Pauses:
    """The tries of one request: iterate, and `hint` what the server says of the next pause."""

    def __init__(self, tries: int = TRIES, sleep: Callable[[float], None] = time.sleep) -> None:
        """Allow so many tries."""
        self._tries = tries
        self._sleep = sleep
        self._hint = 0.0

    def __iter__(self) -> Iterator[bool]:
        """Yield for each try whether it is the last, pausing in between."""
        for number in range(self._tries):
            if number:
                usual = random.uniform(0.5, 1) * 2 ** (number - 1)  # noqa: S311 - jitter
                self._sleep(min(max(usual, self._hint), LONGEST_PAUSE))
                self._hint = 0.0
            yield number == self._tries - 1

    def hint(self, answer: httpx.Response) -> None:
        """Heed ``Retry-After`` in seconds; a date is not worth its parsing."""
        text = answer.headers.get("retry-after", "")
        self._hint = float(text) if text.isascii() and text.isdigit() else 0.0
