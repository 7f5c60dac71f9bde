"""The whole index in one process: the services as the functions wire them, and the queues."""

from __future__ import annotations

import functools
import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from idlewheel.distribution.form import Declaration, check_form
from idlewheel.distribution.verify import verify
from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel.errors import Rejected
from idlewheel.services.drafts import Drafting
from idlewheel.services.ingest import Ingest
from idlewheel.services.manage import Management
from idlewheel.services.manifests import Unkept
from idlewheel.services.receive import Reception
from idlewheel.services.sessions import Announcement, Sessions
from idlewheel.storage.manifests import S3Manifests
from tests import factories
from tests.contract.ports import Ports, fake_ports, real_ports
from tests.fakes.world import World
from tests.proof import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection

    from idlewheel.distribution.policy import Policy
    from idlewheel.distribution.verify import Distribution
    from idlewheel.domain.drafts import Draft
    from idlewheel.domain.tokens import Token
    from idlewheel.domain.uploads import Upload
    from idlewheel.services.manifests import Manifests
    from tests.conftest import Stack

DEMO = NormalizedName("demo")
ADMIN = Principal("root", "adm0000000", parse_scopes(["admin:*"]), datetime(2100, 1, 1, tzinfo=UTC))


@functools.cache
def wheel(version: str = "1.0", description: str = "", build: str = "") -> tuple[str, bytes]:
    """A wheel of `demo`; another description makes other bytes under the same name."""
    return factories.wheel(version=version, description=description, build=build)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verification is a pure function, and hundreds of runs ask it the same."""

    known: dict[str, Distribution | Rejected] = field(default_factory=dict)

    def verify(
        self, path: Path, declaration: Declaration, policy: Policy, _digests: object = None
    ) -> Distribution:
        key = hashlib.sha256(path.read_bytes()).hexdigest() + repr((declaration, policy))
        if key not in self.known:
            with TemporaryDirectory() as folder:
                copy = Path(shutil.copy(path, folder))
                try:
                    self.known[key] = verify(copy, declaration, policy)
                except Rejected as refusal:
                    self.known[key] = refusal
        verdict = self.known[key]
        if isinstance(verdict, Rejected):
            raise verdict
        return verdict


VERDICTS = Verdicts()


@dataclass(frozen=True, slots=True)
class Cloud:
    """One deployed index: its doors, its workers, and a way to see all of it."""

    ports: Ports
    look: Callable[[], state.State]
    wipe: Callable[[], None]
    manifests: Manifests = field(default_factory=Unkept)

    @property
    def reception(self) -> Reception:
        return Reception(self.ports.catalog, self.ports.uploads, self.ports.inbox)

    @property
    def ingest(self) -> Ingest:
        ports = self.ports
        return Ingest(
            ports.uploads,
            ports.publisher,
            ports.inbox,
            ports.files,
            VERDICTS.verify,
            manifests=self.manifests,
        )

    @property
    def management(self) -> Management:
        ports = self.ports
        return Management(ports.catalog, ports.changes, ports.files, self.manifests)

    @property
    def drafting(self) -> Drafting:
        ports = self.ports
        return Drafting(ports.drafts, ports.draft_publisher, ports.files, self.manifests)

    def announce(self, token: Token, draft: Draft, file: tuple[str, bytes]) -> None:
        """What POST /uploads and the client's PUT do for a file of a draft."""
        digest = hashlib.sha256(file[1]).hexdigest()
        declaration = Declaration.of(file[0], {"sha256": digest})
        sessions = Sessions(self.ports.catalog, self.ports.uploads, self.ports.drafts)
        announcement = Announcement(declaration, len(file[1]), draft.id)
        who, now = self.ports.principal(token), datetime.now(UTC)
        upload = sessions.open(announcement, who, now)
        if upload is not None and not upload.state.terminal:
            self.ports.inbox.stage(upload.staged_key, file[1], upload.sha256)

    def draft(self, token: Token, *files: tuple[str, bytes]) -> Draft:
        """Open the draft of demo 1.0, or join it, and put files into it."""
        who, now = self.ports.principal(token), datetime.now(UTC)
        draft = self.drafting.open(DEMO, "1.0", who, now)
        for file in files:
            self.announce(token, draft, file)
        self.deliver()
        return draft

    def send(
        self,
        token: Token,
        file: tuple[str, bytes],
        now: datetime | None = None,
        **changes: Any,
    ) -> Upload | None:
        """What POST /legacy does until it waits."""
        fields = factories.upload_form(*file, **changes)
        who = self.ports.principal(token)
        arrived = now or datetime.now(UTC)
        return self.reception.receive(check_form(fields, file[0]), file[1], who, arrived)

    def deliver(self) -> list[str]:
        """Process what is staged, as its events would; answer the keys."""
        keys = sorted(self.look().staged)
        for key in keys:
            self.ingest.process(key)
        return keys

    def publish(self, token: Token, file: tuple[str, bytes]) -> Upload | None:
        """Send a file and process it."""
        upload = self.send(token, file)
        self.deliver()
        return upload


def of_fakes() -> Cloud:
    """An index in memory."""
    world = World()
    return Cloud(fake_ports(world), lambda: state.of_world(world), lambda: _clear(world))


def _clear(world: World) -> None:
    world.__init__()  # type: ignore[misc]


def of_stack(stack: Stack, connection: Connection) -> Cloud:
    """An index on the emulator."""
    ports = real_ports(stack, connection)
    manifests = S3Manifests(state.s3_of(stack.emulator), stack.files_bucket)
    return Cloud(ports, lambda: state.of_stack(stack), lambda: _empty(stack), manifests)


def _empty(stack: Stack) -> None:
    from idlewheel.storage import access, tables

    for kind in (tables.IndexItem, access.AccessItem):
        with kind.batch_write() as batch:
            for item in kind.scan(consistent_read=True):
                batch.delete(item)
    s3 = state.s3_of(stack.emulator)
    for bucket in (stack.inbox_bucket, stack.files_bucket):
        found = s3.list_object_versions(Bucket=bucket)
        for one in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
