"""The contract suite and the races again, on other stores, each by a second pytest.

DynamoDB Local conflicts as AWS does; SeaweedFS checks signatures, checksums and conditions.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests import dynamodb_local, seaweedfs, second
from tests.proof.effort import EVERYTHING
from tests.second import passes

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
    """Go on only with all that is needed, and with the minutes that it takes."""
    if not second.IN_CI and not EVERYTHING:
        pytest.skip("NOT PROVED NOW: it takes minutes, and `make prove` does it")
    second.require(lacks)
