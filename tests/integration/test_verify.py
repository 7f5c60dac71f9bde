"""Verification of a whole index: everything that can be wrong with it is found, and named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.project import Status
from idlewheel.services.verify import MEANINGS, Finding
from idlewheel.storage import keys
from idlewheel.storage.tables import ClaimItem, FileItem, ProjectItem, ReleaseItem
from idlewheel.storage.upkeep import rebuild_index, verify_index
from tests import emulator as emulators
from tests import factories
from tests.proof import cloud as clouds
from tests.proof.cloud import ADMIN, DEMO, wheel
from tests.proof.state import s3_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection

    from idlewheel.services.verify import Report
    from tests.conftest import Stack
    from tests.proof.cloud import Cloud

WHEEL, OTHER = wheel(), wheel("2.0")


@pytest.fixture
def cloud(stack: Stack, connection: Connection) -> Cloud:
    """An index with a listed file and a deleted one."""
    made = clouds.of_stack(stack, connection)
    token = made.ports.token()
    made.publish(token, WHEEL)
    made.publish(token, OTHER)
    made.management.delete_file(ADMIN, DEMO, OTHER[0], datetime.now(UTC))
    return made


def verified(stack: Stack) -> Report:
    return verify_index(
        stack.index_table, stack.files_bucket, emulators.REGION, bytes_too=True, progress=print
    )


def codes(stack: Stack) -> set[str]:
    return {finding.code for finding in verified(stack).findings}


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.QUARANTINED])
def test_an_index_in_order_has_no_findings(stack: Stack, cloud: Cloud, status: Status) -> None:
    cloud.management.set_status(ADMIN, DEMO, status, None)

    report = verified(stack)

    assert report.findings == []
    assert (report.counts["projects"], report.counts["files"]) == (1, 2)
    assert report.counts["read"] == (2 if status is Status.ACTIVE else 0)


def test_progress_is_told_after_each_file(stack: Stack, cloud: Cloud) -> None:
    told: list[tuple[str, float]] = []
    cloud.publish(cloud.ports.token(), factories.wheel("other"))
    Damage(stack, cloud).put("files/third/00/x.whl", b"")

    verify_index(
        *(stack.index_table, stack.files_bucket, emulators.REGION),
        bytes_too=False,
        progress=lambda *step: told.append(step),
    )

    assert told == [(DEMO, 1 / 6), (DEMO, 1 / 3), ("other", 2 / 3), ("third", 1.0)]


def test_every_finding_says_what_it_means() -> None:
    found = {code for _, codes in DAMAGES.values() for code in codes}

    assert found == set(MEANINGS)
    assert Finding("orphan", "demo", "x").message == MEANINGS["orphan"]


class Damage:
    """What bit rot, a bug or a hand could do."""

    def __init__(self, stack: Stack, cloud: Cloud) -> None:
        self.s3, self.bucket = s3_of(stack.emulator), stack.files_bucket
        files = cloud.look().files
        self.listed, self.deleted = (files[DEMO, name].key(DEMO) for name in (WHEEL[0], OTHER[0]))

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def remove(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def change(self, item: Any, action: Any) -> None:
        item.update([action])


FILE = FileItem(keys.project(DEMO), keys.file(WHEEL[0]))
PROJECT = ProjectItem(keys.project(DEMO), keys.PROJECT)
CLAIM = ClaimItem(keys.filename(WHEEL[0]), keys.FILENAME)
RELEASE = ReleaseItem(keys.project(DEMO), keys.release("1.0"))
DAMAGES: dict[str, tuple[Callable[[Damage], None], set[str]]] = {
    "a bit flips": (lambda d: d.put(d.listed, bytes(len(WHEEL[1]))), {"digest-differs"}),
    "a file is cut": (lambda d: d.put(d.listed, b""), {"digest-differs", "size-differs"}),
    "a file is gone": (lambda d: d.remove(d.listed), {"does-not-download", "digest-differs"}),
    "its metadata is another's": (
        lambda d: d.put(d.listed + ".metadata", b"Name: other"),
        {"digest-differs"},
    ),
    "a deleted file is back": (lambda d: d.put(d.deleted, OTHER[1]), {"still-downloads"}),
    "a copy is nobody's": (lambda d: d.put("files/demo/00/x.whl", b""), {"orphan"}),
    "a copy is of no project": (lambda d: d.put("files/other/00/x.whl", b""), {"orphan"}),
    "a manifest is gone": (
        lambda d: d.remove(f"manifests/demo/{WHEEL[0]}.json"),
        {"no-manifest"},
    ),
    "a claim says other bytes": (
        lambda d: d.change(CLAIM, ClaimItem.sha256.set("0" * 64)),
        {"claim-differs"},
    ),
    "a claim is gone": (lambda d: void(CLAIM.delete()), {"claim-differs"}),
    "a release is gone": (lambda d: void(RELEASE.delete()), {"no-release", "writes-differ"}),
    "a count is wrong": (
        lambda d: d.change(PROJECT, ProjectItem.file_count.set(7)),
        {"counts-differ"},
    ),
    "a write was not counted": (
        lambda d: d.change(FILE, FileItem.writes.add(1)),
        {"writes-differ"},
    ),
}


def void(_: object) -> None:
    """Let an expression stand where nothing is answered."""


@pytest.mark.parametrize(("damage", "found"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_wrong_is_found_and_named(
    stack: Stack, cloud: Cloud, damage: Callable[[Damage], None], found: set[str]
) -> None:
    damage(Damage(stack, cloud))

    assert codes(stack) == found


def test_a_rebuilt_index_verifies(stack: Stack, cloud: Cloud) -> None:
    rebuilt = f"rebuilt-{stack.index_table}"
    emulators.make_index_table(stack.emulator, rebuilt)
    told: list[tuple[str, float]] = []

    rebuild_index(
        stack.files_bucket, rebuilt, emulators.REGION, progress=lambda *step: told.append(step)
    )
    report = verify_index(rebuilt, stack.files_bucket, emulators.REGION, bytes_too=True)

    assert told == [(DEMO, 1 / 3), (DEMO, 2 / 3), (DEMO, 1.0)]
    assert report.findings == []
    assert report.counts["files"] == 2
