"""The contract suite and the races again, on DynamoDB Local: in a namespace, by a second pytest."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests import dynamodb_local

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("DYNAMODB_LOCAL")), reason="this is the second pytest"
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("folder", ["tests/contract", "tests/concurrency/test_races.py"])
def test_what_holds_on_the_emulator_holds_on_dynamodb_local(folder: str) -> None:
    lacks = dynamodb_local.missing()
    if lacks and not os.environ.get("CI"):
        pytest.skip(f"NOT PROVED HERE, as this machine lacks {', '.join(lacks)}")
    assert not lacks, f"CI must prove this, and lacks {', '.join(lacks)}"

    command, environment = dynamodb_local.command(folder, "-q", "-s")
    ran = subprocess.run(
        command,
        check=False,
        env=environment,
        cwd=dynamodb_local.ROOT,
        capture_output=True,
        text=True,
    )

    print(ran.stdout[-3000:])
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
