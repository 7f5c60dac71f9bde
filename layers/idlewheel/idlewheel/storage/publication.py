"""The one transaction by which a file becomes listed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.audit import Act, Actor, Record
from idlewheel.domain.project import FileState
from idlewheel.domain.tokens import TokenState
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Denied, NotFound, Problem, Rejected
from idlewheel.storage import audit, keys, mapping
from idlewheel.storage.revisions import find_project, next_revision
from idlewheel.storage.tables import (
    ClaimItem,
    FileItem,
    MetadataItem,
    ReleaseItem,
    TokenItem,
    UploadItem,
)
from idlewheel.storage.transactions import Busy, Writes, attempts
from idlewheel.storage.uploads import RECEIVED

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pynamodb.connection import Connection

    from idlewheel.domain.project import File, Project
    from idlewheel.domain.uploads import Upload
    from idlewheel.services.ports import Publication
    from idlewheel.storage.catalog import DynamoCatalog
    from idlewheel.storage.revisions import Revision
    from idlewheel.storage.uploads import DynamoUploads


@dataclass(frozen=True, slots=True)
class DynamoPublisher:
    """Publishes; over one connection, as one transaction spans both tables."""

    connection: Connection
    catalog: DynamoCatalog
    uploads: DynamoUploads
    release_closes_after: timedelta
    """How long after its first file a release takes others (PyPI's rule of July 2026)."""

    def precheck(self, upload: Upload) -> bool:
        """End *upload* here if its fate is decided already, before a byte is copied.

        Answers whether the same bytes are published already; raises what :meth:`publish` would.
        """
        if self._is_duplicate(upload):
            return True
        _require_open(find_project(upload.project))
        self._require_open_release(upload)
        _require_token(upload)
        return False

    def publish(self, publication: Publication) -> bool:
        """List the file and end its upload; answer whether it is new."""
        upload = publication.upload
        for _ in attempts():
            before = find_project(upload.project)
            _require_open(before)
            revision = next_revision(upload.project, before, publication.display_name)
            try:
                failed = self._writes(publication, revision).commit(self.connection)
            except Busy:
                continue
            if not failed:
                return True
            if (known := self._settle(upload, failed)) is not None:
                return known
        raise AssertionError  # attempts() ends by raising

    def _writes(self, publication: Publication, revision: Revision) -> Writes:
        upload, writes = publication.upload, Writes()
        file = replace(publication.file, uploaded_at=revision.moment, revision=revision.number)
        writes.update(
            "upload",
            UploadItem(keys.upload(upload.id), keys.UPLOAD),
            [UploadItem.state.set(UploadState.PUBLISHED.value)],
            RECEIVED,
        )
        writes.put("claim", _claim(file, upload), ClaimItem.pk.does_not_exist())
        writes.put("file", mapping.file_item(upload.project, file), FileItem.pk.does_not_exist())
        self._add_release(writes, publication, revision)
        audit.add(writes, _record(publication, revision))
        revision.add_publication(writes, file.size)
        writes.check(
            "token",
            TokenItem,
            (keys.token(upload.token_id), keys.TOKEN),
            (TokenItem.state == TokenState.ACTIVE.value)
            & (TokenItem.scopes == mapping.scopes_to(upload.scopes)),
        )
        return writes

    def _add_release(self, writes: Writes, publication: Publication, revision: Revision) -> None:
        upload, created = publication.upload, ReleaseItem.created_at
        writes.update(
            "release",
            ReleaseItem(keys.project(upload.project), keys.release(upload.version)),
            [
                ReleaseItem.kind.set(ReleaseItem),
                ReleaseItem.version.set(ReleaseItem.version | upload.version),
                created.set(created | revision.moment),
                ReleaseItem.revision.set(revision.number),
                ReleaseItem.writes.add(1),
                ReleaseItem.deleted.remove(),
            ],
            ReleaseItem.pk.does_not_exist() | (created > self._oldest_open(upload.received_at)),
        )
        writes.update(
            "metadata",
            MetadataItem(keys.release_metadata(upload.project, upload.version), keys.METADATA),
            [
                MetadataItem.kind.set(MetadataItem),
                MetadataItem.core.set(
                    MetadataItem.core | mapping.pack(publication.release_metadata)
                ),
            ],
        )

    def _settle(self, upload: Upload, failed: frozenset[str]) -> bool | None:
        """Read a refusal: this upload's own success, a twin's, somebody's claim, or a closed door.

        None means that nothing was decided (others stepped first): try again.
        """
        if self._is_own(upload):
            return True
        current = self.uploads.get(upload.id)
        if refusal := current.verdict():
            raise refusal
        if self._is_duplicate(upload):
            return False
        if "project" in failed:
            _require_open(find_project(upload.project))
        if "token" in failed:
            _require_token(upload)
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
        self.uploads.publish_duplicate(upload.id)
        return True

    def _require_open_release(self, upload: Upload) -> None:
        try:
            release = self.catalog.release(upload.project, upload.version)
        except NotFound:
            return
        if release.created_at <= self._oldest_open(upload.received_at):
            raise Rejected(
                (
                    Problem(
                        "release-closed",
                        f"release {upload.version} of '{upload.project}' is closed: a release "
                        f"takes new files for {self.release_closes_after.days} days after its "
                        "first one; publish a new version",
                    ),
                )
            )

    def _oldest_open(self, now: datetime) -> datetime:
        return now - self.release_closes_after


def _record(publication: Publication, revision: Revision) -> Record:
    upload, file = publication.upload, publication.file
    return Record(
        at=revision.moment,
        act=Act.PUBLISHED,
        actor=Actor(upload.principal, upload.token_id),
        project=upload.project,
        subjects=(upload.filename,),
        detail={"version": upload.version, "sha256": file.sha256, "upload": upload.id},
    )


def _claim(file: File, upload: Upload) -> ClaimItem:
    return ClaimItem(
        keys.filename(file.filename),
        keys.FILENAME,
        filename=file.filename,
        sha256=file.sha256,
        upload_id=upload.id,
        state=FileState.ACTIVE.value,
    )


def _require_open(project: Project | None) -> None:
    if project is not None and not project.status.takes_uploads:
        reason = f" ({project.status_reason})" if project.status_reason else ""
        raise Denied(f"project '{project.name}' is {project.status}{reason} and takes no uploads")


def _require_token(upload: Upload) -> None:
    """Revocation is exact: no publication commits after it (expiry was judged on arrival)."""
    try:
        item = TokenItem.get(keys.token(upload.token_id), keys.TOKEN, consistent_read=True)
    except DoesNotExist:
        raise Denied(f"token {upload.token_id} does not exist any more") from None
    token = mapping.token(item)
    if token.state is not TokenState.ACTIVE:
        raise Denied(f"token {token.id} was revoked before the upload was published")
    if token.scopes != upload.scopes:
        raise Denied(f"token {token.id} lost the scopes that the upload was received with")
