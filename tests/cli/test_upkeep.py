"""`verify`, `rebuild` and `redrive`, against an AWS that runs on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Denied
from idlewheel.services.verify import MEANINGS
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_access, bind_index
from idlewheel_cli import progress
from local import stack as local_stack
from local.template import load as load_template
from tests import emulator as emulators
from tests import factories
from tests.conftest import Stack
from tests.integration.test_rebuild import FILES, items, many
from tests.integration.test_verify import DAMAGES, Damage
from tests.localindex import ROOT
from tests.proof import cloud as clouds
from tests.proof.cloud import ADMIN, DEMO, wheel
from tests.proof.state import s3_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pynamodb.connection import Connection

    from tests.cli.conftest import Said
    from tests.emulator import Emulator
    from tests.localindex import LocalIndex
    from tests.proof.cloud import Cloud

    Cli = Callable[..., Said]


@pytest.fixture
def cloud(stack: Stack, connection: Connection) -> Iterator[Cloud]:
    """An index with a listed file and a deleted one; who binds the tables anew gives them back."""
    made = clouds.of_stack(stack, connection)
    token = made.ports.token()
    made.publish(token, wheel())
    made.publish(token, wheel("2.0"))
    made.management.delete_file(ADMIN, DEMO, wheel("2.0")[0], datetime.now(UTC))
    yield made
    bind_index(stack.index_table, emulators.REGION)


@pytest.fixture
def manifests(stack: Stack, cloud: Cloud) -> S3Manifests:
    return S3Manifests(s3_of(stack.emulator), stack.files_bucket)


def places(stack: Stack) -> tuple[str, ...]:
    return ("--table", stack.index_table, "--bucket", stack.files_bucket)


def test_an_index_in_order_is_said_to_be(cli: Cli, stack: Stack, cloud: Cloud) -> None:
    said = cli("verify", *places(stack), "--bytes")

    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("2 files, 6 objects, 1 projects, 2 read; no findings\n")


@pytest.mark.parametrize(("damage", "found"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named_with_what_it_means(
    cli: Cli,
    stack: Stack,
    cloud: Cloud,
    damage: Callable[[Damage], None],
    found: set[str],
) -> None:
    damage(Damage(stack, cloud))

    said = cli("verify", *places(stack), "--bytes", "--json")

    findings = said.json()["findings"]
    assert (said.code, said.err) == (1, "")
    assert {it["code"] for it in findings} == found
    assert all(it["project"] and it["message"] for it in findings)


def test_people_read_findings_by_their_code(cli: Cli, stack: Stack, cloud: Cloud) -> None:
    damage = Damage(stack, cloud)
    damage.put("files/demo/00/x.whl", b"")
    damage.put("files/demo/00/y.whl", b"")
    damage.put(damage.listed, bytes(len(wheel()[1])))

    seen, read = cli("verify", *places(stack)), cli("verify", *places(stack), "--bytes")

    assert seen.code == read.code == 1
    orphans = "orphan: an object belongs to no file and no draft\n"
    orphans += "  demo  files/demo/00/x.whl\n  demo  files/demo/00/y.whl\n"
    assert orphans in seen.out
    assert seen.out.endswith("; 2 findings\n")
    assert "digest-differs" not in seen.out
    differs = "digest-differs: what a client would download is not what is listed\n"
    assert f"{differs}  demo  {damage.listed}\n" in read.out


def test_a_table_is_made_and_rebuilt_and_verifies(
    cli: Cli, stack: Stack, cloud: Cloud, manifests: S3Manifests
) -> None:
    many(cloud, manifests, FILES)
    before = items()
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"

    started = time.monotonic()
    said = cli("rebuild", "--into", name, "--create", "--bucket", stack.files_bucket, "--json")
    print(f"{FILES} files rebuilt in {time.monotonic() - started:.1f} s")

    bind_index(name, emulators.REGION)
    done = said.json()
    assert said.code == 0, said.err
    assert done["table"] == name
    assert done["items"]["file"] == done["items"]["claim"] == FILES + 2
    assert items() == before
    verified = cli("verify", "--table", name, "--bucket", stack.files_bucket, "--json").json()
    # `many` publishes without bytes: neither file nor metadata downloads.
    assert {it["code"] for it in verified["findings"]} == {"does-not-download"}
    assert len(verified["findings"]) == 2 * FILES


def test_a_table_that_holds_anything_is_refused_and_left_alone(
    cli: Cli, stack: Stack, cloud: Cloud
) -> None:
    before = items()

    into = cli("rebuild", "--into", stack.index_table, "--bucket", stack.files_bucket)
    create = cli("rebuild", "--into", stack.index_table, "--create", "--bucket", stack.files_bucket)

    assert (into.code, create.code) == (1, 4)
    assert into.err.startswith(f"error: table {stack.index_table} is not empty")
    assert "ResourceInUseException" in create.err
    assert items() == before


def test_a_bucket_without_manifests_rebuilds_nothing(cli: Cli, stack: Stack, cloud: Cloud) -> None:
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"
    emulators.make_index_table(stack.emulator, name)

    said = cli("rebuild", "--into", name, "--bucket", stack.inbox_bucket)

    assert (said.code, said.err[:24]) == (1, "error: there is no manif")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("verify", "--table", "nope", "--bucket", "{files}"), "nope"),
        (("verify", "--table", "{index}", "--bucket", "nope"), "NoSuchBucket"),
        (("verify", "--stack", "nope"), "nope"),
        (("rebuild", "--into", "nope", "--bucket", "{files}"), "nope"),
        (("verify", "--local", "nowhere"), "no local index runs on nowhere"),
    ],
)
def test_what_is_not_there_is_named(
    cli: Cli, stack: Stack, cloud: Cloud, arguments: tuple[str, ...], word: str
) -> None:
    names = {"index": stack.index_table, "files": stack.files_bucket}

    said = cli(*(it.format(**names) for it in arguments))

    assert said.code == 1, said.err
    assert word in said.err


def test_who_is_not_logged_in_to_aws_is_told(
    cli: Cli, stack: Stack, home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    nobody = cli("verify", *places(stack))
    stranger = cli("verify", *places(stack), "--profile", "nobody")

    assert (nobody.code, stranger.code) == (3, 3), nobody.err + stranger.err
    assert "log in to AWS first" in nobody.err
    assert "nobody" in stranger.err


def test_a_region_is_asked_for(cli: Cli, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)

    assert "which AWS region?" in cli("verify", *places(stack)).err


@pytest.mark.parametrize("name", ["verify", "rebuild", "redrive"])
def test_without_the_extra_it_is_named(
    cli: Cli, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "idlewheel.storage.upkeep", None)

    said = cli(name, *(["--into", "x"] if name == "rebuild" else []))

    assert said.code == 1
    assert said.err.endswith("is not installed: pip install 'idlewheel[aws]'\n")


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "idlewheel_cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT}/cli:{ROOT}/layers/idlewheel", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def count(stack: Stack, table: str) -> int:
    found = stack.emulator.client("dynamodb").scan(TableName=table, Select="COUNT")
    return int(found["Count"])


def test_who_stops_a_rebuilding_does_it_again_and_all_is_there(
    cli: Cli, stack: Stack, cloud: Cloud, manifests: S3Manifests
) -> None:
    many(cloud, manifests, 60)
    before = items()
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"
    emulators.make_index_table(stack.emulator, name)
    command = ("rebuild", "--into", name, "--bucket", stack.files_bucket)

    running = start(*command)
    deadline = time.monotonic() + 60
    while count(stack, name) < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    half = count(stack, name)
    again = cli(*command)

    assert (running.returncode, again.code) == (130, 0), err + again.err
    assert "the same command again goes on" in err
    assert 0 < half < len(before)
    bind_index(name, emulators.REGION)
    assert items() == before


def test_who_stops_a_verification_has_changed_nothing(
    cli: Cli, stack: Stack, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = items()

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(progress.GaugeLines, "__call__", stop)
        said = cli("verify", *places(stack))

    assert said.code == 130
    assert items() == before
    assert cli("verify", *places(stack)).code == 0


def test_every_code_of_a_finding_is_in_the_docs() -> None:
    docs = (ROOT / "docs/cli.md").read_text()

    assert all(f"| `{code}` | {meaning} |" in docs for code, meaning in MEANINGS.items())


# --- a stack, by its name ---------------------------------------------------------------------


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


# --- the local index ----------------------------------------------------------------------------


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
