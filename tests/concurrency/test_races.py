"""Many at once, in threads, against a store whose transactions conflict as AWS's do."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution.policy import Policy
from idlewheel.domain.project import Status
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Unavailable
from idlewheel.services.ingest import _declaration
from tests.proof.cloud import ADMIN, DEMO, VERDICTS, wheel
from tests.proof.invariants import broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proof.cloud import Cloud

MANY = 64
RECEIVES = 3
"""How often SQS delivers a message before it goes to the dead letters."""

pytestmark = pytest.mark.timeout(280)


def staged(cloud: Cloud, files: list[tuple[str, bytes]], tokens: int = 1) -> list[str]:
    """Send the files, verify them once so that the race is one of transactions; the keys."""
    holders = [cloud.ports.token() for _ in range(tokens)]
    keys = []
    for number, file in enumerate(files):
        upload = cloud.send(holders[number % tokens], file)
        assert upload is not None
        with TemporaryDirectory() as folder:
            path = Path(folder) / "distribution"
            path.write_bytes(file[1])
            VERDICTS.verify(path, _declaration(upload), Policy())
        keys.append(upload.staged_key)
    return keys


def at_once(cloud: Cloud, keys: list[str], meanwhile: Callable[[], None] | None = None) -> int:
    """Process all of them at the same time; answer how many deliveries failed and came again."""
    barrier = threading.Barrier(len(keys) + (meanwhile is not None))
    failed: Counter[str] = Counter()

    def process(key: str) -> None:
        barrier.wait()
        for _ in range(RECEIVES):
            try:
                cloud.ingest.process(key)
            except Unavailable:
                failed[key] += 1
            else:
                return
        raise AssertionError(f"{key} would be among the dead letters")

    def act() -> None:
        barrier.wait()
        assert meanwhile is not None
        meanwhile()

    with ThreadPoolExecutor(len(keys) + 1) as pool:
        running = [pool.submit(process, key) for key in keys]
        running += [pool.submit(act)] if meanwhile else []
        for one in running:
            one.result()
    return failed.total()


def states(cloud: Cloud) -> Counter[str]:
    return Counter(upload.state.value for upload in cloud.look().uploads.values())


def test_64_wheels_of_one_release_are_all_published(cloud: Cloud) -> None:
    keys = staged(cloud, [wheel(build=str(number)) for number in range(MANY)])

    again = at_once(cloud, keys)

    end = cloud.look()
    print(f"64 wheels of one release: {again} deliveries came again")
    assert states(cloud) == {UploadState.PUBLISHED: MANY}
    assert end.projects[DEMO].revision == len(end.files) == MANY
    assert broken(end, settled=True) == []


def test_of_64_writers_of_one_filename_one_wins(cloud: Cloud) -> None:
    files = [wheel(description=f"content {number}") for number in range(MANY)]
    keys = staged(cloud, files, tokens=4)

    at_once(cloud, keys)

    assert states(cloud) == {UploadState.PUBLISHED: 1, UploadState.REJECTED: MANY - 1}
    assert len(cloud.look().files) == 1
    assert broken(cloud.look(), settled=True) == []


def test_64_twins_of_one_event_publish_once(cloud: Cloud) -> None:
    (key,) = staged(cloud, [wheel()])

    at_once(cloud, [key] * MANY)

    assert cloud.look().projects[DEMO].revision == 1
    assert states(cloud) == {UploadState.PUBLISHED: 1}
    assert broken(cloud.look(), settled=True) == []


def test_nothing_is_published_after_a_revocation_returned(cloud: Cloud) -> None:
    keys = staged(cloud, [wheel(build=str(number)) for number in range(MANY // 2)])
    (token,) = cloud.look().tokens
    seen: list[int] = []

    def revoke() -> None:
        while len(cloud.ports.catalog.files(DEMO)) < 3:
            pass
        cloud.ports.tokens.revoke(token)
        seen.append(len(cloud.ports.catalog.files(DEMO)))

    at_once(cloud, keys, revoke)

    print(f"revoked after {seen[0]} of {MANY // 2} publications")
    assert len(cloud.look().files) == seen[0] < MANY // 2
    assert broken(cloud.look(), settled=True) == []


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.QUARANTINED])
def test_nothing_is_published_after_a_status_closed_the_project(
    cloud: Cloud, status: Status
) -> None:
    keys = staged(cloud, [wheel(build=str(number)) for number in range(MANY // 2)])
    seen: list[int] = []

    def close() -> None:
        while len(cloud.ports.catalog.files(DEMO)) < 3:
            pass
        persist(lambda: void(cloud.management.set_status(ADMIN, DEMO, status, None)))
        seen.append(len(cloud.ports.catalog.files(DEMO)))

    at_once(cloud, keys, close)

    print(f"{status} after {seen[0]} of {MANY // 2} publications")
    assert len(cloud.look().files) == seen[0]
    assert broken(cloud.look(), settled=True) == []


def test_a_project_that_is_deleted_while_it_is_published_to_ends_whole(cloud: Cloud) -> None:
    keys = staged(cloud, [wheel(build=str(number)) for number in range(MANY // 2)])

    def delete() -> None:
        while len(cloud.ports.catalog.files(DEMO)) < 3:
            pass
        persist(lambda: cloud.management.delete_project(ADMIN, DEMO, datetime.now(UTC)))

    at_once(cloud, keys, delete)

    assert states(cloud) == {UploadState.PUBLISHED: MANY // 2}
    assert broken(cloud.look(), settled=True) == []


def persist(act: Callable[[], None]) -> None:
    """Do as a client does that is told to come again."""
    for _ in range(10):
        with contextlib.suppress(Unavailable):
            act()
            return
    raise AssertionError("a manager would have given up")


def void(_: object) -> None:
    """Let an expression stand where nothing is answered."""
