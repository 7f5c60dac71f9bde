"""The index table, rebuilt from the manifests alone and compared item by item."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import Status
from idlewheel.errors import NotEmpty, NotFound
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.rebuild import make_table, rebuild
from idlewheel.storage.tables import AuditItem, IndexItem, InFlightItem, UploadItem, bind_index
from local.template import load
from tests import emulator as emulators
from tests.contract.ports import publication
from tests.localindex import ROOT
from tests.proof import cloud as clouds
from tests.proof.cloud import ADMIN, DEMO, wheel
from tests.proof.effort import EVERYTHING
from tests.proof.invariants import broken
from tests.proof.state import s3_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pynamodb.connection import Connection

    from tests.conftest import Stack
    from tests.proof.cloud import Cloud

FILES = 1000 if EVERYTHING else 60
PASSING = (UploadItem, InFlightItem, AuditItem)
"""What is in no manifest: what is forgotten by itself after some days, and the audit."""

Items = dict[tuple[str, str], Any]


@pytest.fixture
def cloud(stack: Stack, connection: Connection) -> Cloud:
    return clouds.of_stack(stack, connection)


@pytest.fixture
def manifests(stack: Stack, cloud: Cloud) -> S3Manifests:
    return S3Manifests(s3_of(stack.emulator), stack.files_bucket)


@pytest.fixture
def index_table(stack: Stack, cloud: Cloud) -> Iterator[None]:
    """The binding of the tables is the process's: whoever changes it gives it back."""
    yield
    bind_index(stack.index_table, emulators.REGION)


def lived(cloud: Cloud) -> None:
    """An index with a past: yanks, deletions, a quarantine that ended, a project in one."""
    token = cloud.ports.token()
    for version in ("1.0", "2.0", "3.0"):
        cloud.publish(token, wheel(version))
    cloud.publish(token, wheel("1.0", build="1"))
    manage, now = cloud.management, datetime.now(UTC)
    manage.yank_release(ADMIN, DEMO, "2.0", "broken")
    manage.yank_file(ADMIN, DEMO, wheel("1.0", build="1")[0], "")
    manage.delete_file(ADMIN, DEMO, wheel("3.0")[0], now)
    manage.delete_release(ADMIN, DEMO, "1.0", now)
    manage.restore_file(ADMIN, DEMO, wheel("1.0")[0], now)
    manage.set_status(ADMIN, DEMO, Status.QUARANTINED, "?")
    manage.set_status(ADMIN, DEMO, Status.DEPRECATED, "use demo2")
    cloud.publish(token, wheel("4.0"))


def many(cloud: Cloud, manifests: S3Manifests, count: int) -> None:
    """Many files in ten projects, without their bytes."""
    token = cloud.ports.token()
    for number in range(count):
        name = NormalizedName(f"many-{number % 10}")
        upload = cloud.ports.upload(
            token,
            f"many_{number % 10}-1.{number}-py3-none-any.whl",
            project=name,
            version=f"1.{number}",
            sha256=f"{number:064x}",
        )
        cloud.ports.publisher.publish(publication(upload))
        manifests.note_file(name, upload.filename)


def items() -> Items:
    return {
        (item.pk, item.sk): item.serialize()
        for item in IndexItem.scan(consistent_read=True)
        if not isinstance(item, PASSING)
    }


def into_a_new_table(stack: Stack) -> None:
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"
    emulators.make_index_table(stack.emulator, name)
    bind_index(name, emulators.REGION)


@pytest.mark.timeout(600)
def test_a_table_rebuilt_from_manifests_is_the_table_item_by_item(
    stack: Stack, cloud: Cloud, manifests: S3Manifests, index_table: None
) -> None:
    lived(cloud)
    many(cloud, manifests, FILES)
    before, told = items(), list[tuple[str, float]]()

    into_a_new_table(stack)
    done = rebuild(manifests, lambda *step: told.append(step))

    print(f"rebuild: {done['file']} files in {done['project']} projects, {done.total()} items")
    assert items() == before
    assert done["file"] == FILES + 5
    named, parts = dict.fromkeys(name for name, _ in told), [part for _, part in told]
    assert [*named] == ["demo", *(f"many-{number}" for number in range(10))]
    assert parts == sorted(parts)
    assert (len(parts), parts[-1]) == (FILES + 6, 1.0)  # and the one of the project


def test_a_rebuilt_index_serves_and_takes_files(
    stack: Stack, cloud: Cloud, manifests: S3Manifests, index_table: None
) -> None:
    lived(cloud)
    before = cloud.look()

    into_a_new_table(stack)
    rebuild(manifests)
    rebuilt = cloud.look()
    cloud.publish(cloud.ports.token(), wheel("5.0"))

    assert broken(rebuilt, settled=True) == []
    assert rebuilt.files == before.files
    assert rebuilt.claims == before.claims
    assert len(cloud.look().files) == len(before.files) + 1
    assert broken(cloud.look(), settled=True) == []


def test_nothing_is_rebuilt_into_a_table_that_holds_anything(
    cloud: Cloud, manifests: S3Manifests
) -> None:
    lived(cloud)
    before = items()

    with pytest.raises(NotEmpty):
        rebuild(manifests)

    assert items() == before


def test_nothing_is_rebuilt_from_a_bucket_without_manifests(
    stack: Stack, cloud: Cloud, manifests: S3Manifests, index_table: None
) -> None:
    into_a_new_table(stack)

    with pytest.raises(NotFound, match="no manifest"):
        rebuild(manifests)

    assert items() == {}


def test_a_rebuilding_that_was_stopped_is_done_again_and_is_whole(
    stack: Stack, cloud: Cloud, manifests: S3Manifests, index_table: None
) -> None:
    lived(cloud)
    many(cloud, manifests, 10)
    before = items()

    def stop(_project: str, part: float) -> None:
        if part > 0.7:
            raise KeyboardInterrupt

    into_a_new_table(stack)
    with pytest.raises(KeyboardInterrupt):
        rebuild(manifests, stop)
    half = items()
    rebuild(manifests)

    assert 0 < len(half) < len(before)
    assert items() == before
    with pytest.raises(NotEmpty):
        rebuild(manifests)


def test_a_table_made_to_be_rebuilt_into_is_the_one_of_the_template(stack: Stack) -> None:
    name = f"made-{uuid.uuid4().hex[:12]}"
    dynamodb = stack.emulator.client("dynamodb")

    make_table(dynamodb, name)

    made = dynamodb.describe_table(TableName=name)["Table"]
    wanted = load(ROOT / "template.yaml").resources["IndexTable"]["Properties"]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert made["KeySchema"] == wanted["KeySchema"]
    assert made["AttributeDefinitions"] == wanted["AttributeDefinitions"]
    assert made["BillingModeSummary"]["BillingMode"] == wanted["BillingMode"]
    assert made["DeletionProtectionEnabled"] is wanted["DeletionProtectionEnabled"]
    assert ttl["AttributeName"] == wanted["TimeToLiveSpecification"]["AttributeName"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    [index] = made["LocalSecondaryIndexes"]
    [wanted_index] = wanted["LocalSecondaryIndexes"]
    assert {name: index[name] for name in wanted_index} == wanted_index


def test_a_worker_that_dies_before_its_manifest_leaves_it_to_the_next_event(
    cloud: Cloud, manifests: S3Manifests, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.send(cloud.ports.token(), wheel())
    (key,) = cloud.look().staged

    def dies(*_: Any) -> None:
        raise OSError("the worker is gone")

    with monkeypatch.context() as patch:
        patch.setattr(S3Manifests, "note_file", dies)
        with pytest.raises(OSError, match="gone"):
            cloud.ingest.process(key)
    missing = manifests.files_noted(DEMO)
    cloud.ingest.process(key)

    assert missing == set()
    assert manifests.files_noted(DEMO) == {wheel()[0]}
