"""The digests of a whole file, in one pass."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from idlewheel.distribution.policy import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future
    from pathlib import Path

CHUNK_BYTES = 1024 * 1024
MD5_BYTES = 16 * MIB
"""Up to this size MD5 is computed unasked, for clients of the JSON API that still look for it."""
MAKERS: dict[str, Callable[[], Any]] = {
    "sha256": hashlib.sha256,
    "blake2b_256": partial(hashlib.blake2b, digest_size=32),
    "md5": partial(hashlib.md5, usedforsecurity=False),
}


def wanted(declared: Collection[str], size: int) -> set[str]:
    """Return the kinds that an index tells; MD5 costs as much as the others, so not always."""
    kinds = {"sha256", "blake2b_256", *declared}
    return kinds | {"md5"} if size <= MD5_BYTES else kinds


class Digests:
    """The digests of bytes that come piece by piece; *kinds* are keys of `MAKERS`."""

    def __init__(self, kinds: Collection[str]) -> None:
        self._hashers = {kind: MAKERS[kind]() for kind in kinds}

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next piece."""
        for hasher in self._hashers.values():
            hasher.update(piece)

    def spelled(self) -> dict[str, str]:
        """Return the digests of all that came, in lower-case hex."""
        return {kind: hasher.hexdigest() for kind, hasher in self._hashers.items()}


class Meanwhile:
    """Tells a function each piece in a thread of its own, while the next is on its way.

    hashlib lets other threads run, so whoever waits for a network need not wait for digests too.
    It holds one piece besides the one that is told, and the end of the block waits for both.
    """

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        self._tell = tell
        self._telling: Future[None] | None = None

    def __enter__(self) -> Callable[[bytes], None]:
        self._thread = ThreadPoolExecutor(1)
        return self._next

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
        if self._telling is not None:
            self._telling.result()

    def _next(self, piece: bytes) -> None:
        if self._telling is not None:
            self._telling.result()
        self._telling = self._thread.submit(self._tell, piece)


def digests_of(path: Path, kinds: Collection[str]) -> dict[str, str]:
    """Return the digests of the file at *path*, as `Digests` spells them."""
    digests = Digests(kinds)
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(CHUNK_BYTES))
        while count := file.readinto(buffer):
            digests.update(buffer[:count])
    return digests.spelled()
