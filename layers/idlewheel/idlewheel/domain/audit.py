"""Who did what, with which token, to what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from idlewheel.domain.access import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Act(StrEnum):
    """What is recorded; the names are also those of the events (``docs/events.md``)."""

    PUBLISHED = "published"
    REJECTED = "rejected"
    YANKED = "yanked"
    UNYANKED = "unyanked"
    DELETED = "deleted"
    RESTORED = "restored"
    STATUS_CHANGED = "status-changed"
    TOKEN_ISSUED = "token-issued"
    TOKEN_REVOKED = "token-revoked"


OURSELVES = Actor("idlewheel", "")
"""The index itself, where nobody asked: sweepers and rebuilds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One act; written with it, never changed, never removed."""

    at: datetime
    act: Act
    actor: Actor
    project: str | None
    """None for what concerns no project, such as a token."""
    subjects: tuple[str, ...]
    """Filenames, a version, or a token's id."""
    detail: Mapping[str, object] = field(default_factory=dict)
    """What else there is to say: a reason, a digest, the problems."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def place(self) -> str:
        """Where it is in time; unlike the time itself, no two records share one."""
        return f"{self.at:%Y-%m-%dT%H:%M:%S.%f}#{self.id}"
