"""The world as the services see it: what must be stored, found and told.

Each port has a fake in ``tests/fakes`` and an adapter in ``idlewheel.storage``; one contract
suite holds both to the same behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from idlewheel.domain.access import Actor
    from idlewheel.domain.audit import Record
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import (
        Claim,
        Delta,
        File,
        Listing,
        Project,
        ProjectPage,
        Release,
        Status,
    )
    from idlewheel.domain.tokens import Token
    from idlewheel.domain.uploads import Upload
    from idlewheel.errors import Refusal


class Catalog(Protocol):
    """Reads of what is published; every one is strongly consistent."""

    def project(self, name: NormalizedName) -> Project:
        """Find a project: one read, whatever its size. Raises NotFound."""
        ...

    def page(self, project: Project) -> ProjectPage:
        """Assemble the page of *project*, at its revision or a later one."""
        ...

    def changes(self, name: NormalizedName, since: int) -> Delta:
        """All of a project that was written after revision *since*, as it can be seen now."""
        ...

    def newest(self, name: NormalizedName, most: int) -> Delta:
        """What of a project was written last, of its items so many at the *most*: one read.

        It is complete if the project has no more. Raises NotFound.
        """
        ...

    def file(self, name: NormalizedName, filename: str) -> File:
        """Find one file, deleted ones included. Raises NotFound."""
        ...

    def release(self, name: NormalizedName, version: str) -> Release:
        """Find one release by its canonical version. Raises NotFound."""
        ...

    def files(self, name: NormalizedName) -> Sequence[File]:
        """All files of a project, deleted ones included."""
        ...

    def release_metadata(self, name: NormalizedName, version: str) -> Mapping[str, object]:
        """What the JSON API shows of a release's core metadata; empty where nothing is kept."""
        ...

    def claim(self, filename: str) -> Claim | None:
        """Who holds *filename*, in whatever case it is spelled."""
        ...

    def root_counters(self) -> tuple[int, ...]:
        """One number per root shard; the list of projects has changed if any of them has."""
        ...

    def listings(self) -> Sequence[Listing]:
        """Every project that the list of projects shows, by name."""
        ...

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        """What one root shard lists, hidden ones included, of those changed after *serial*."""
        ...


class Uploads(Protocol):
    """Uploads on their way."""

    def open(self, upload: Upload, at_once: int | None = None) -> Upload:
        """Record *upload*, or answer the one it joins.

        A retry of the same filename and bytes by the same token joins the upload that is in
        flight; nothing is written then.

        Raises:
            TooMany: the token has *at_once* uploads open that were opened with such a bound.

        """
        ...

    def get(self, upload_id: str) -> Upload:
        """Find an upload. Raises NotFound."""
        ...

    def reject(self, upload_id: str, refusal: Refusal) -> Upload:
        """End a received upload as rejected; one that has ended stays as it is.

        Answers the upload as it is then. Raises NotFound.
        """
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """A verified file whose bytes are in place, ready to be listed."""

    upload: Upload
    file: File
    display_name: str
    release_metadata: Mapping[str, object] = field(default_factory=dict)
    written: Sequence[tuple[str, str]] = ()
    """Key and version id of each object that was written for it."""


class Publisher(Protocol):
    """The one transaction by which a file becomes listed."""

    def precheck(self, upload: Upload) -> bool:
        """End *upload* here if its fate is decided already, before a byte is copied.

        Answers whether the same bytes are published already. Raises what :meth:`publish` would.
        """
        ...

    def publish(self, publication: Publication) -> bool:
        """List the file and end its upload as published; answer whether it is new.

        False means that the same bytes had been published under this name before (a duplicate).

        Raises:
            Conflict: the filename is taken.
            Denied: the project takes no uploads, or the token was revoked or changed.
            Rejected: the release has closed.
            Unavailable: the tables were too busy; nothing has happened, try again.

        """
        ...

    def stage(self, publication: Publication) -> bool:
        """Put the file into its draft and end its upload as staged; answer whether it is new.

        False means that the same bytes are in the draft, or published, already (a duplicate).
        Raises what :meth:`publish` would, and:

        Raises:
            Conflict: the draft holds other bytes under this name.
            Rejected: the draft has ended, or is full.

        """
        ...


class Changes(Protocol):
    """What managers do to published things: each one is one or more repeatable transactions."""

    def by(self, actor: Actor) -> Changes:
        """The same changes, recorded as done by *actor*."""
        ...

    def set_status(self, name: NormalizedName, status: Status, reason: str | None) -> Project:
        """Mark a project (PEP 792). Raises NotFound."""
        ...

    def yank_release(self, name: NormalizedName, version: str, reason: str | None) -> None:
        """Yank a release, or unyank it where *reason* is None. Raises NotFound."""
        ...

    def yank_file(self, name: NormalizedName, filename: str, reason: str | None) -> None:
        """Yank a file, or unyank it where *reason* is None. Raises NotFound."""
        ...

    def delete_files(self, name: NormalizedName, files: Iterable[File], now: datetime) -> None:
        """Unlist files; their names stay taken for ever."""
        ...

    def restore_files(self, name: NormalizedName, files: Iterable[File]) -> None:
        """List deleted files again."""
        ...

    def mark_release(self, name: NormalizedName, version: str, *, deleted: bool) -> None:
        """Drop a version from the list of versions, or take it back. Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """One request that puts the bytes of an upload into the inbox, and no others."""

    url: str
    headers: Mapping[str, str]
    """To be sent as they are: they are signed, so the store refuses whatever differs."""
    expires_at: datetime
    """Until when the request may start; one that has started may end later."""


class Gate(Protocol):
    """The way into the inbox for who is not us."""

    def admit(self, upload: Upload, now: datetime) -> Admission:
        """Let the bytes of *upload* in: those bytes, that many, once, and soon."""
        ...


class Inbox(Protocol):
    """Where bytes wait for their verdict."""

    def stage(self, key: str, body: bytes, sha256: str) -> None:
        """Put *body*, once: a second put of the same bytes is our own retry and succeeds."""
        ...

    def fetch(self, key: str, path: Path, heard: Callable[[bytes], None]) -> bool:
        """Stream the object to *path*, telling *heard*; False where there is none (any more)."""
        ...

    def discard(self, key: str) -> None:
        """Remove the object; removing it again changes nothing."""
        ...


class Files(Protocol):
    """Where published bytes live."""

    def adopt(self, staged_key: str, key: str) -> str:
        """Copy a staged object to *key* and answer the new version's id. Raises NotFound."""
        ...

    def put_metadata(self, key: str, metadata: bytes) -> str:
        """Write the ``.metadata`` sibling of *key* and answer the new version's id."""
        ...

    def put_provenance(self, key: str, provenance: bytes) -> str:
        """Write the ``.provenance`` sibling of *key* and answer the new version's id."""
        ...

    def drop(self, key: str, version_id: str) -> None:
        """Remove that one version: never the key, a twin may own it."""
        ...

    def hide(self, keys: Iterable[str]) -> None:
        """Make the objects answer 404, without moving a byte."""
        ...

    def reveal(self, keys: Iterable[str]) -> None:
        """Undo :meth:`hide`."""
        ...


class Audit(Protocol):
    """Who did what, with which token, to what; written with the acts themselves."""

    def find(
        self,
        project: str | None = None,
        principal: str | None = None,
        day: date | None = None,
        most: int = 100,
        before: str | None = None,
    ) -> Sequence[Record]:
        """The latest records of *project*, by *principal*, of *day* in UTC; one must be given.

        *before* is the place of a record: only those that precede it are found.
        """
        ...


class KnownTokens(Protocol):
    """What is kept of tokens, to be looked up."""

    def get(self, token_id: str) -> Token:
        """Find a token. Raises NotFound."""
        ...


class Tokens(KnownTokens, Protocol):
    """What is kept of tokens."""

    def by(self, actor: Actor) -> Tokens:
        """The same tokens; what is written is recorded as done by *actor*."""
        ...

    def add(self, token: Token) -> None:
        """Record a new token. Raises Denied where the actor's own was revoked."""
        ...

    def revoke(self, token_id: str) -> Token:
        """Make a token useless from now on. Raises NotFound, and Denied as :meth:`add` does."""
        ...

    def all(self) -> Sequence[Token]:
        """Every token that has not expired, newest first."""
        ...
