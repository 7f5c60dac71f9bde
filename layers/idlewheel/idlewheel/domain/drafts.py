"""A draft: a release on its way, whose files become visible together or not at all.

PEP 694 calls it a publishing session, and the page that shows it before it is published a stage.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from idlewheel.errors import Conflict, Gone, NotFound, Problem, Rejected, TooLate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from idlewheel.domain.access import Scope
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File


class DraftState(StrEnum):
    """Where a draft is; the last two are for ever."""

    OPEN = "open"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


KEPT = timedelta(days=7)
"""How long a draft can be published: time to look at it, not to forget it."""

LARGEST = 40
"""Files of a draft: one transaction publishes them, two items each of the hundred it may hold."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One release of one project, until it is published, cancelled, or too old."""

    id: str
    project: NormalizedName
    version: str
    principal: str
    token_id: str
    """Only this token may add files: their rights are judged with its own."""
    scopes: tuple[Scope, ...]
    """The token's scopes when the draft was opened; publishing requires them unchanged."""
    opened_at: datetime
    state: DraftState = DraftState.OPEN
    revision: int = 0
    """Counts its changes: whoever publishes publishes what they have seen."""
    file_count: int = 0
    stamp: int = 0
    """Sum of the revisions at which its files came in: by it a reader knows those from others."""

    @property
    def expires_at(self) -> datetime:
        """When it can no longer be published."""
        return self.opened_at + KEPT

    def is_open(self, now: datetime) -> bool:
        """Say whether files may still be added."""
        return self.state is DraftState.OPEN and now < self.expires_at

    def require_open(self, now: datetime) -> None:
        """Go on only if :meth:`is_open` says so.

        Raises:
            TooLate: it is published.
            Gone: it was cancelled, or has expired.

        """
        if self.state is DraftState.PUBLISHED:
            raise TooLate(f"draft {self.id} is published already")
        if not self.is_open(now):
            how = "was cancelled" if self.state is DraftState.CANCELLED else "has expired"
            raise Gone(f"draft {self.id} of {self.project} {self.version} {how}; open another")

    def require_room(self) -> None:
        """Go on only if another file may come in. Raises Rejected."""
        if self.file_count >= LARGEST:
            sentence = f"a draft holds at most {LARGEST} files; publish the others by themselves"
            raise Rejected((Problem("draft-full", sentence),))


Written = tuple[tuple[str, str], ...]
"""Key and version id of each object that was written for a file."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file of a draft: verified, its bytes in place, and listed nowhere."""

    file: File
    """Its revision is that of the draft when it came in."""
    upload_id: str
    display_name: str
    written: Written = ()

    def require_same(self, sha256: str) -> None:
        """Go on only if its bytes are these. Raises Conflict."""
        if self.file.sha256 != sha256:
            raise Conflict(
                f"File already exists: {self.file.filename} is in the draft with other content "
                f"(sha256 {self.file.sha256}); remove it from there first"
            )


def require_files(staged: Sequence[StagedFile], expected: Sequence[str] | None) -> None:
    """Go on only if a draft holds what its publisher thinks it does.

    Raises:
        Rejected: it holds nothing; or not exactly the filenames *expected*, where given.

    """
    held = {one.file.filename for one in staged}
    problems = [
        Problem("draft-lacks-file", f"{name} is not in the draft, or not verified yet")
        for name in sorted(set(expected or ()) - held)
    ]
    if expected is not None:
        problems += [
            Problem("draft-has-file", f"{name} is in the draft and not among the files expected")
            for name in sorted(held - set(expected))
        ]
    if not held and not problems:
        problems.append(Problem("draft-empty", "the draft has no files yet"))
    if problems:
        raise Rejected(tuple(problems))


_ID = re.compile(r"[0-9a-f]{32}")


def require_id(text: str) -> str:
    """Go on only if *text* may be the id of a draft. Raises NotFound."""
    if not _ID.fullmatch(text):
        raise NotFound("there is no such draft: none can have this id")
    return text


def new_draft_id() -> str:
    """Make an id that nobody can guess (128 bits)."""
    return secrets.token_hex(16)
