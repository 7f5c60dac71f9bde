"""The digests of a whole file, in one pass."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

CHUNK_BYTES = 1024 * 1024
MAKERS: dict[str, Callable[[], Any]] = {
    "sha256": hashlib.sha256,
    "blake2b_256": partial(hashlib.blake2b, digest_size=32),
    "md5": partial(hashlib.md5, usedforsecurity=False),
}


def digests_of(path: Path, kinds: Collection[str]) -> dict[str, str]:
    """Return the digests of the file at *path* in lower-case hex; *kinds* are keys of `MAKERS`."""
    hashers = {kind: MAKERS[kind]() for kind in kinds}
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(CHUNK_BYTES))
        while count := file.readinto(buffer):
            for hasher in hashers.values():
                hasher.update(buffer[:count])
    return {kind: hasher.hexdigest() for kind, hasher in hashers.items()}
