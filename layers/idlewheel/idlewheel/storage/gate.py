"""The way into the inbox for large files: a signed request that S3 itself holds to its word.

S3 refuses other bytes (400, the checksum), another length (403, the signature), a second write
(412, If-None-Match) and a late start (403). The bytes never pass through a function.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from idlewheel.services.ports import Admission
from idlewheel.storage.buckets import checksum

if TYPE_CHECKING:
    from datetime import datetime

    from idlewheel.domain.uploads import Upload
    from idlewheel.storage.signing import Signer

LIFETIME = timedelta(minutes=15)
"""How long the request may start: S3 looks at the clock when it begins, not when it ends."""


@dataclass(frozen=True, slots=True)
class S3Gate:
    """Signs the one PUT that an upload session is about."""

    signer: Signer

    def admit(self, upload: Upload, now: datetime) -> Admission:
        """Let the bytes of *upload* in: those bytes, that many, once, and soon."""
        headers = {
            "content-length": str(upload.size),
            "if-none-match": "*",
            "x-amz-checksum-sha256": checksum(upload.sha256),
        }
        until = min(now + LIFETIME, upload.expires_at)
        seconds = max(1, int((until - now).total_seconds()))
        url = self.signer.sign("PUT", upload.staged_key, now, headers, seconds)
        return Admission(url, headers, now + timedelta(seconds=seconds))
