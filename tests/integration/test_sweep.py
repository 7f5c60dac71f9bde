"""The sweeping function on the emulator: what lost its event, and what nobody owns."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.project import FileState
from idlewheel.domain.uploads import Lane, UploadState
from idlewheel.services import sweep as sweeping
from tests import samples
from tests.integration.lambda_context import CONTEXT
from tests.proof import cloud as clouds
from tests.proof.cloud import ADMIN, DEMO, wheel
from tests.proof.invariants import broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection

    from idlewheel.services.sweep import Collect
    from tests.conftest import Stack
    from tests.proof.cloud import Cloud

LATER = datetime.now(UTC) + timedelta(days=9)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def cloud(stack: Stack, connection: Connection) -> Cloud:
    return clouds.of_stack(stack, connection)


@pytest.fixture
def app(stack: Stack, load: Callable[[str], Any]) -> Any:
    for name in ("FORM_QUEUE_URL", "LARGE_QUEUE_URL"):
        queue = stack.environment()[name].rpartition("/")[2]
        stack.emulator.client("sqs").create_queue(QueueName=queue)
    return load("sweep")


@pytest.fixture
def collect(app: Any) -> Collect:
    found: Collect = app.collect
    return found


def sent_again(stack: Stack) -> list[str]:
    """The keys in what was sent to the queue of small uploads."""
    queue = stack.environment()["FORM_QUEUE_URL"]
    found = stack.emulator.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    ingest = samples.event("form-staged")
    assert "Records" in ingest
    bodies = [json.loads(message["Body"]) for message in found.get("Messages", [])]
    return [record["s3"]["object"]["key"] for body in bodies for record in body["Records"]]


def test_a_young_upload_is_left_to_its_event(stack: Stack, cloud: Cloud, app: Any) -> None:
    cloud.send(cloud.ports.token(), wheel())

    assert app.handler(samples.event("sweep"), CONTEXT) == {"young": 1}
    assert sent_again(stack) == []


def test_a_lost_event_is_sent_again_as_ingest_reads_it(
    stack: Stack, cloud: Cloud, app: Any, load: Callable[[str], Any]
) -> None:
    upload = cloud.send(cloud.ports.token(), wheel("1.0+local.1"))
    assert upload is not None

    done = app.sweep.sweep(now() + timedelta(minutes=4))

    (key,) = sent_again(stack)
    body = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
    assert done == {"sent again": 1}
    assert list(load("ingest").staged_keys(body)) == [upload.staged_key]


def test_no_upload_waits_for_more_than_fifteen_minutes(cloud: Cloud, app: Any) -> None:
    upload = cloud.send(cloud.ports.token(), wheel())
    assert upload is not None

    done = app.sweep.sweep(now() + timedelta(minutes=16))

    ended = cloud.ports.uploads.get(upload.id)
    assert done == {"ended": 1}
    assert ended.state is UploadState.REJECTED
    assert [problem.code for problem in ended.problems] == ["internal"]
    assert broken(cloud.look(), settled=True) == []


def test_what_was_judged_and_still_lies_there_is_discarded(cloud: Cloud, app: Any) -> None:
    token = cloud.ports.token()
    upload = cloud.publish(token, wheel())
    assert upload is not None
    cloud.ports.inbox.stage(upload.staged_key, wheel()[1], upload.sha256)

    assert app.sweep.sweep(now()) == {"discarded": 1}
    assert app.sweep.sweep(now()) == {}


def test_copies_that_nobody_owns_are_collected_once_they_are_old(
    cloud: Cloud, collect: Collect
) -> None:
    token = cloud.ports.token()
    cloud.publish(token, wheel())
    upload = cloud.send(token, wheel("2.0"))
    assert upload is not None
    cloud.ports.files.adopt(upload.staged_key, f"files/demo/{upload.sha256}/{upload.filename}")
    young = collect.collect(now())

    old = collect.collect(LATER)

    assert young == {"owned": 2, "young": 1}
    assert old == {"owned": 2, "collected": 1}
    assert not any(upload.sha256 in key for key in cloud.look().kept)
    assert broken(cloud.look()) == []


def test_a_copy_that_becomes_owned_while_we_look_is_left_alone(
    cloud: Cloud, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.publish(cloud.ports.token(), wheel())
    monkeypatch.setattr(type(collect.catalog), "files", lambda *_: [])

    assert collect.collect(LATER) == {"owned": 2}
    assert broken(cloud.look()) == []


def test_urls_that_say_other_than_the_table_are_mended(cloud: Cloud, collect: Collect) -> None:
    token = cloud.ports.token()
    cloud.publish(token, wheel())
    cloud.publish(token, wheel("2.0"))
    cloud.management.delete_file(ADMIN, DEMO, wheel()[0], now())
    state = cloud.look()
    deleted, listed = (state.files[DEMO, wheel(version)[0]] for version in ("1.0", "2.0"))
    cloud.ports.files.reveal([deleted.key(DEMO)])
    cloud.ports.files.hide([listed.key(DEMO)])

    done = collect.collect(LATER)

    assert done["mended"] == 2
    assert deleted.state is FileState.DELETED
    assert broken(cloud.look(), settled=True) == []
    assert collect.collect(LATER)["mended"] == 0


def test_the_limits_leave_room_for_a_worker_that_is_still_at_it() -> None:
    """A copy is committed by the invocation that made it, which Lambda ends after 15 minutes."""
    assert timedelta(minutes=15) * 4 < sweeping.ABANDONED
    assert all(sweeping.OVERDUE[lane] < sweeping.DEADLINE[lane] for lane in sweeping.OVERDUE)


def test_a_large_file_is_not_verified_again_at_every_sweep(cloud: Cloud, app: Any) -> None:
    token = cloud.ports.token()
    upload = cloud.ports.upload(token, lane=Lane.LARGE)
    cloud.ports.inbox.stage(upload.staged_key, b"", EMPTY)

    start = now()
    sweeps = [app.sweep.sweep(start + timedelta(minutes=minute)) for minute in range(1, 60, 5)]

    assert [minute * 5 + 1 for minute, done in enumerate(sweeps) if "sent again" in done] == [
        21,
        41,
    ]
    assert app.sweep.sweep(now() + timedelta(hours=5)) == {"ended": 1}


EMPTY = hashlib.sha256(b"").hexdigest()


def test_manifests_that_are_missing_are_written(
    stack: Stack, cloud: Cloud, collect: Collect
) -> None:
    cloud.publish(cloud.ports.token(), wheel())
    s3 = stack.emulator.client("s3")
    s3.delete_object(Bucket=stack.files_bucket, Key=f"manifests/demo/{wheel()[0]}.json")

    assert collect.collect(LATER)["noted"] == 1
    assert collect.collect(LATER)["noted"] == 0
