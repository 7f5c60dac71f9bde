"""Manifests: what the index table says of each file, beside the files, to rebuild the table from.

A manifest holds items of the table as DynamoDB spells them (binary as base64), so it knows every
attribute that the table knows. Of an item that several manifests hold, the one with the highest
revision is the latest.

- ``manifests/{project}/{filename}.json``: a file and its claim, its release with the core
  metadata, its project; written when it is published, and never again.
- ``manifests/{project}/project.json``: the project, its releases and all its files as they are;
  written after every act of a manager (a filename ends in .whl or .tar.gz, so it cannot clash).
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from pynamodb.exceptions import DoesNotExist

from idlewheel.errors import Unavailable
from idlewheel.storage import keys
from idlewheel.storage.tables import (
    ClaimItem,
    FileItem,
    IndexItem,
    ListingItem,
    MetadataItem,
    ProjectItem,
    ReleaseItem,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

    from idlewheel.domain.names import NormalizedName

SCHEMA = 1
LOOKS = 10
"""How often a project is read again because others changed it while its manifest was written."""

Key = tuple[str, str]
Raw = dict[str, dict[str, Any]]


class S3Manifests:
    """The manifests, in the bucket of the files."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def note_file(self, name: NormalizedName, filename: str) -> None:
        """Write the manifest of a file that was published; again changes nothing."""
        file = FileItem.get(keys.project(name), keys.file(filename), consistent_read=True)
        items: list[IndexItem] = [
            file,
            ClaimItem.get(keys.filename(filename), keys.FILENAME, consistent_read=True),
            *_release(name, file.version),
            *_project(name),
        ]
        self._put(keys_of_file(name, filename), items)

    def note_project(self, name: NormalizedName) -> None:
        """Write what a project is now, after a manager's act.

        Raises:
            Unavailable: others kept changing it; whoever was last has written it.

        """
        for _ in range(LOOKS):
            project = _project(name)
            partition = [*IndexItem.query(keys.project(name), consistent_read=True)]
            self._put(key_of_project(name), [*project, *partition])
            if _revisions(_project(name)) == _revisions(project):
                return
        raise Unavailable(f"'{name}' keeps changing; do the same again")

    def _put(self, key: str, items: Iterable[IndexItem]) -> None:
        body = {"schema": SCHEMA, "items": [_written(item) for item in items]}
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=json.dumps(body, sort_keys=True).encode(),
            ContentType="application/json",
        )

    def files_noted(self, name: NormalizedName) -> set[str]:
        """The filenames of a project that have a manifest."""
        prefix = f"manifests/{name}/"
        found = {key.removeprefix(prefix).removesuffix(".json") for key in self.keys(prefix)}
        return found - {"project"}

    def keys(self, prefix: str = "manifests/") -> Iterator[str]:
        """Every manifest, in order, so that those of a project come together."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                yield found["Key"]

    def items(self, key: str) -> list[Raw]:
        """The items that a manifest holds, as DynamoDB spells them."""
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return [_read(raw) for raw in json.loads(body)["items"]]


def keys_of_file(name: str, filename: str) -> str:
    """Where the manifest of a file lies."""
    return f"manifests/{name}/{filename}.json"


def key_of_project(name: str) -> str:
    """Where the manifest of a project lies."""
    return f"manifests/{name}/project.json"


def _project(name: NormalizedName) -> list[IndexItem]:
    place = (keys.root(keys.shard_of(name)), name)
    return [
        ProjectItem.get(keys.project(name), keys.PROJECT, consistent_read=True),
        ListingItem.get(*place, consistent_read=True),
    ]


def _release(name: NormalizedName, version: str) -> Iterator[IndexItem]:
    yield ReleaseItem.get(keys.project(name), keys.release(version), consistent_read=True)
    try:
        place = keys.release_metadata(name, version)
        yield MetadataItem.get(place, keys.METADATA, consistent_read=True)
    except DoesNotExist:
        return


def _revisions(items: list[IndexItem]) -> list[int]:
    return [int(item.revision or 0) for item in items]


def _written(item: IndexItem) -> Raw:
    raw: Raw = item.serialize()
    return {name: _coded(value) for name, value in raw.items()}


def _coded(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value


def _read(raw: Raw) -> Raw:
    return {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value
        for name, value in raw.items()
    }
