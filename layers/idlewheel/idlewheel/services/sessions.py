"""Upload sessions: how files of any size come in.

A client announces a file and is let in to put its bytes into the inbox; their arrival is what
starts ingest. There is nothing to finish: the client waits for the verdict, or asks again later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import Lane, Upload, UploadState, new_upload_id
from idlewheel.domain.versions import canonical
from idlewheel.errors import Problem, Rejected, TooLate
from idlewheel.services.drafts import require_owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from idlewheel.distribution.form import Declaration
    from idlewheel.domain.access import Principal
    from idlewheel.domain.drafts import Draft
    from idlewheel.services.drafts import Drafts
    from idlewheel.services.ports import Catalog, Uploads

AT_ONCE = 50
"""Sessions that one token may have open: whoever holds it can stage no more than these."""

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
"""Seconds between two looks at a session; a large file takes seconds to verify."""
GROWTH = 1.1
"""Of the pause: a verdict is heard later by a tenth of the time it took, at most."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a client says of the file that it is about to send."""

    declaration: Declaration
    size: int
    """Bytes."""
    draft_id: str | None = None
    """The draft that it is for; None where it is published by itself."""
    upload_time: datetime | None = None
    """When it was uploaded elsewhere, if that is to stay its time."""
    as_mirror: bool = False
    """Skip the rules that bind new uploads only."""

    @property
    def sha256(self) -> str:
        """The digest that the bytes will have."""
        return self.declaration.digests["sha256"]

    def require_right(self, principal: Principal, now: datetime) -> None:
        """Go on only if *principal* may announce this; an import's past takes more than publishing.

        Raises:
            Denied: the principal may not, and which scope is missing.
            Rejected: the upload time is to come.

        """
        project = NormalizedName(self.declaration.project)
        principal.require(Action.PUBLISH, project)
        if self.upload_time is not None or self.as_mirror:
            principal.require(Action.ADMIN, project)
        if self.upload_time is not None and self.upload_time > now:
            sentence = f"upload_time {self.upload_time.isoformat()} is to come; leave it out"
            raise Rejected((Problem("upload-time-is-past", sentence),))

    def upload(self, principal: Principal, now: datetime) -> Upload:
        """Make the upload that begins with it."""
        declaration = self.declaration
        return Upload(
            id=new_upload_id(),
            filename=declaration.filename,
            project=NormalizedName(declaration.project),
            version=declaration.version,
            sha256=self.sha256,
            size=self.size,
            principal=principal.name,
            token_id=principal.token_id,
            scopes=principal.scopes,
            received_at=now,
            lane=Lane.LARGE,
            declared={"attestations": declaration.attestations},
            draft_id=self.draft_id,
            upload_time=self.upload_time,
            as_mirror=self.as_mirror,
        )


@dataclass(frozen=True, slots=True)
class Sessions:
    """The desk where large files are announced."""

    catalog: Catalog
    uploads: Uploads
    drafts: Drafts
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep

    def open(
        self, announcement: Announcement, principal: Principal, now: datetime
    ) -> Upload | None:
        """Answer the session to send the bytes in, or None: the file is published already.

        A retry of what is open joins it. One that is staged is in its draft already.

        Raises:
            Denied: the principal may not publish to this project, or not import into it, or not
                add to this draft.
            Conflict: the filename is taken.
            Rejected: the draft is of another release, or full; the upload time is to come.
            NotFound, Gone, TooLate: there is no such draft, or it has ended.
            TooMany: the token has :data:`AT_ONCE` sessions open.

        """
        declaration = announcement.declaration
        announcement.require_right(principal, now)
        claim = self.catalog.claim(declaration.filename)
        if claim is not None and claim.settles(declaration.filename, announcement.sha256):
            return None
        if announcement.draft_id is not None:
            held = self._held(announcement.draft_id, announcement, principal, now)
            if held is not None:
                return held
        return self.uploads.open(announcement.upload(principal, now), AT_ONCE)

    def _held(
        self, draft_id: str, announcement: Announcement, principal: Principal, now: datetime
    ) -> Upload | None:
        """Answer the upload by which exactly this file came into the draft, if it did."""
        draft, staged = self.drafts.staged(draft_id)
        require_owner(draft, principal)
        draft.require_open(now)
        declaration = announcement.declaration
        if (draft.project, canonical(draft.version)) != (
            declaration.project,
            canonical(declaration.version),
        ):
            raise Rejected((_of_another_release(draft, declaration.filename),))
        for one in staged:
            if one.file.filename == declaration.filename:
                one.require_same(announcement.sha256)
                return self.uploads.get(one.upload_id)
        draft.require_room()
        return None

    def watch(self, upload: Upload, deadline: float, now: datetime) -> Upload:
        """Answer *upload* as soon as it is judged, or as it is at *deadline*.

        Args:
            upload: as it was a moment ago.
            deadline: seconds since the epoch.
            now: by it a session whose bytes never came is ended as expired.

        """
        if not upload.state.terminal and now >= upload.expires_at:
            return self.uploads.reject(upload.id, _expired(upload))
        pause = FIRST_PAUSE
        while not upload.state.terminal and self.clock() + pause <= deadline:
            self.pause(pause)
            upload = self.uploads.get(upload.id)
            pause = min(pause * GROWTH, LONGEST_PAUSE)
        return upload

    def cancel(self, upload: Upload) -> Upload:
        """End *upload* before it is judged; one that was refused stays as it is.

        Raises:
            TooLate: it is published, or in its draft: it can be deleted there.

        """
        ended = self.uploads.reject(upload.id, _cancelled(upload))
        if ended.state is UploadState.PUBLISHED:
            raise TooLate(
                f"{upload.filename} is published and cannot be cancelled any more: delete it"
            )
        if ended.state is UploadState.STAGED:
            raise TooLate(f"{upload.filename} is in draft {upload.draft_id}: remove it there")
        return ended


def _of_another_release(draft: Draft, filename: str) -> Problem:
    release = f"{draft.project} {draft.version}"
    return Problem("draft-of-another-release", f"{filename} is no file of {release}, the draft's")


def _expired(upload: Upload) -> Rejected:
    return Rejected(
        (
            Problem(
                "session-expired",
                f"the bytes of {upload.filename} did not arrive before "
                f"{upload.expires_at:%Y-%m-%d %H:%M} UTC, when the session expired; open another",
            ),
        )
    )


def _cancelled(upload: Upload) -> Rejected:
    return Rejected((Problem("cancelled", f"the upload of {upload.filename} was cancelled"),))
