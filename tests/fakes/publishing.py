"""Uploads and their publication, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import Act
from idlewheel.domain.drafts import StagedFile
from idlewheel.domain.uploads import Upload, UploadState
from idlewheel.errors import (
    Gone,
    NotFound,
    Problem,
    Refusal,
    Rejected,
    TooLate,
    TooMany,
)
from tests.fakes.world import World, list_files, note, require_open, require_token

if TYPE_CHECKING:
    from idlewheel.domain.drafts import Draft
    from idlewheel.services.ports import Publication


class FakeUploads:
    def __init__(self, world: World) -> None:
        self.world = world

    def open(self, upload: Upload, at_once: int | None = None) -> Upload:
        what = (upload.filename.casefold(), upload.lane, upload.sha256)
        place = (*what, upload.token_id, upload.draft_id or "")
        seen = self.world.uploads.get(self.world.in_flight.get(place, ""))
        if seen is not None and seen.in_flight(upload.received_at):
            return seen
        if at_once is not None:
            self._take_slot(upload, at_once)
        self.world.uploads[upload.id] = upload
        self.world.in_flight[place] = upload.id
        return upload

    def _take_slot(self, upload: Upload, at_once: int) -> None:
        mine = self.world.sessions.setdefault(upload.token_id, set())
        mine &= {one for one in mine if self.world.uploads[one].in_flight(upload.received_at)}
        if len(mine) >= at_once:
            raise TooMany(f"token {upload.token_id} has {at_once} uploads open")
        mine.add(upload.id)

    def get(self, upload_id: str) -> Upload:
        if upload_id not in self.world.uploads:
            raise NotFound(f"there is no upload '{upload_id}'")
        return self.world.uploads[upload_id]

    def reject(self, upload_id: str, refusal: Refusal) -> Upload:
        upload = self.get(upload_id)
        if not upload.state.terminal:
            actor = Actor(upload.principal, upload.token_id)
            problems = [list(problem) for problem in refusal.problems]
            said = {"code": refusal.code, "problems": problems}
            note(self.world, Act.REJECTED, actor, upload.project, upload.filename, **said)
        self.end(
            upload_id,
            state=UploadState.REJECTED,
            refusal=refusal.code,
            problems=refusal.problems,
        )
        return self.get(upload_id)

    def end(self, upload_id: str, **changes: Any) -> None:
        upload = self.world.uploads.get(upload_id)
        if upload is not None and not upload.state.terminal:
            self.world.uploads[upload_id] = replace(upload, **changes)


class FakePublisher:
    def __init__(self, world: World, closes_after: timedelta = timedelta(days=14)) -> None:
        self.world = world
        self.closes_after = closes_after

    def precheck(self, upload: Upload) -> bool:
        claim = self.world.claims.get(upload.filename.casefold())
        if claim is not None and (
            claim.upload_id == upload.id or claim.settles(upload.filename, upload.sha256)
        ):
            FakeUploads(self.world).end(upload.id, state=UploadState.PUBLISHED)
            return True
        require_open(
            self.world, (upload.project, upload.version), upload.received_at - self.closes_after
        )
        require_token(self.world, upload.token_id, upload.scopes)
        if upload.draft_id is not None:
            self._draft(upload).require_room()
        return False

    def publish(self, publication: Publication) -> bool:
        upload = publication.upload
        current = self.world.uploads[upload.id]
        if current.state is UploadState.PUBLISHED:
            return True
        if refusal := current.verdict():
            raise refusal
        if self.precheck(upload):
            return False
        self._write(publication)
        return True

    def stage(self, publication: Publication) -> bool:
        upload, world = publication.upload, self.world
        draft = self._draft(upload)
        held = world.staged_files.get((draft.id, upload.filename))
        if held is not None:
            held.require_same(upload.sha256)
            FakeUploads(world).end(upload.id, state=UploadState.STAGED)
            return held.written == tuple(publication.written)
        if refusal := world.uploads[upload.id].verdict():
            raise refusal
        if self.precheck(upload):
            return False
        revision = draft.revision + 1
        world.staged_files[draft.id, upload.filename] = StagedFile(
            replace(publication.file, revision=revision),
            upload.id,
            publication.display_name,
            tuple(publication.written),
        )
        world.drafts[draft.id] = replace(
            draft,
            revision=revision,
            file_count=draft.file_count + 1,
            stamp=draft.stamp + revision,
        )
        world.draft_metadata.setdefault(draft.id, publication.release_metadata)
        FakeUploads(world).end(upload.id, state=UploadState.STAGED)
        return True

    def _draft(self, upload: Upload) -> Draft:
        draft = self.world.drafts[str(upload.draft_id)]
        try:
            draft.require_open(datetime.now(UTC))
        except (Gone, TooLate) as ended:
            raise Rejected((Problem("draft-ended", str(ended)),)) from None
        return draft

    def _write(self, publication: Publication) -> None:
        upload, world = publication.upload, self.world
        files = [(publication.file, upload.id)]
        place = (upload.project, upload.version)
        metadata = publication.release_metadata
        list_files(world, place, publication.display_name, files, metadata)
        if upload.upload_time is not None:
            known = world.files[upload.project, upload.filename]
            imported = replace(known, uploaded_at=upload.upload_time)
            world.files[upload.project, upload.filename] = imported
        FakeUploads(world).end(upload.id, state=UploadState.PUBLISHED)
        said = {"version": upload.version, "sha256": publication.file.sha256, "upload": upload.id}
        actor = Actor(upload.principal, upload.token_id)
        detail = {**said, **upload.origin()}
        note(world, Act.PUBLISHED, actor, upload.project, upload.filename, **detail)
