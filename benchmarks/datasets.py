"""Projects of many files and lists of many projects, written straight into the tables."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from idlewheel.storage.tables import IndexItem

START = datetime(2026, 1, 1, tzinfo=UTC)
SERIAL = 1_767_225_600_000_000


def digest(text: str) -> str:
    """A SHA-256 that nothing else has."""
    return hashlib.sha256(text.encode()).hexdigest()


def file(project: str, number: int) -> File:
    """One of four files of a release: a wheel for three platforms, and an sdist."""
    version = f"{number // 400}.{number // 4 % 100}.0"
    stem = f"{project.replace('-', '_')}-{version}"
    platform = ("manylinux_2_28_x86_64", "macosx_11_0_arm64", "win_amd64", "")[number % 4]
    filename = f"{stem}-cp313-cp313-{platform}.whl" if platform else f"{stem}.tar.gz"
    return File(
        filename=filename,
        version=version,
        kind="wheel" if platform else "sdist",
        python_tag="cp313" if platform else "source",
        size=100_000 + number,
        sha256=digest(filename),
        blake2b=digest(f"b{filename}"),
        md5=digest(f"m{filename}")[:32],
        requires_python=">=3.11",
        metadata_sha256=digest(f"{filename}.metadata"),
        metadata_size=2_000,
        uploaded_at=START + timedelta(minutes=number),
        uploaded_by="ci",
        revision=number + 1,
    )


def project_items(name: str, files: int) -> Iterator[IndexItem]:
    """All items of a project as so many publications would have left them."""
    from idlewheel.storage import keys, mapping, tables  # noqa: PLC0415 - after the environment

    normalized, releases = NormalizedName(name), dict[str, list[int]]()
    for number in range(files):
        one = file(name, number)
        releases.setdefault(one.version, []).append(number + 1)
        yield mapping.file_item(normalized, one)
    for version, revisions in releases.items():
        yield tables.ReleaseItem(
            keys.project(normalized),
            keys.release(version),
            version=version,
            created_at=START,
            revision=revisions[-1],
            writes=len(revisions),
        )
    yield tables.ProjectItem(
        keys.project(normalized),
        keys.PROJECT,
        name=name,
        display_name=name,
        origin="private",
        status="active",
        revision=files,
        serial=SERIAL + files,
        file_count=files,
        writes=2 * files,
        created_at=START,
    )


def listing_items(listed: Iterable[tuple[str, int]]) -> Iterator[IndexItem]:
    """The list of projects, each published so often, and the counters of its shards."""
    from idlewheel.storage import keys, tables  # noqa: PLC0415 - after the environment

    counters = [0] * keys.SHARDS
    for number, (name, writes) in enumerate(listed):
        shard = zlib.crc32(name.encode()) % keys.SHARDS
        counters[shard] += writes
        yield tables.ListingItem(
            keys.root(shard),
            name,
            name=name,
            display_name=name,
            revision=SERIAL + number,
            writes=writes,
        )
    for shard, counter in enumerate(counters):
        yield tables.ShardItem(keys.COUNTERS, keys.counter(shard), counter=counter)


def names(count: int) -> Iterator[tuple[str, int]]:
    """Names of projects, as alike and as different as real ones; each was published once."""
    words = ("core", "utils", "client", "server", "auth", "data", "kafka", "http", "sql", "ml")
    for number in range(count):
        first, second = words[number % 10], words[number // 10 % 10]
        yield f"acme-{first}-{second}-{digest(str(number))[:5]}-{number}", 1


def write(items: Iterable[Any]) -> None:
    """Put items into the index table, as fast as it takes them."""
    from idlewheel.storage.tables import IndexItem  # noqa: PLC0415 - after the environment

    with IndexItem.batch_write() as batch:
        for item in items:
            batch.save(item)
