"""An upload: what was promised, how far it is, and how it ended."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.errors import REFUSALS, Problem, Refusal, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from idlewheel.domain.access import Scope
    from idlewheel.domain.names import NormalizedName


class UploadState(StrEnum):
    """Where an upload is; all but the first are for ever."""

    RECEIVED = "received"
    STAGED = "staged"
    """Verified and in its draft, which decides what becomes of the file."""
    PUBLISHED = "published"
    REJECTED = "rejected"

    @property
    def terminal(self) -> bool:
        """Whether the upload has been judged."""
        return self is not UploadState.RECEIVED


class Lane(StrEnum):
    """Which way the bytes come, and so which size of ingest takes them."""

    FORM = "form"
    LARGE = "large"


IN_FLIGHT = timedelta(minutes=15)
"""How long an upload may stay unjudged; a retry joins it only within this time."""

SESSION = timedelta(hours=3)
"""How long a large upload may stay unjudged: to send 5 GiB at half a MB a second, and verify it."""

REMEMBERED = timedelta(days=30)
"""How long an upload's verdict can be asked for."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One attempt to publish one file."""

    id: str
    filename: str
    project: NormalizedName
    version: str
    sha256: str
    size: int
    principal: str
    token_id: str
    scopes: tuple[Scope, ...]
    """The token's scopes when the upload was received; publishing requires them unchanged."""
    received_at: datetime
    lane: Lane = Lane.FORM
    state: UploadState = UploadState.RECEIVED
    declared: Mapping[str, object] = field(default_factory=dict)
    """What the client said of the file, to be compared with what the archive says."""
    refusal: str | None = None
    """The code of the refusal's kind, once rejected."""
    problems: tuple[Problem, ...] = ()
    upload_time: datetime | None = None
    """When its file was uploaded elsewhere, if that is to stay its time; else it is our own."""
    as_mirror: bool = False
    """Skip the rules that bind new uploads only: its file is old, and published elsewhere."""
    draft_id: str | None = None
    """The draft that the file is for; None where it is published by itself."""

    @property
    def staged_key(self) -> str:
        """Where its bytes wait in the inbox bucket."""
        return f"staged/{self.lane}/{self.id}/{self.filename}"

    @property
    def expires_at(self) -> datetime:
        """When nobody waits for its bytes any more."""
        return self.received_at + (SESSION if self.lane is Lane.LARGE else IN_FLIGHT)

    def origin(self) -> dict[str, object]:
        """Tell, for the audit, what of an import differs from a new upload."""
        told: dict[str, object] = {}
        if self.upload_time is not None:
            told["upload_time"] = self.upload_time.isoformat()
        if self.as_mirror:
            told["as_mirror"] = True
        return told

    def in_flight(self, now: datetime) -> bool:
        """Say whether it may still be judged, so that a retry should wait for it."""
        return not self.state.terminal and now < self.expires_at

    def verdict(self) -> Refusal | None:
        """Answer the refusal of a rejected upload, or None."""
        if self.state is not UploadState.REJECTED:
            return None
        return REFUSALS.get(self.refusal or "", Rejected)(self.problems)


class StagedKey(NamedTuple):
    """A key of the inbox bucket, taken apart."""

    lane: Lane
    upload_id: str
    filename: str


_SEGMENTS = 4


def parse_staged_key(key: str) -> StagedKey | None:
    """Take a key of the inbox bucket apart; None where it is not one that we wrote."""
    segments = key.split("/")
    if len(segments) != _SEGMENTS or segments[0] != "staged" or segments[1] not in set(Lane):
        return None
    return StagedKey(Lane(segments[1]), segments[2], segments[3])


def new_upload_id() -> str:
    """Make an id that nobody can guess (128 bits)."""
    return secrets.token_hex(16)
