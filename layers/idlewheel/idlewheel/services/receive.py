"""Take an upload in: may they, is the name free, are these the bytes; then await the verdict."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import Upload, new_upload_id
from idlewheel.errors import Problem, Rejected, Undecided

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from idlewheel.distribution.form import Declaration
    from idlewheel.domain.access import Principal
    from idlewheel.services.ports import Catalog, Inbox, Uploads

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
"""Seconds between two looks at an upload; a small one is judged within about 0.1 s."""


@dataclass(frozen=True, slots=True)
class Reception:
    """The desk where forms arrive."""

    catalog: Catalog
    uploads: Uploads
    inbox: Inbox
    clock: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep

    def receive(
        self, declaration: Declaration, content: bytes, principal: Principal, now: datetime
    ) -> Upload | None:
        """Stage *content* and answer the upload to await, or None: it is published already.

        A retry of what is in flight joins it; staging the same bytes again changes nothing.

        Raises:
            Denied: the principal may not publish to this project.
            Rejected: the bytes are not those that were declared.
            Conflict: the filename is taken.

        """
        project = NormalizedName(declaration.project)
        principal.require(Action.PUBLISH, project)
        sha256 = _checked_digest(declaration, content)
        claim = self.catalog.claim(declaration.filename)
        if claim is not None and claim.settles(declaration.filename, sha256):
            return None
        upload = self.uploads.open(
            Upload(
                id=new_upload_id(),
                filename=declaration.filename,
                project=project,
                version=declaration.version,
                sha256=sha256,
                size=len(content),
                principal=principal.name,
                token_id=principal.token_id,
                scopes=principal.scopes,
                received_at=now,
                declared=_declared(declaration),
            )
        )
        self.inbox.stage(upload.staged_key, content, sha256)
        return upload

    def await_verdict(self, upload_id: str, deadline: float) -> None:
        """Return once the upload is published.

        Args:
            upload_id: which upload.
            deadline: seconds since the epoch at which to stop waiting.

        Raises:
            Refusal: the verdict.
            Undecided: not judged by the deadline; asking again is safe.

        """
        pause = FIRST_PAUSE
        while True:
            upload = self.uploads.get(upload_id)
            if refusal := upload.verdict():
                raise refusal
            if upload.state.terminal:
                return
            if self.clock() + pause > deadline:
                raise Undecided(
                    f"upload {upload_id} of {upload.filename} is still being verified; "
                    "send it again to wait for its verdict, nothing will be doubled"
                )
            self.pause(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)


LONGEST_FIELDS = 100_000
"""Characters of the form's metadata that are compared with the archive's; real ones have a tenth.

They wait in the upload's item, which takes 400 KB. More is left aside, as it may be: metadata
comes from the archive alone, and what a form does not mention is not missed.
"""


def _declared(declaration: Declaration) -> dict[str, object]:
    fields = {name: list(values) for name, values in declaration.fields.items()}
    length = sum(len(value) for values in fields.values() for value in values)
    return {
        "digests": dict(declaration.digests),
        "fields": fields if length <= LONGEST_FIELDS else {},
        "attestations": declaration.attestations,
    }


def _digest(algorithm: str, content: bytes) -> str:
    if algorithm == "blake2b_256":
        return hashlib.blake2b(content, digest_size=32).hexdigest()
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def _checked_digest(declaration: Declaration, content: bytes) -> str:
    problems = tuple(
        Problem(
            f"{name}-digest-matches",
            f"the {name} digest of {declaration.filename} is {actual}, "
            f"but {declared} was declared: the file changed on its way",
        )
        for name, declared in declaration.digests.items()
        if not hmac.compare_digest(actual := _digest(name, content), declared)
    )
    if problems:
        raise Rejected(problems)
    return hashlib.sha256(content).hexdigest()
