"""What all the fakes share, and how it changes.

Every port of the services is an ordinary class here; ``tests/contract`` runs one suite against
these and against the real adapters, so that a fake cannot drift from what it stands for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from idlewheel.domain.audit import Act, Record
from idlewheel.domain.project import (
    Claim,
    File,
    FileState,
    Project,
    Release,
)
from idlewheel.domain.tokens import Token, TokenState
from idlewheel.domain.versions import canonical
from idlewheel.errors import (
    Denied,
    NotFound,
    Problem,
    Rejected,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from idlewheel.domain.access import Actor, Scope
    from idlewheel.domain.attestations import Trust
    from idlewheel.domain.drafts import Draft, StagedFile, Written
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.uploads import Upload


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


def note(
    world: World, act: Act, actor: Actor, project: str | None, *subjects: str, **detail: Any
) -> None:
    """Record an act, as it is recorded in the transaction that does it."""
    said = {key.rstrip("_"): value for key, value in detail.items() if value is not None}
    world.records.append(Record(datetime.now(UTC), act, actor, project, subjects, said))


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
