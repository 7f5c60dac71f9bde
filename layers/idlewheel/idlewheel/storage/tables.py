"""The items of the index table: keys and attributes, no behaviour.

Every item carries the version of its schema; readers ignore attributes that they do not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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

from idlewheel.storage.binding import CURRENT_SCHEMA, Reach, bind

if TYPE_CHECKING:
    from pynamodb.connection import Connection


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

    class Meta(Reach):
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


def bind_index(table_name: str, region: str) -> Connection:
    """Point every item of the index table at *table_name*, over one connection."""
    return bind(IndexItem, table_name, region)
