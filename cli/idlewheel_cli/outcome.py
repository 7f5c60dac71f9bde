"""What became of one file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How it ended."""

    PUBLISHED = "published"
    STAGED = "staged"
    """In its draft: verified, and not visible yet."""
    EXISTS = "exists"
    """The same bytes were published before, so there was nothing to do."""
    SKIPPED = "skipped"
    """The name is taken by other bytes, and we were told not to mind."""
    REFUSED = "refused"
    FAILED = "failed"
    """Nobody said no, but it did not come to a verdict."""

    @property
    def is_good(self) -> bool:
        """Whether a script may go on."""
        return self not in {Verdict.REFUSED, Verdict.FAILED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one file, and why."""

    filename: str
    verdict: Verdict
    problems: tuple[tuple[str, str], ...] = ()
    """As (code, sentence)."""
    size: int = 0
    """Bytes."""
    sha256: str | None = None
    seconds: float = 0.0
    exit_code: int = 0

    def describe(self) -> dict[str, Any]:
        """Tell it to programs."""
        return {
            "filename": self.filename,
            "verdict": self.verdict,
            "size": self.size,
            "sha256": self.sha256,
            "seconds": round(self.seconds, 3),
            "problems": [{"code": code, "message": text} for code, text in self.problems],
        }
