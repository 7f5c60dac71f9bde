"""`verify`, `rebuild` and `redrive`, against an AWS that runs on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.services.verify import MEANINGS
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_index
from idlewheel_cli import progress
from tests import emulator as emulators
from tests.integration.test_rebuild import FILES, items, many
from tests.integration.test_verify import DAMAGES, Damage
from tests.localindex import ROOT
from tests.proof import cloud as clouds
from tests.proof.cloud import ADMIN, DEMO, wheel
from tests.proof.state import s3_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pynamodb.connection import Connection

    from tests.cli.conftest import Said
    from tests.conftest import Stack
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
    cli: Cli,
    stack: Stack,
    cloud: Cloud,
    manifests: S3Manifests,
    capsys: pytest.CaptureFixture[str],
) -> None:
    many(cloud, manifests, FILES)
    before = items()
    name = f"rebuilt-{uuid.uuid4().hex[:12]}"

    started = time.monotonic()
    said = cli("rebuild", "--into", name, "--create", "--bucket", stack.files_bucket, "--json")
    with capsys.disabled():
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
