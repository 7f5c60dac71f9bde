"""The contract suite and the races again, on other stores, each by a second pytest.

DynamoDB Local conflicts as AWS does; SeaweedFS checks signatures, checksums and conditions.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import dynamodb_local, seaweedfs
from tests.proof.effort import EVERYTHING

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        bool(os.environ.get("DYNAMODB_LOCAL") or os.environ.get("SEAWEEDFS")),
        reason="this is the second pytest",
    ),
]


@pytest.mark.parametrize("folder", ["tests/contract", "tests/concurrency"])
def test_what_holds_on_the_emulator_holds_on_dynamodb_local(folder: str) -> None:
    require(dynamodb_local.missing())

    passes(*dynamodb_local.command(folder, "-q", "-s"))


def test_what_holds_on_the_emulator_holds_on_seaweedfs() -> None:
    require(seaweedfs.missing())

    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/contract", "-q"]
    passes(command, {**os.environ, "SEAWEEDFS": "1"})


def require(lacks: list[str]) -> None:
    """Go on only with all that is needed; where CI is, it is a failure to lack anything."""
    in_ci = bool(os.environ.get("CI"))
    if not in_ci and not EVERYTHING:
        pytest.skip("NOT PROVED NOW: it takes minutes, and `make prove` does it")
    if not in_ci and lacks:
        pytest.skip(f"NOT PROVED HERE, as this machine lacks {', '.join(lacks)}")
    assert not lacks, f"CI must prove this, and lacks {', '.join(lacks)}"


def passes(command: list[str], environment: dict[str, str]) -> None:
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
