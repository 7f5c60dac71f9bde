"""The two buckets and the way into one of them, in memory."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from idlewheel.errors import (
    NotFound,
)
from idlewheel.services.ports import Admission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from idlewheel.domain.uploads import Upload
    from tests.fakes.world import World


class FakeInbox:
    def __init__(self, world: World) -> None:
        self.world = world

    def stage(self, key: str, body: bytes, sha256: str) -> None:
        self.world.staged.setdefault(key, body)

    def fetch(self, key: str, path: Path, heard: Callable[[bytes], None]) -> bool:
        if key not in self.world.staged:
            return False
        path.write_bytes(self.world.staged[key])
        heard(self.world.staged[key])
        return True

    def discard(self, key: str) -> None:
        self.world.staged.pop(key, None)


class FakeGate:
    def __init__(self, world: World) -> None:
        self.world = world

    def admit(self, upload: Upload, now: datetime) -> Admission:
        headers = {"content-length": str(upload.size), "sha256": upload.sha256}
        return Admission(upload.staged_key, headers, now + timedelta(minutes=15))

    def put(self, admission: Admission, body: bytes) -> int:
        """Send bytes as announced; the status that S3 would answer."""
        if datetime.now(UTC) >= admission.expires_at:
            return 403
        if admission.headers["content-length"] != str(len(body)):
            return 403
        if admission.headers["sha256"] != hashlib.sha256(body).hexdigest():
            return 400
        if admission.url in self.world.staged:
            return 412
        self.world.staged[admission.url] = body
        return 200


class FakeFiles:
    def __init__(self, world: World) -> None:
        self.world = world
        self._made = 0

    def adopt(self, staged_key: str, key: str) -> str:
        if staged_key not in self.world.staged:
            raise NotFound(f"{staged_key} is not staged any more")
        return self._put(key, self.world.staged[staged_key])

    def put_metadata(self, key: str, metadata: bytes) -> str:
        return self._put(f"{key}.metadata", metadata)

    def put_provenance(self, key: str, provenance: bytes) -> str:
        return self._put(f"{key}.provenance", provenance)

    def _put(self, key: str, body: bytes) -> str:
        self._made += 1
        version = f"v{self._made}"
        self.world.versions.setdefault(key, []).append((version, body))
        return version

    def drop(self, key: str, version_id: str) -> None:
        left = [one for one in self.world.versions.get(key, []) if one[0] != version_id]
        self.world.versions[key] = left

    def hide(self, keys: Iterable[str]) -> None:
        self.world.hidden |= set(keys)

    def reveal(self, keys: Iterable[str]) -> None:
        self.world.hidden -= set(keys)

    def read(self, key: str) -> bytes | None:
        """What a client would download; None where S3 would answer 404."""
        versions = self.world.versions.get(key)
        return None if not versions or key in self.world.hidden else versions[-1][1]
