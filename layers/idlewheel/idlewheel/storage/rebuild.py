"""Rebuild the index table from the manifests: into an empty table, and nothing is ever dropped.

While it is rebuilt, a table holds a mark: whoever is stopped may do the same again, and only then
is a table taken that is not empty.

What the manifests do not hold is not rebuilt: uploads (their verdicts are kept for 30 days), the
audit, and the access table; those come back from the table's backups.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.project import FileState
from idlewheel.errors import NotEmpty, NotFound
from idlewheel.storage import keys
from idlewheel.storage.tables import (
    ByRevision,
    ClaimItem,
    FileItem,
    IndexItem,
    ListingItem,
    ProjectItem,
    ReleaseItem,
    ShardItem,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.literals import KeyTypeType
    from mypy_boto3_dynamodb.type_defs import KeySchemaElementTypeDef

    from idlewheel.services.verify import Progress
    from idlewheel.storage.manifests import Key, Raw, S3Manifests


class RebuildItem(IndexItem, discriminator="rebuild"):
    """REBUILD / REBUILD: the table is being rebuilt, or was until somebody stopped it."""


AT_ONCE = 8
"""Manifests that are read at the same time; botocore keeps ten connections."""

WINDOW = 256
"""Manifests that are in memory before they are written; some ten kilobytes each."""


def rebuild(manifests: S3Manifests, progress: Progress = lambda *_: None) -> Counter[str]:
    """Write what the manifests say into the bound index table; count the items by their kind.

    Args:
        manifests: where from.
        progress: called after each manifest.

    Raises:
        NotEmpty: the table is not empty, and was left as it is.
        NotFound: there is no manifest, and the table was left as it is.

    """
    found = list(manifests.keys())
    if not found:
        raise NotFound("there is no manifest in this bucket, so nothing to rebuild from")
    mark = _begin()
    done: Counter[str] = Counter()
    counters: Counter[int] = Counter()
    parts = _read(manifests, found, progress)
    for _, of_project in groupby(parts, lambda part: part[0]):
        items = _current(raws for _, raws in of_project)
        counters[_shard(items)] += _settled(items)
        _write(items.values())
        done.update(type(item).__name__.removesuffix("Item").lower() for item in items.values())
    _write(
        ShardItem(keys.COUNTERS, keys.counter(shard), counter=count)
        for shard, count in counters.items()
    )
    mark.delete()
    return done


def _begin() -> RebuildItem:
    """Mark the table as one that is being rebuilt; that may have begun before."""
    mark = RebuildItem(keys.REBUILD, keys.REBUILD)
    try:
        RebuildItem.get(keys.REBUILD, keys.REBUILD, consistent_read=True)
    except DoesNotExist:
        if next(iter(IndexItem.scan(limit=1, consistent_read=True)), None) is not None:
            name = IndexItem.Meta.table_name
            raise NotEmpty(f"table {name} is not empty: rebuild into a new one") from None
        mark.save()
    return mark


def make_table(client: DynamoDBClient, name: str) -> None:
    """Make an index table as template.yaml declares it, but for the stream, and wait for it.

    Raises:
        ClientError: there is one of that name, or it may not be made.

    """
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "revision", "AttributeType": "N"},
        ],
        KeySchema=_schema(("pk", "HASH"), ("sk", "RANGE")),
        LocalSecondaryIndexes=[
            {
                "IndexName": ByRevision.Meta.index_name,
                "KeySchema": _schema(("pk", "HASH"), ("revision", "RANGE")),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    client.get_waiter("table_exists").wait(TableName=name)
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    client.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


def _schema(*parts: tuple[str, KeyTypeType]) -> list[KeySchemaElementTypeDef]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in parts]


def _read(
    manifests: S3Manifests, found: list[str], progress: Progress
) -> Iterator[tuple[str, list[Raw]]]:
    """Read manifests, some at once; yield the project of each with its items, in their order."""
    done = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in range(0, len(found), WINDOW):
            some = found[start : start + WINDOW]
            for key, raws in zip(some, pool.map(manifests.items, some), strict=True):
                project = key.split("/")[1]
                yield project, raws
                done += 1
                progress(project, done / len(found))


def _current(manifests: Iterable[list[Raw]]) -> dict[Key, IndexItem]:
    """Of each item the latest, whichever manifest holds it."""
    latest: dict[Key, Raw] = {}
    for items in manifests:
        for raw in items:
            place = (raw["pk"]["S"], raw["sk"]["S"])
            if place not in latest or _revision(raw) > _revision(latest[place]):
                latest[place] = raw
    return {place: IndexItem.from_raw_data(raw) for place, raw in latest.items()}


def _revision(raw: Raw) -> int:
    return int(raw["revision"]["N"]) if "revision" in raw else 0


def _settled(items: Mapping[Key, IndexItem]) -> int:
    """Make what says a thing twice say it once; answer how often the project was listed.

    The manifests of a project were written at different revisions, so its own counts may lag.
    """
    files = [item for item in items.values() if isinstance(item, FileItem)]
    releases = [item for item in items.values() if isinstance(item, ReleaseItem)]
    (project,) = (item for item in items.values() if isinstance(item, ProjectItem))
    (listing,) = (item for item in items.values() if isinstance(item, ListingItem))
    states = {file.filename: file.state for file in files}
    for item in items.values():
        if isinstance(item, ClaimItem):
            item.state = states[item.filename]
    parts: list[FileItem | ReleaseItem] = [*files, *releases]
    latest = max(int(item.revision or 0) for item in [*parts, project])
    project.revision = listing.writes = latest
    project.file_count = len(files)
    project.writes = sum(int(item.writes or 0) for item in parts)
    project.size = listing.size = sum(
        int(file.size) for file in files if file.state == FileState.ACTIVE
    )
    return latest


def _shard(items: Mapping[Key, IndexItem]) -> int:
    (listing,) = (item for item in items.values() if isinstance(item, ListingItem))
    return int(listing.pk.removeprefix(keys.root(0).removesuffix("0")))


def _write(items: Iterable[IndexItem]) -> None:
    with IndexItem.batch_write() as batch:
        for item in items:
            batch.save(item)
