"""The items of the two tables: keys and attributes, no behaviour.

Every item carries the version of its schema; readers ignore attributes that they do not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.config import Config
from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, LocalSecondaryIndex
from pynamodb.models import Model

from idlewheel.storage.answers import spare_the_parser

if TYPE_CHECKING:
    from pynamodb.connection import Connection

CURRENT_SCHEMA = 1

USER_AGENT = "idlewheel"
"""botocore composes its own anew for every call, which is a tenth of what a read costs."""


class _Reach:
    """How long a call may take: shorter than a request, so that its answer is never a time-out.

    The retries are botocore's standard ones (AWS SDKs and Tools Reference, "Retry behavior").
    """

    connect_timeout_seconds = 2
    read_timeout_seconds = 5
    retry_configuration: Any = {"mode": "standard", "total_max_attempts": 4}  # noqa: RUF012 - pynamodb reads the attribute
    max_pool_connections = 20


class ByRevision(LocalSecondaryIndex["IndexItem"]):  # type: ignore[no-untyped-call]
    """What changed in a project since a revision, strongly consistent."""

    class Meta:
        """The index as template.yaml declares it."""

        index_name = "by-revision"
        projection = AllProjection()

    pk = UnicodeAttribute(hash_key=True)
    revision = NumberAttribute(range_key=True)


class IndexItem(Model):
    """Any item of the index table."""

    class Meta(_Reach):
        """Bound at start, by :func:`bind_index`."""

        table_name = "unbound"
        region: str | None = None

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    schema_version = NumberAttribute(attr_name="schema", default=CURRENT_SCHEMA)
    revision = NumberAttribute(null=True)
    by_revision = ByRevision()


class ProjectItem(IndexItem, discriminator="project"):
    """PROJECT#{name} / PROJECT."""

    name = UnicodeAttribute()
    display_name = UnicodeAttribute()
    origin = UnicodeAttribute()
    status = UnicodeAttribute()
    status_reason = UnicodeAttribute(null=True)
    serial = NumberAttribute()
    file_count = NumberAttribute()
    size = NumberAttribute(null=True)
    writes = NumberAttribute()
    created_at = UTCDateTimeAttribute()


class ReleaseItem(IndexItem, discriminator="release"):
    """PROJECT#{name} / RELEASE#{canonical version}."""

    version = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    yanked = UnicodeAttribute(null=True)
    deleted = BooleanAttribute(null=True)
    writes = NumberAttribute()


class MetadataItem(IndexItem, discriminator="metadata"):
    """METADATA#{name}#{canonical version} / METADATA: apart, so that no page reads it."""

    core = BinaryAttribute(legacy_encoding=False)


class AnyFileItem(IndexItem):
    """A file, listed or in a draft."""

    filename = UnicodeAttribute()
    version = UnicodeAttribute()
    packagetype = UnicodeAttribute()
    python_tag = UnicodeAttribute()
    size = NumberAttribute()
    sha256 = UnicodeAttribute()
    blake2b = UnicodeAttribute(null=True)
    md5 = UnicodeAttribute(null=True)
    requires_python = UnicodeAttribute(null=True)
    metadata_sha256 = UnicodeAttribute(null=True)
    metadata_size = NumberAttribute(null=True)
    provenance_sha256 = UnicodeAttribute(null=True)
    yanked = UnicodeAttribute(null=True)
    uploaded_at = UTCDateTimeAttribute()
    uploaded_by = UnicodeAttribute()
    state = UnicodeAttribute()
    deleted_at = UTCDateTimeAttribute(null=True)
    writes = NumberAttribute()


class FileItem(AnyFileItem, discriminator="file"):
    """PROJECT#{name} / FILE#{filename}."""


class TrustItem(IndexItem, discriminator="trust"):
    """PROJECT#{name} / TRUST: what the project asks of attestations; no page shows it."""

    policy = UnicodeAttribute(null=True)
    publishers = JSONAttribute(null=True)


class ClaimItem(IndexItem, discriminator="claim"):
    """FILENAME#{casefolded} / FILENAME; never removed."""

    filename = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    upload_id = UnicodeAttribute()
    state = UnicodeAttribute()


class InFlightItem(IndexItem, discriminator="in-flight"):
    """FILENAME#{casefolded} / INFLIGHT#{lane}#{sha256}#{token id}: which upload a retry joins."""

    upload_id = UnicodeAttribute()
    ttl = TTLAttribute()


class UploadItem(IndexItem, discriminator="upload"):
    """UPLOAD#{id} / UPLOAD."""

    filename = UnicodeAttribute()
    project = UnicodeAttribute()
    version = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    size = NumberAttribute()
    principal = UnicodeAttribute()
    token_id = UnicodeAttribute()
    scopes = UnicodeAttribute()
    lane = UnicodeAttribute()
    received_at = UTCDateTimeAttribute()
    state = UnicodeAttribute()
    declared = BinaryAttribute(legacy_encoding=False)
    refusal = UnicodeAttribute(null=True)
    problems = JSONAttribute(null=True)
    draft_id = UnicodeAttribute(null=True)
    upload_time = UTCDateTimeAttribute(null=True)
    as_mirror = BooleanAttribute(null=True)
    ttl = TTLAttribute()


class SlotItem(IndexItem, discriminator="slot"):
    """SESSIONS#{token id} / SLOT#{number}: an upload session that is open, until it expires."""

    upload_id = UnicodeAttribute()
    ttl = TTLAttribute()


class ShardItem(IndexItem, discriminator="shard"):
    """ROOT#COUNTERS / {00..15}: how often a shard of the list of projects was written."""

    counter = NumberAttribute()


class ListingItem(IndexItem, discriminator="listing"):
    """ROOT#{0..15} / {name}: what the list of projects shows; its revision is the serial."""

    name = UnicodeAttribute()
    display_name = UnicodeAttribute()
    hidden = BooleanAttribute(null=True)
    size = NumberAttribute(null=True)
    writes = NumberAttribute()


class AuditItem(IndexItem, discriminator="audit"):
    """AUDIT#PROJECT#{name}, AUDIT#PRINCIPAL#{…} and AUDIT#DAY#{…} / {time}#{id}."""

    at = UTCDateTimeAttribute()
    act = UnicodeAttribute()
    principal = UnicodeAttribute()
    token_id = UnicodeAttribute()
    project = UnicodeAttribute(null=True)
    subjects = JSONAttribute()
    detail = JSONAttribute()


class AccessItem(Model):
    """Any item of the access table."""

    class Meta(_Reach):
        """Bound at start, by :func:`bind_access`."""

        table_name = "unbound"
        region: str | None = None

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    schema_version = NumberAttribute(attr_name="schema", default=CURRENT_SCHEMA)


class TokenItem(AccessItem, discriminator="token"):
    """TOKEN#{id} / TOKEN; nothing that changes often: it takes part in every publication."""

    id = UnicodeAttribute()
    digest = UnicodeAttribute()
    token_kind = UnicodeAttribute()
    principal = UnicodeAttribute()
    scopes = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    created_by = UnicodeAttribute()
    expires_at = UTCDateTimeAttribute()
    state = UnicodeAttribute()
    note = UnicodeAttribute(null=True)
    ttl = TTLAttribute()


def bind_index(table_name: str, region: str) -> Connection:
    """Point every item of the index table at *table_name*, over one connection."""
    return _bind(IndexItem, table_name, region)


def bind_access(table_name: str, region: str) -> Connection:
    """Point every item of the access table at *table_name*, over one connection."""
    return _bind(AccessItem, table_name, region)


def _bind(base: type[IndexItem | AccessItem], table_name: str, region: str) -> Connection:
    base.Meta.table_name, base.Meta.region = table_name, region
    base._connection = None  # noqa: SLF001 - pynamodb has no public way to bind a table late
    # The base connects first: its subclasses then inherit that one connection.
    connection: Connection = base._get_connection().connection  # noqa: SLF001
    connection.session.set_default_client_config(Config(user_agent=USER_AGENT))
    spare_the_parser(connection)
    return connection
