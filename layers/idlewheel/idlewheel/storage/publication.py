"""The one transaction by which a file becomes listed, or goes into its draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import Act, Record
from idlewheel.domain.drafts import StagedFile
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Gone, Problem, Rejected, TooLate
from idlewheel.storage import audit, keys, mapping
from idlewheel.storage.doors import (
    check_token,
    require_open,
    require_open_release,
    require_token,
    still_open,
)
from idlewheel.storage.drafts import add_staged
from idlewheel.storage.listed import Listed, add_files, check_unclaimed
from idlewheel.storage.revisions import find_project, next_revision
from idlewheel.storage.tables import UploadItem
from idlewheel.storage.transactions import Busy, Writes, attempts
from idlewheel.storage.uploads import RECEIVED

if TYPE_CHECKING:
    from datetime import timedelta

    from pynamodb.connection import Connection

    from idlewheel.domain.drafts import Draft
    from idlewheel.domain.uploads import Upload
    from idlewheel.services.ports import Publication
    from idlewheel.storage.catalog import DynamoCatalog
    from idlewheel.storage.drafts import DynamoDrafts
    from idlewheel.storage.revisions import Revision
    from idlewheel.storage.uploads import DynamoUploads


@dataclass(frozen=True, slots=True)
class DynamoPublisher:
    """Publishes; over one connection, as one transaction spans both tables."""

    connection: Connection
    catalog: DynamoCatalog
    uploads: DynamoUploads
    drafts: DynamoDrafts
    release_closes_after: timedelta
    """How long after its first file a release takes others (PyPI's rule of July 2026)."""

    def precheck(self, upload: Upload) -> bool:
        """End *upload* here if its fate is decided already, before a byte is copied.

        Answers whether the same bytes are published already; raises what :meth:`publish` would.
        """
        if self._is_duplicate(upload):
            return True
        require_open(find_project(upload.project))
        self._require_open_release(upload)
        require_token(upload.token_id, upload.scopes)
        if upload.draft_id is not None:
            self._draft(upload).require_room()
        return False

    def publish(self, publication: Publication) -> bool:
        """List the file and end its upload; answer whether it is new."""
        upload = publication.upload
        for _ in attempts():
            before = find_project(upload.project)
            require_open(before)
            revision = next_revision(upload.project, before, publication.display_name)
            try:
                failed = self._writes(publication, revision).commit(self.connection)
            except Busy:
                continue
            if not failed or self._is_own(upload):
                return True
            if (known := self._settle(upload, failed)) is not None:
                return known
        raise AssertionError  # attempts() ends by raising

    def stage(self, publication: Publication) -> bool:
        """Put the file into its draft and end its upload; answer whether it is new."""
        upload = publication.upload
        for _ in attempts():
            draft = self._draft(upload)
            held = self.drafts.held(draft.id, upload.filename)
            if held is not None:
                held.require_same(upload.sha256)
                self.uploads.end(upload.id, UploadState.STAGED)
                return held.written == tuple(publication.written)
            draft.require_room()
            try:
                failed = self._staging(publication, draft).commit(self.connection)
            except Busy:
                continue
            if not failed:
                return True
            if (known := self._settle(upload, failed)) is not None:
                return known
        raise AssertionError  # attempts() ends by raising

    def _writes(self, publication: Publication, revision: Revision) -> Writes:
        upload, writes = publication.upload, Writes()
        _end(writes, upload, UploadState.PUBLISHED)
        listed = Listed(
            upload.version,
            [(publication.file, upload.id)],
            mapping.pack(publication.release_metadata),
            still_open(upload.received_at, self.release_closes_after),
            upload.upload_time,
        )
        add_files(writes, listed, revision)
        audit.add(writes, _record(publication, revision))
        check_token(writes, upload.token_id, upload.scopes)
        return writes

    def _staging(self, publication: Publication, draft: Draft) -> Writes:
        upload, writes = publication.upload, Writes()
        _end(writes, upload, UploadState.STAGED)
        staged = StagedFile(
            publication.file, upload.id, publication.display_name, tuple(publication.written)
        )
        add_staged(writes, draft, staged, mapping.pack(publication.release_metadata))
        check_unclaimed(writes, upload.filename)
        check_token(writes, upload.token_id, upload.scopes)
        return writes

    def _settle(self, upload: Upload, failed: frozenset[str]) -> bool | None:
        """Read a refusal: a twin's success, somebody's claim, or a closed door.

        None means that nothing was decided (others stepped first): try again.
        """
        current = self.uploads.get(upload.id)
        if refusal := current.verdict():
            raise refusal
        if self._is_duplicate(upload):
            return False
        if "project" in failed:
            require_open(find_project(upload.project))
        if f"token {upload.token_id}" in failed:
            require_token(upload.token_id, upload.scopes)
        if "release" in failed:
            self._require_open_release(upload)
        return None

    def _is_own(self, upload: Upload) -> bool:
        claim = self.catalog.claim(upload.filename)
        return claim is not None and claim.upload_id == upload.id

    def _is_duplicate(self, upload: Upload) -> bool:
        claim = self.catalog.claim(upload.filename)
        if claim is None:
            return False
        claim.settles(upload.filename, upload.sha256)
        self.uploads.end(upload.id, UploadState.PUBLISHED)
        return True

    def _require_open_release(self, upload: Upload) -> None:
        place = (upload.project, upload.version)
        require_open_release(self.catalog, place, upload.received_at, self.release_closes_after)

    def _draft(self, upload: Upload) -> Draft:
        """Find the draft that the upload is for. Raises Rejected where it takes no file now."""
        draft = self.drafts.get(str(upload.draft_id))
        try:
            draft.require_open(datetime.now(UTC))
        except (TooLate, Gone) as ended:
            raise Rejected((Problem("draft-ended", str(ended)),)) from None
        return draft


def _end(writes: Writes, upload: Upload, state: UploadState) -> None:
    item = UploadItem(keys.upload(upload.id), keys.UPLOAD)
    writes.update("upload", item, [UploadItem.state.set(state.value)], RECEIVED)


def _record(publication: Publication, revision: Revision) -> Record:
    upload, file = publication.upload, publication.file
    return Record(
        at=revision.moment,
        act=Act.PUBLISHED,
        actor=Actor(upload.principal, upload.token_id),
        project=upload.project,
        subjects=(upload.filename,),
        detail={
            "version": upload.version,
            "sha256": file.sha256,
            "upload": upload.id,
            **upload.origin(),
        },
    )
