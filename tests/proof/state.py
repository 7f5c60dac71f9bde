"""Everything that an index holds, looked at from outside: what the invariants are checked on."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from idlewheel.domain.versions import canonical
from tests.proof import faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Claim, File, Listing, Project, Release
    from idlewheel.domain.tokens import Token
    from idlewheel.domain.uploads import Upload
    from tests.conftest import Stack
    from tests.emulator import Emulator
    from tests.fakes.world import World


@dataclass(frozen=True, slots=True)
class State:
    """One moment of the tables and the buckets."""

    projects: Mapping[NormalizedName, Project] = field(default_factory=dict)
    releases: Mapping[tuple[str, str], Release] = field(default_factory=dict)
    files: Mapping[tuple[str, str], File] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """By casefolded filename."""
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    drafted: Mapping[tuple[str, str], StagedFile] = field(default_factory=dict)
    """Files of drafts, by draft and filename."""
    tokens: Mapping[str, Token] = field(default_factory=dict)
    listings: Mapping[str, Listing] = field(default_factory=dict)
    described: frozenset[tuple[str, str]] = frozenset()
    """The (project, canonical version) that have core metadata."""
    staged: frozenset[str] = frozenset()
    objects: Mapping[str, bytes] = field(default_factory=dict)
    """What a client would get for each key of the files bucket."""
    kept: frozenset[str] = frozenset()
    """Every key of the files bucket that has a version, hidden ones included."""


def of_world(world: World) -> State:
    """Look at the fakes."""
    return State(
        projects={one.name: one for one in world.projects.values()},
        releases=dict(world.releases),
        files=dict(world.files),
        claims=dict(world.claims),
        uploads=dict(world.uploads),
        drafts=dict(world.drafts),
        drafted=dict(world.staged_files),
        tokens=dict(world.tokens),
        listings=_listings_of(world),
        described=frozenset(world.metadata),
        staged=frozenset(world.staged),
        objects={
            key: versions[-1][1]
            for key, versions in world.versions.items()
            if versions and key not in world.hidden
        },
        kept=frozenset(key for key, versions in world.versions.items() if versions),
    )


def _listings_of(world: World) -> dict[str, Listing]:
    from tests.fakes.reading import FakeCatalog

    return {one.name: one for one in FakeCatalog(world).listings() if one.shown}


def of_stack(stack: Stack) -> State:
    """Look at the tables and buckets themselves, past every adapter but the mapping of items."""
    with faults.aside():
        return _of_stack(stack)


def _of_stack(stack: Stack) -> State:
    from idlewheel.storage import access, draft_items, drafts, mapping, tables, uploads

    items = [*_scanned(tables.IndexItem), *_scanned(access.AccessItem)]

    def of(kind: type[Any], read: Any) -> list[Any]:
        return [(item, read(item)) for item in items if isinstance(item, kind)]

    def raw(read: Any) -> Any:
        return lambda item: read(item.serialize())

    s3 = s3_of(stack.emulator)
    objects, kept = _objects(s3, stack.files_bucket)
    return State(
        projects={one.name: one for _, one in of(tables.ProjectItem, raw(mapping.project))},
        releases={
            (_project_of(item.pk), canonical(one.version)): one
            for item, one in of(tables.ReleaseItem, raw(mapping.release))
        },
        files={
            (_project_of(item.pk), one.filename): one
            for item, one in of(tables.FileItem, raw(mapping.file))
        },
        claims={
            item.pk.removeprefix("FILENAME#"): one
            for item, one in of(tables.ClaimItem, mapping.claim)
        },
        uploads={one.id: one for _, one in of(tables.UploadItem, uploads.read)},
        drafts={one.id: one for _, one in of(draft_items.DraftItem, drafts.draft_of)},
        drafted={
            (item.pk.removeprefix("DRAFT#"), one.file.filename): one
            for item, one in of(draft_items.DraftFileItem, drafts.staged_file)
        },
        tokens={one.id: one for _, one in of(access.TokenItem, raw(access.token))},
        listings={
            one.name: one for _, one in of(tables.ListingItem, raw(mapping.listing)) if one.shown
        },
        described=frozenset(
            (item.pk.split("#")[1], item.pk.split("#")[2])
            for item, _ in of(tables.MetadataItem, lambda item: item)
        ),
        staged=frozenset(_objects(s3, stack.inbox_bucket)[0]),
        objects=objects,
        kept=kept,
    )


@functools.cache
def s3_of(emulator: Emulator) -> Any:
    """One client of an emulator's S3: making one costs more than all that it is asked here."""
    return emulator.client("s3")


def _scanned(kind: type[Any]) -> list[Any]:
    return list(kind.scan(consistent_read=True))


def _project_of(key: str) -> str:
    return key.removeprefix("PROJECT#")


def _objects(s3: Any, bucket: str) -> tuple[dict[str, bytes], frozenset[str]]:
    """What a client gets, asked as clients do: an emulator may forget which version is latest."""
    bodies = {
        key: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in _keys(s3, "list_objects_v2", "Contents", bucket)
    }
    kept = _keys(s3, "list_object_versions", "Versions", bucket)
    return bodies, frozenset({*kept, *bodies})


def _keys(s3: Any, question: str, answer: str, bucket: str) -> Iterator[str]:
    for page in s3.get_paginator(question).paginate(Bucket=bucket):
        yield from (one["Key"] for one in page.get(answer, []))
