"""Several files at once, in threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Given = TypeVar("Given")
Made = TypeVar("Made")


def each(action: Callable[[Given], Made], given: Sequence[Given], jobs: int) -> list[Made]:
    """Do *action* with each of *given*, *jobs* of them at once; answer in their order.

    Who interrupts does not wait for what is under way: it can all be repeated.
    """
    pool = ThreadPoolExecutor(jobs)
    running = [pool.submit(action, one) for one in given]
    try:
        return [it.result() for it in running]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
