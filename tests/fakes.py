"""The world in memory: every port of ``idlewheel.services.ports`` as an ordinary class.

``tests/contract`` runs one suite against these and against the real adapters, so that a fake
cannot drift from what it stands for.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import OURSELVES, Act, Record
from idlewheel.domain.drafts import StagedFile
from idlewheel.domain.project import (
    Claim,
    Delta,
    File,
    FileState,
    Listing,
    Project,
    ProjectPage,
    Release,
    Status,
    page_of,
)
from idlewheel.domain.tokens import Token, TokenState
from idlewheel.domain.uploads import Upload, UploadState
from idlewheel.domain.versions import canonical
from idlewheel.errors import (
    Denied,
    Gone,
    NotFound,
    Problem,
    Refusal,
    Rejected,
    TooLate,
    TooMany,
)
from idlewheel.services.ports import Admission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from idlewheel.domain.access import Scope
    from idlewheel.domain.attestations import Trust
    from idlewheel.domain.drafts import Draft, Written
    from idlewheel.domain.names import NormalizedName
    from idlewheel.services.ports import Publication

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class World:
    """What all the fakes share: the two tables and the two buckets."""

    projects: dict[str, Project] = field(default_factory=dict)
    releases: dict[tuple[str, str], Release] = field(default_factory=dict)
    metadata: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    files: dict[tuple[str, str], File] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    sessions: dict[str, set[str]] = field(default_factory=dict)
    in_flight: dict[tuple[str, ...], str] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    staged_files: dict[tuple[str, str], StagedFile] = field(default_factory=dict)
    removed: dict[tuple[str, str], Written] = field(default_factory=dict)
    draft_metadata: dict[str, Mapping[str, object]] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    trusts: dict[str, Trust | None] = field(default_factory=dict)
    staged: dict[str, bytes] = field(default_factory=dict)
    versions: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    clock: int = 0
    counters: dict[int, int] = field(default_factory=dict)


class FakeCatalog:
    def __init__(self, world: World) -> None:
        self.world = world

    def project(self, name: NormalizedName) -> Project:
        if name not in self.world.projects:
            raise NotFound(f"there is no project '{name}'")
        return self.world.projects[name]

    def page(self, project: Project) -> ProjectPage:
        releases = tuple(
            one for (name, _), one in sorted(self.world.releases.items()) if name == project.name
        )
        current = self.world.projects[project.name]
        return page_of(current, releases, tuple(self.files(project.name)))

    def changes(self, name: NormalizedName, since: int) -> Delta:
        project = self.world.projects.get(name)
        if project is None or project.revision <= since:
            return Delta(None)
        releases = [one for (of, _), one in sorted(self.world.releases.items()) if of == name]
        return Delta(
            project,
            tuple(one for one in releases if one.revision > since),
            tuple(one for one in self.files(name) if one.revision > since),
        )

    def newest(self, name: NormalizedName, most: int) -> Delta:
        found = self.changes(name, 0)
        if found.project is None:
            raise NotFound(f"there is no project '{name}'")
        items = sorted([*found.releases, *found.files], key=attrgetter("revision"), reverse=True)
        kept = items[: most - 1]
        return Delta(
            found.project,
            tuple(one for one in found.releases if one in kept),
            tuple(one for one in found.files if one in kept),
        )

    def file(self, name: NormalizedName, filename: str) -> File:
        try:
            return self.world.files[name, filename]
        except KeyError:
            raise NotFound(f"there is no file '{filename}'") from None

    def release(self, name: NormalizedName, version: str) -> Release:
        try:
            return self.world.releases[name, canonical(version)]
        except KeyError:
            raise NotFound(f"there is no release {version}") from None

    def release_metadata(self, name: NormalizedName, version: str) -> Mapping[str, object]:
        return self.world.metadata.get((name, canonical(version)), {})

    def files(self, name: NormalizedName) -> Sequence[File]:
        return [one for (of, _), one in sorted(self.world.files.items()) if of == name]

    def claim(self, filename: str) -> Claim | None:
        return self.world.claims.get(filename.casefold())

    def root_counters(self) -> tuple[int, ...]:
        return (sum(self.world.counters.values()),)

    def listings(self) -> Sequence[Listing]:
        return [one for one in self.listed_since(0, 0) if one.shown]

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        return [
            Listing(
                one.name,
                one.display_name,
                one.serial,
                one.status.offers_files,
                one.revision,
                one.size,
            )
            for _, one in sorted(self.world.projects.items())
            if one.serial > serial
        ]


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


def require_open(world: World, place: tuple[NormalizedName, str], oldest: datetime) -> None:
    """Go on only if a project takes uploads and its release is younger than *oldest*."""
    name, version = place
    project = world.projects.get(name)
    if project is not None and not project.status.takes_uploads:
        raise Denied(f"project '{project.name}' is {project.status} and takes no uploads")
    release = world.releases.get((name, canonical(version)))
    if release and release.created_at <= oldest:
        raise Rejected((Problem("release-closed", "the release is closed"),))


def require_token(world: World, token_id: str, scopes: Sequence[Scope]) -> None:
    """Go on only if a token is as it was."""
    token = world.tokens.get(token_id)
    if token is None or token.state is not TokenState.ACTIVE or token.scopes != scopes:
        raise Denied(f"token {token_id} was revoked or changed")


def list_files(
    world: World,
    place: tuple[NormalizedName, str],
    display_name: str,
    files: Sequence[tuple[File, str]],
    metadata: Mapping[str, object],
) -> None:
    """List files of one release, each with the id of its upload, at one revision."""
    name, version = place
    world.clock += len(files) - 1
    project = step(world, name, display_name, touched=len(files) + 1)
    world.projects[name] = replace(
        project,
        file_count=project.file_count + len(files),
        size=project.size + sum(file.size for file, _ in files),
    )
    for number, (file, upload_id) in enumerate(reversed(files)):
        moment = EPOCH + timedelta(microseconds=project.serial - number)
        listed = replace(file, uploaded_at=moment, revision=project.revision)
        world.files[name, file.filename] = listed
        claim = Claim(file.filename, file.sha256, upload_id, FileState.ACTIVE)
        world.claims[file.filename.casefold()] = claim
    moment = EPOCH + timedelta(microseconds=project.serial)
    key = (name, canonical(version))
    before = world.releases.get(key, Release(version, moment, writes=0))
    world.releases[key] = replace(
        before, revision=project.revision, deleted=False, writes=before.writes + 1
    )
    world.metadata.setdefault(key, metadata)


def _yank(reason: str | None) -> Act:
    return Act.UNYANKED if reason is None else Act.YANKED


def step(world: World, name: NormalizedName, display_name: str = "", touched: int = 0) -> Project:
    """Step the revision of a project, which may be new, as every change of its page does."""
    world.clock = max(world.clock + 1, time.time_ns() // 1000)
    before = world.projects.get(name)
    if before is None:
        if not display_name:
            raise NotFound(f"there is no project '{name}'")
        moment = EPOCH + timedelta(microseconds=world.clock)
        before = Project(name, display_name, 0, 0, moment)
    after = replace(
        before,
        revision=before.revision + 1,
        serial=world.clock,
        writes=before.writes + touched,
    )
    world.projects[name] = after
    world.counters[0] = world.counters.get(0, 0) + 1
    return after


class FakeAudit:
    def __init__(self, world: World) -> None:
        self.world = world

    def find(
        self,
        project: str | None = None,
        principal: str | None = None,
        day: date | None = None,
        most: int = 100,
        before: str | None = None,
    ) -> Sequence[Record]:
        found = [
            record
            for record in sorted(self.world.records, key=lambda one: one.place, reverse=True)
            if project in {None, record.project}
            and principal in {None, record.actor.principal}
            and day in {None, record.at.date()}
            and (before is None or record.place < before)
        ]
        return found[:most]


def note(
    world: World, act: Act, actor: Actor, project: str | None, *subjects: str, **detail: Any
) -> None:
    """Record an act, as it is recorded in the transaction that does it."""
    said = {key.rstrip("_"): value for key, value in detail.items() if value is not None}
    world.records.append(Record(datetime.now(UTC), act, actor, project, subjects, said))


class FakeChanges:
    def __init__(self, world: World, actor: Actor = OURSELVES) -> None:
        self.world = world
        self.actor = actor

    def by(self, actor: Actor) -> FakeChanges:
        return FakeChanges(self.world, actor)

    def _note(self, act: Act, name: str, *subjects: str, **detail: Any) -> None:
        note(self.world, act, self.actor, name, *subjects, **detail)

    def set_status(self, name: NormalizedName, status: Status, reason: str | None) -> Project:
        project = step(self.world, name)
        self.world.projects[name] = replace(project, status=status, status_reason=reason)
        self._note(Act.STATUS_CHANGED, name, status=status.value, reason=reason)
        return self.world.projects[name]

    def yank_release(self, name: NormalizedName, version: str, reason: str | None) -> None:
        self._change_release(name, version, yanked=reason)
        self._note(_yank(reason), name, version, reason=reason)

    def mark_release(self, name: NormalizedName, version: str, *, deleted: bool) -> None:
        self._change_release(name, version, deleted=deleted)
        self._note(Act.DELETED if deleted else Act.RESTORED, name, version)

    def yank_file(self, name: NormalizedName, filename: str, reason: str | None) -> None:
        if (name, filename) not in self.world.files:
            raise NotFound(f"there is no file '{filename}'")
        revision = step(self.world, name, touched=1).revision
        self._change_file(name, filename, revision, yanked=reason)
        self._note(_yank(reason), name, filename, reason=reason)

    def delete_files(self, name: NormalizedName, files: Iterable[File], now: datetime) -> None:
        self._mark(name, files, FileState.DELETED, now)

    def restore_files(self, name: NormalizedName, files: Iterable[File]) -> None:
        self._mark(name, files, FileState.ACTIVE, None)

    def _mark(
        self, name: NormalizedName, files: Iterable[File], state: FileState, when: datetime | None
    ) -> None:
        some = list(files)
        if not some:
            return
        project = step(self.world, name, touched=len(some))
        moved = [one for one in some if self.world.files[name, one.filename].state is not state]
        size = sum(one.size for one in moved)
        grown = size if state is FileState.ACTIVE else -size
        self.world.projects[name] = replace(project, size=project.size + grown)
        revision = project.revision
        for file in some:
            self._change_file(name, file.filename, revision, state=state, deleted_at=when)
            key = file.filename.casefold()
            self.world.claims[key] = replace(self.world.claims[key], state=state)
        act = Act.RESTORED if state is FileState.ACTIVE else Act.DELETED
        self._note(act, name, *(file.filename for file in some))

    def _change_file(
        self, name: NormalizedName, filename: str, revision: int, **changes: Any
    ) -> None:
        before = self.world.files[name, filename]
        self.world.files[name, filename] = replace(
            before, revision=revision, writes=before.writes + 1, **changes
        )

    def _change_release(self, name: NormalizedName, version: str, **changes: Any) -> None:
        place = (name, canonical(version))
        if name not in self.world.projects or place not in self.world.releases:
            raise NotFound(f"there is no release {version} of '{name}'")
        revision = step(self.world, name, touched=1).revision
        before = self.world.releases[place]
        self.world.releases[place] = replace(
            before, revision=revision, writes=before.writes + 1, **changes
        )


class FakeInbox:
    def __init__(self, world: World) -> None:
        self.world = world

    def stage(self, key: str, body: bytes, sha256: str) -> None:
        self.world.staged.setdefault(key, body)

    def fetch(self, key: str, path: Path, heard: Callable[[bytes], None]) -> bool:
        if key not in self.world.staged:
            return False
        path.write_bytes(self.world.staged[key])
        heard(self.world.staged[key])
        return True

    def discard(self, key: str) -> None:
        self.world.staged.pop(key, None)


class FakeGate:
    def __init__(self, world: World) -> None:
        self.world = world

    def admit(self, upload: Upload, now: datetime) -> Admission:
        headers = {"content-length": str(upload.size), "sha256": upload.sha256}
        return Admission(upload.staged_key, headers, now + timedelta(minutes=15))

    def put(self, admission: Admission, body: bytes) -> int:
        """Send bytes as announced; the status that S3 would answer."""
        if datetime.now(UTC) >= admission.expires_at:
            return 403
        if admission.headers["content-length"] != str(len(body)):
            return 403
        if admission.headers["sha256"] != hashlib.sha256(body).hexdigest():
            return 400
        if admission.url in self.world.staged:
            return 412
        self.world.staged[admission.url] = body
        return 200


class FakeFiles:
    def __init__(self, world: World) -> None:
        self.world = world
        self._made = 0

    def adopt(self, staged_key: str, key: str) -> str:
        if staged_key not in self.world.staged:
            raise NotFound(f"{staged_key} is not staged any more")
        return self._put(key, self.world.staged[staged_key])

    def put_metadata(self, key: str, metadata: bytes) -> str:
        return self._put(f"{key}.metadata", metadata)

    def put_provenance(self, key: str, provenance: bytes) -> str:
        return self._put(f"{key}.provenance", provenance)

    def _put(self, key: str, body: bytes) -> str:
        self._made += 1
        version = f"v{self._made}"
        self.world.versions.setdefault(key, []).append((version, body))
        return version

    def drop(self, key: str, version_id: str) -> None:
        left = [one for one in self.world.versions.get(key, []) if one[0] != version_id]
        self.world.versions[key] = left

    def hide(self, keys: Iterable[str]) -> None:
        self.world.hidden |= set(keys)

    def reveal(self, keys: Iterable[str]) -> None:
        self.world.hidden -= set(keys)

    def read(self, key: str) -> bytes | None:
        """What a client would download; None where S3 would answer 404."""
        versions = self.world.versions.get(key)
        return None if not versions or key in self.world.hidden else versions[-1][1]


class FakeTrusts:
    def __init__(self, world: World) -> None:
        self.world = world

    def find(self, name: NormalizedName) -> Trust | None:
        return self.world.trusts.get(name)

    def set(self, name: NormalizedName, trust: Trust | None) -> None:
        self.world.trusts[name] = trust


class FakeTokens:
    def __init__(self, world: World, actor: Actor = OURSELVES) -> None:
        self.world = world
        self.actor = actor

    def by(self, actor: Actor) -> FakeTokens:
        return type(self)(self.world, actor)

    def _note(self, act: Act, token: Token) -> None:
        said = {"kind": token.kind.value, "for_": token.principal}
        scopes = " ".join(str(scope) for scope in token.scopes)
        note(self.world, act, self.actor, None, token.id, **said, scopes=scopes)

    def add(self, token: Token) -> None:
        self._require_active()
        self.world.tokens[token.id] = token
        self._note(Act.TOKEN_ISSUED, token)

    def _require_active(self) -> None:
        own = self.world.tokens.get(self.actor.token_id)
        if self.actor.token_id and (own is None or own.state is not TokenState.ACTIVE):
            raise Denied(f"token {self.actor.token_id} was revoked")

    def get(self, token_id: str) -> Token:
        if token_id not in self.world.tokens:
            raise NotFound(f"there is no token '{token_id}'")
        return self.world.tokens[token_id]

    def revoke(self, token_id: str) -> Token:
        token = self.get(token_id)
        revoked = replace(token, state=TokenState.REVOKED)
        if token != revoked and token_id != self.actor.token_id:
            self._require_active()
        self.world.tokens[token_id] = revoked
        if token != revoked:
            self._note(Act.TOKEN_REVOKED, revoked)
        return revoked

    def all(self) -> Sequence[Token]:
        return sorted(self.world.tokens.values(), key=lambda one: one.created_at, reverse=True)
