"""Every key of the two tables; no other module spells one.

A ``#`` never occurs inside a part: names are normalized, ids are made by us, and filenames
have passed their rules.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from idlewheel.domain.versions import canonical

if TYPE_CHECKING:
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.uploads import Upload

PROJECT = "PROJECT"
FILENAME = "FILENAME"
UPLOAD = "UPLOAD"
METADATA = "METADATA"
TRUST = "TRUST"
DRAFT = "DRAFT"
REBUILD = "REBUILD"
TOKEN = "TOKEN"

SHARDS = 16
"""How many partitions the list of projects is spread over."""


def project(name: NormalizedName) -> str:
    """The partition of a project, its releases and its files."""
    return f"PROJECT#{name}"


def release(version: str) -> str:
    """The place of a release in its project's partition; equal versions share it."""
    return f"RELEASE#{canonical(version)}"


def release_metadata(name: NormalizedName, version: str) -> str:
    """The partition of a release's core metadata: its own, so that no page reads it."""
    return f"METADATA#{name}#{canonical(version)}"


def file(filename: str) -> str:
    """The place of a file in its project's partition."""
    return f"FILE#{filename}"


def filename(name: str) -> str:
    """The partition of a filename: one for all spellings that a file system might confuse."""
    return f"FILENAME#{name.casefold()}"


def in_flight(upload: Upload) -> str:
    """The place, in a filename's partition, of an upload that is not judged yet.

    A form never joins a session: their bytes wait in different places, under different rights.
    Nor does what is for a draft join what is not: they end differently.
    """
    draft = f"#{upload.draft_id}" if upload.draft_id else ""
    return f"INFLIGHT#{upload.lane}#{upload.sha256}#{upload.token_id}{draft}"


def draft(draft_id: str) -> str:
    """The partition of a draft, its core metadata and its files (:func:`file`)."""
    return f"DRAFT#{draft_id}"


def removed(filename: str) -> str:
    """The place in a draft's partition of what was taken out again under a name."""
    return f"REMOVED#{filename}"


def drafts(name: NormalizedName) -> str:
    """The partition of what a project has drafts of."""
    return f"DRAFTS#{name}"


def draft_of(version: str, token_id: str) -> str:
    """The place in it of the draft that a release has of a token."""
    return f"{canonical(version)}#{token_id}"


def upload(upload_id: str) -> str:
    """The partition of an upload."""
    return f"UPLOAD#{upload_id}"


def slots(token_id: str) -> str:
    """The partition of the upload sessions that a token has open."""
    return f"SESSIONS#{token_id}"


def slot(number: int) -> str:
    """One of the places for them: there are as many as may be open at once."""
    return f"SLOT#{number:03}"


def root(shard: int) -> str:
    """The partition of one shard of the list of projects."""
    return f"ROOT#{shard}"


COUNTERS = "ROOT#COUNTERS"
"""The partition of the counters of all shards: one query reads them, for one read unit."""


def counter(shard: int) -> str:
    """The place of a shard's counter among them: an item of its own, so that few writers meet."""
    return f"{shard:02}"


def shard_of(name: NormalizedName) -> int:
    """Which shard lists the project: the same one in every process."""
    return zlib.crc32(name.encode()) % SHARDS


def audit(way: str, whose: str) -> str:
    """The records of a project, a principal or a day; nothing in there is ever changed."""
    return f"AUDIT#{way}#{whose}"


def token(token_id: str) -> str:
    """The partition of a token, in the access table."""
    return f"TOKEN#{token_id}"
