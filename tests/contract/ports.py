"""The ports, twice: as fakes in memory, and as the real adapters on the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from botocore.exceptions import ClientError

from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.domain.drafts import Draft, new_draft_id
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import File
from idlewheel.domain.tokens import Kind
from idlewheel.domain.uploads import Upload, new_upload_id
from idlewheel.services import credentials
from idlewheel.services.credentials import Wish
from idlewheel.services.ports import Publication
from tests.fakes.access import FakeTokens
from tests.fakes.drafts import FakeDraftPublisher, FakeDrafts
from tests.fakes.managing import FakeChanges
from tests.fakes.publishing import FakePublisher, FakeUploads
from tests.fakes.reading import FakeAudit, FakeCatalog
from tests.fakes.stores import FakeFiles, FakeGate, FakeInbox
from tests.fakes.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection

    from idlewheel.domain.tokens import Token
    from idlewheel.services.drafts import DraftPublisher, Drafts
    from idlewheel.services.ports import (
        Admission,
        Audit,
        Catalog,
        Changes,
        Files,
        Gate,
        Inbox,
        Publisher,
        Tokens,
        Uploads,
    )
    from tests.conftest import Stack

CLOSES_AFTER = timedelta(days=14)
DEMO = NormalizedName("demo")


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port, over one world."""

    catalog: Catalog
    uploads: Uploads
    publisher: Publisher
    changes: Changes
    inbox: Inbox
    files: Files
    tokens: Tokens
    audit: Audit
    download: Callable[[str], bytes | None]
    """What a client gets for a key of the files bucket; None for a 404."""
    gate: Gate
    put: Callable[[Admission, bytes], int]
    """A client sends bytes as the admission says; the store's status."""
    drafts: Drafts
    draft_publisher: DraftPublisher

    def token(self, *scopes: str, kind: Kind = Kind.PUBLISH) -> Token:
        """Issue a token."""
        wish = Wish(kind, "ann", parse_scopes(scopes or ("publish:*",)))
        return credentials.issue(self.tokens, wish, "test", datetime.now(UTC))[1]

    def upload(
        self, token: Token, filename: str = "demo-1.0-py3-none-any.whl", **changes: Any
    ) -> Upload:
        """Open an upload."""
        return self.uploads.open(self.unopened(token, filename, **changes))

    def unopened(self, token: Token, filename: str, **changes: Any) -> Upload:
        """Make an upload that nobody knows of yet."""
        facts: dict[str, Any] = {
            "id": new_upload_id(),
            "filename": filename,
            "project": DEMO,
            "version": "1.0",
            "sha256": "a" * 64,
            "size": 3,
            "principal": token.principal,
            "token_id": token.id,
            "scopes": token.scopes,
            "received_at": datetime.now(UTC),
            "declared": {"digests": {"sha256": "a" * 64}},
        }
        return Upload(**{**facts, **changes})

    def principal(self, token: Token) -> Principal:
        """Who holds *token*."""
        return Principal(token.principal, token.id, token.scopes, token.expires_at)

    def draft(self, token: Token, version: str = "1.0", **changes: Any) -> Draft:
        """Open a draft."""
        facts: dict[str, Any] = {
            "id": new_draft_id(),
            "project": DEMO,
            "version": version,
            "principal": token.principal,
            "token_id": token.id,
            "scopes": token.scopes,
            "opened_at": datetime.now(UTC),
        }
        return self.drafts.open(Draft(**{**facts, **changes}))

    def stage(self, draft: Draft, token: Token, filename: str, **changes: Any) -> bool:
        """Open an upload for a draft and stage its file."""
        upload = self.upload(token, filename, draft_id=draft.id, **changes)
        return self.publisher.stage(publication(upload))

    def publish(
        self, token: Token, filename: str = "demo-1.0-py3-none-any.whl", **changes: Any
    ) -> bool:
        """Open an upload and publish it."""
        upload = self.upload(token, filename, **changes)
        return self.publisher.publish(publication(upload))


def publication(upload: Upload, **changes: Any) -> Publication:
    """What ingest would publish of an upload."""
    facts: dict[str, Any] = {
        "filename": upload.filename,
        "version": upload.version,
        "kind": "wheel",
        "python_tag": "py3",
        "size": upload.size,
        "sha256": upload.sha256,
        "blake2b": "b" * 64,
        "md5": "c" * 32,
        "requires_python": ">=3.9",
        "metadata_sha256": "d" * 64,
        "metadata_size": 120,
        "uploaded_at": datetime.now(UTC),
        "uploaded_by": upload.principal,
    }
    return Publication(
        upload, File(**{**facts, **changes}), "Demo", {"name": "Demo", "summary": "ä"}
    )


def fake_ports(world: World | None = None) -> Ports:
    """The ports of a world in memory, which may exist already."""
    world = world or World()
    files = FakeFiles(world)
    gate = FakeGate(world)
    return Ports(
        FakeCatalog(world),
        FakeUploads(world),
        FakePublisher(world, CLOSES_AFTER),
        FakeChanges(world),
        FakeInbox(world),
        files,
        FakeTokens(world),
        FakeAudit(world),
        files.read,
        gate,
        gate.put,
        FakeDrafts(world),
        FakeDraftPublisher(world, CLOSES_AFTER),
    )


def real_ports(stack: Stack, connection: Connection) -> Ports:
    """The real adapters, on tables and buckets of their own."""
    from idlewheel.storage import buckets
    from idlewheel.storage.audit import DynamoAudit
    from idlewheel.storage.catalog import DynamoCatalog
    from idlewheel.storage.changes import DynamoChanges
    from idlewheel.storage.draft_publication import DynamoDraftPublisher
    from idlewheel.storage.drafts import DynamoDrafts
    from idlewheel.storage.gate import S3Gate
    from idlewheel.storage.publication import DynamoPublisher
    from idlewheel.storage.signing import Credentials, Signer
    from idlewheel.storage.token_changes import DynamoTokens
    from idlewheel.storage.uploads import DynamoUploads

    s3 = buckets.connect("eu-west-1")
    catalog, uploads = DynamoCatalog(), DynamoUploads(connection)
    drafts = DynamoDrafts(connection)

    def download(key: str) -> bytes | None:
        try:
            return s3.get_object(Bucket=stack.files_bucket, Key=key)["Body"].read()
        except ClientError:
            return None

    return Ports(
        catalog,
        uploads,
        DynamoPublisher(connection, catalog, uploads, drafts, CLOSES_AFTER),
        DynamoChanges(connection),
        buckets.S3Inbox(s3, stack.inbox_bucket),
        buckets.S3Files(s3, stack.files_bucket, stack.inbox_bucket),
        DynamoTokens(connection),
        DynamoAudit(),
        download,
        S3Gate(
            Signer(
                stack.inbox_bucket,
                "eu-west-1",
                lambda: Credentials("test", "test", None),
                stack.emulator.bucket_url,
            )
        ),
        _put,
        drafts,
        DynamoDraftPublisher(connection, catalog, drafts, CLOSES_AFTER),
    )


def _put(admission: Admission, body: bytes) -> int:
    headers = {**admission.headers, "content-length": str(len(body))}
    return httpx.put(admission.url, content=body, headers=headers).status_code
