"""The items of drafts, in the index table; only who has to do with drafts loads them."""

from __future__ import annotations

from pynamodb.attributes import (
    BinaryAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from idlewheel.storage.tables import AnyFileItem, IndexItem


class DraftItem(IndexItem, discriminator="draft"):
    """DRAFT#{id} / DRAFT; its revision counts its changes."""

    project = UnicodeAttribute()
    version = UnicodeAttribute()
    principal = UnicodeAttribute()
    token_id = UnicodeAttribute()
    scopes = UnicodeAttribute()
    opened_at = UTCDateTimeAttribute()
    state = UnicodeAttribute()
    file_count = NumberAttribute()
    stamp = NumberAttribute()
    ttl = TTLAttribute()


class DraftFileItem(AnyFileItem, discriminator="draft-file"):
    """DRAFT#{id} / FILE#{filename}: a file that no page lists yet."""

    upload_id = UnicodeAttribute()
    display_name = UnicodeAttribute()
    written = JSONAttribute()
    ttl = TTLAttribute()


class DraftRemovedItem(IndexItem, discriminator="draft-removed"):
    """DRAFT#{id} / REMOVED#{filename}: what was written for a file that was taken out again."""

    written = JSONAttribute()
    ttl = TTLAttribute()


class DraftMetadataItem(IndexItem, discriminator="draft-metadata"):
    """DRAFT#{id} / METADATA: the core metadata of the release to be."""

    core = BinaryAttribute(legacy_encoding=False)
    ttl = TTLAttribute()


class DraftOfItem(IndexItem, discriminator="draft-of"):
    """DRAFTS#{project} / {canonical version}#{token id}: which draft a retry joins."""

    draft_id = UnicodeAttribute()
    ttl = TTLAttribute()
