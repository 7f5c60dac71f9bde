"""The two buckets: the inbox, where bytes wait for their verdict, and the files.

botocore without boto3: the same client for sixty modules less at a cold start.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.project import METADATA_SUFFIX
from idlewheel.errors import NotFound, Unavailable
from idlewheel.services.sweep import Stored, Waiting
from idlewheel.storage.sessions import prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

CHUNK = 1024 * 1024
"""Bytes of an object held in memory at a time."""

BULK = 1000
"""Keys that one DeleteObjects call takes (Amazon S3 API Reference)."""

PUTS = 5
"""Times that S3 is asked to decide between twins."""

_NOT_PUT = {"PreconditionFailed", "ConditionalRequestConflict"}
_MISSING = {"404", "NoSuchKey", "NoSuchVersion"}


def connect(region: str, read_timeout: float = 20) -> S3Client:
    """Open the client of both buckets, which waits *read_timeout* seconds for an answer.

    Checksums only where we ask for them: the SDK's default since 2025 adds a CRC to every
    call, which a stream has no use for.
    """
    config = Config(
        connect_timeout=2,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 4},
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client: S3Client = prepared(Session()).create_client("s3", region_name=region, config=config)  # type: ignore[assignment]
    return client


class S3Inbox:
    """Where bytes wait for their verdict; the bucket forgets them after some days."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def stage(self, key: str, body: bytes, sha256: str) -> None:
        """Put *body* once, checked by S3 itself; a second put of the same bytes succeeds.

        Twins that put at the same time may hear 409: then S3 has not decided, and is asked again
        (Amazon S3 User Guide, "How to prevent object overwrites with conditional writes").
        """
        for _ in range(PUTS):
            code = self._put(key, body, sha256)
            if code is None or (code == "PreconditionFailed" and self._held(key, sha256)):
                return
            if code != "ConditionalRequestConflict":
                break
        raise Unavailable(f"could not take in {key.rpartition('/')[2]}; sending it again is safe")

    def _put(self, key: str, body: bytes, sha256: str) -> str | None:
        """Put an object that is not there; answer why not, if one of the two reasons is why."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ChecksumSHA256=checksum(sha256),
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _code(error) not in _NOT_PUT:
                raise
            return _code(error)
        return None

    def _held(self, key: str, sha256: str) -> bool:
        """Say whether the object that is in the way is, or was, this one.

        It is gone when a twin's has been judged since: the verdict waits for both.
        """
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
            return True
        return head.get("ChecksumSHA256") == checksum(sha256)

    def fetch(self, key: str, path: Path, heard: Callable[[bytes], None]) -> bool:
        """Stream the object to *path*, telling *heard*; False where there is none (any more)."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
            return False
        with path.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK):
                file.write(chunk)
                heard(chunk)
        return True

    def discard(self, key: str) -> None:
        """Remove the object; removing it again changes nothing."""
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def waiting(self) -> Iterator[Waiting]:
        """All that is staged."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix="staged/"):
            for found in page.get("Contents", []):
                yield Waiting(found["Key"], found["LastModified"])


class S3Files:
    """Where published bytes live: versioned, so that hiding moves no byte and can be undone."""

    def __init__(self, client: S3Client, bucket: str, inbox_bucket: str | None = None) -> None:
        self._client = client
        self._bucket = bucket
        self._inbox = inbox_bucket

    def adopt(self, staged_key: str, key: str) -> str:
        """Copy a staged object (to 5 GB) to *key* and answer the new version's id."""
        if self._inbox is None:
            raise Unavailable("this function cannot read the inbox")
        try:
            copied = self._client.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._inbox, "Key": staged_key},
                MetadataDirective="REPLACE",
                ContentType="application/octet-stream",
                CacheControl=IMMUTABLE,
            )
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
            raise NotFound(f"{staged_key} is not staged any more") from None
        return copied["VersionId"]

    def put_metadata(self, key: str, metadata: bytes) -> str:
        """Write the ``.metadata`` sibling of *key* and answer the new version's id."""
        return self._put(key + METADATA_SUFFIX, metadata, "text/plain; charset=utf-8", IMMUTABLE)

    def put_provenance(self, key: str, provenance: bytes) -> str:
        """Write the ``.provenance`` sibling of *key* and answer the new version's id."""
        return self._put(key + PROVENANCE_SUFFIX, provenance, PROVENANCE_TYPE, REVALIDATED)

    def _put(self, key: str, body: bytes, media_type: str, cache: str) -> str:
        written = self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=body,
            ContentType=media_type,
            CacheControl=cache,
        )
        return written["VersionId"]

    def drop(self, key: str, version_id: str) -> None:
        """Remove that one version: never the key, a twin may own it."""
        self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version_id)

    def digest(self, key: str) -> str | None:
        """Read an object and answer its SHA-256; None where a client would get none."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
            return None
        digest = hashlib.sha256()
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def stored(self) -> Iterator[Stored]:
        """Every version of every published file, in the order of their keys."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix="files/"):
            found = [*_stored(page.get("Versions", []), is_marker=False)]
            found += _stored(page.get("DeleteMarkers", []), is_marker=True)
            yield from sorted(found)

    def hide(self, keys: Iterable[str]) -> None:
        """Put a delete marker on each key; a second marker on one changes nothing."""
        self._delete({"Key": key} for key in keys)

    def reveal(self, keys: Iterable[str]) -> None:
        """Remove the delete markers of each key."""
        wanted = set(keys)
        if wanted:
            self._delete(list(self._markers(wanted)))

    def _markers(self, keys: set[str]) -> Iterator[ObjectIdentifierTypeDef]:
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket,
            Prefix=os.path.commonprefix(sorted(keys)),  # noqa: RUF071 - of keys, not of paths
        )
        for page in pages:
            for marker in page.get("DeleteMarkers", []):
                if marker["Key"] in keys:
                    yield {"Key": marker["Key"], "VersionId": marker["VersionId"]}

    def _delete(self, objects: Iterable[ObjectIdentifierTypeDef]) -> None:
        for some in _batches(objects):
            self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": some, "Quiet": True}
            )


PROVENANCE_TYPE = "application/vnd.pypi.integrity.v1+json"
"""PEP 740, "Provenance objects"; S3 says it to whoever follows the integrity API's redirect."""

REVALIDATED = "private, no-cache"
"""Attestations may be added to provenance some day."""

IMMUTABLE = "private, max-age=31536000, immutable"
"""A key's content never changes, as its digest is in it; private, as reads need credentials."""


def _batches(
    objects: Iterable[ObjectIdentifierTypeDef],
) -> Iterable[list[ObjectIdentifierTypeDef]]:
    """Cut into lists of at most :data:`BULK` (itertools.batched is younger than Python 3.11)."""
    some: list[ObjectIdentifierTypeDef] = []
    for one in objects:
        some.append(one)
        if len(some) == BULK:
            yield some
            some = []
    if some:
        yield some


def _stored(entries: Iterable[Any], *, is_marker: bool) -> Iterator[Stored]:
    for one in entries:
        size = 0 if is_marker else one["Size"]
        facts = (one["Key"], one["VersionId"], one["LastModified"], one["IsLatest"])
        yield Stored(*facts, is_marker, size)


def checksum(sha256: str) -> str:
    """Spell a SHA-256 as S3 does."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]
