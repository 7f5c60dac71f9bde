"""`verify`, `rebuild` and `redrive` by the name of a stack, and of a local index that runs."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Denied
from idlewheel.storage.access import bind_access
from idlewheel.storage.tables import bind_index
from local import stack as local_stack
from local.template import load as load_template
from tests import emulator as emulators
from tests import factories
from tests.conftest import Stack
from tests.localindex import ROOT
from tests.proof import cloud as clouds
from tests.proof.cloud import wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Said
    from tests.emulator import Emulator
    from tests.localindex import LocalIndex

    Cli = Callable[..., Said]


@pytest.fixture
def deployed(
    emulator: Emulator, _environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    """The tables, buckets and queues of the template, and no function that works on them."""
    monkeypatch.setattr(local_stack, "REGION", emulators.REGION)
    template = load_template(ROOT / "template.yaml")
    local_stack.deploy(template, emulator.url)
    found = emulator.client("cloudformation").describe_stack_resources(StackName="idlewheel")
    made = {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found["StackResources"]}
    names = ("IndexTable", "AccessTable", "InboxBucket", "FilesBucket")
    stack = Stack(emulator, *(made[name] for name in names))
    bind_access(stack.access_table, emulators.REGION)
    received(stack, "FormQueue")
    yield stack
    bind_index(stack.index_table, emulators.REGION)
    clouds._empty(stack)


def queue(stack: Stack, name: str) -> tuple[Any, str]:
    """A queue of the stack, by its logical id."""
    found = stack.emulator.client("cloudformation").describe_stack_resource(
        StackName="idlewheel", LogicalResourceId=name
    )
    sqs = stack.emulator.client("sqs")
    physical = found["StackResourceDetail"]["PhysicalResourceId"]
    return sqs, sqs.get_queue_url(QueueName=physical.rpartition("/")[2])["QueueUrl"]


def received(stack: Stack, name: str) -> list[str]:
    """Take all messages out of a queue."""
    sqs, url = queue(stack, name)
    bodies = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(message["Body"])
    return bodies


def keys_of(bodies: list[str]) -> list[str]:
    return [it["s3"]["object"]["key"] for body in bodies for it in json.loads(body)["Records"]]


def test_a_stack_is_verified_and_rebuilt_by_its_name(cli: Cli, deployed: Stack) -> None:
    cloud = clouds.of_stack(deployed, bind_index(deployed.index_table, emulators.REGION))
    cloud.publish(cloud.ports.token(), wheel())
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"

    verified = cli("verify", "--json")
    rebuilt = cli("rebuild", "--into", name, "--create")
    again = cli("verify", "--table", name)

    assert (verified.code, rebuilt.code, again.code) == (0, 0, 0), verified.err + rebuilt.err
    assert verified.json()["table"] == deployed.index_table
    assert f"RestoredIndexTable={name}" in rebuilt.out


def test_uploads_without_a_verdict_are_judged_again_and_others_stay_ended(
    cli: Cli, deployed: Stack
) -> None:
    cloud = clouds.of_stack(deployed, bind_index(deployed.index_table, emulators.REGION))
    token = cloud.ports.token()
    waiting, ended = cloud.send(token, wheel()), cloud.send(token, wheel("2.0"))
    assert waiting is not None
    assert ended is not None
    cloud.ports.uploads.reject(ended.id, Denied("no"))
    sqs, letters = queue(deployed, "FormDeadLetters")
    for body in received(deployed, "FormQueue"):  # ingest has failed three times
        sqs.send_message(QueueUrl=letters, MessageBody=body)

    said = cli("redrive", "--json")
    again = keys_of(received(deployed, "FormQueue"))
    for key in again:
        cloud.ingest.process(key)

    assert said.code == 0, said.err
    assert said.json() == {"sent_again": 1, "ended": 1, "dead_letters": 2}
    assert again == [waiting.staged_key]
    assert received(deployed, "FormDeadLetters") == []
    states = [cloud.ports.uploads.get(it.id).state for it in (waiting, ended)]
    assert states == [UploadState.PUBLISHED, UploadState.REJECTED]


def test_where_nothing_waits_nothing_is_judged_again(cli: Cli, deployed: Stack) -> None:
    said = cli("redrive")

    assert said.code == 0, said.err
    assert said.out == ("0 uploads are judged again, 0 had ended\n0 dead letters were taken away\n")


def test_a_local_index_is_verified_rebuilt_and_redriven_while_it_runs(
    cli: Cli, index: LocalIndex, tmp_path: Path
) -> None:
    file, body = factories.wheel("upkeep-local")
    (tmp_path / file).write_bytes(body)
    published = cli("publish", str(tmp_path / file))
    local = ("--local", str(index.state))
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"

    verified = cli("verify", "--bytes", "--json", *local)
    rebuilt = cli("rebuild", "--into", name, "--create", "--json", *local)
    again = cli("verify", "--table", name, "--json", *local)
    redriven = cli("redrive", "--json", *local)

    assert published.code == 0, published.err
    assert [it.code for it in (verified, rebuilt, again, redriven)] == [0, 0, 0, 0], verified.out
    assert verified.json()["counts"]["read"] >= 2
    assert again.json()["counts"] | {"read": 0} == verified.json()["counts"] | {"read": 0}
    assert redriven.json()["sent_again"] == 0
