"""A second pytest, on other stores or in a namespace of its own, within a test of the first."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.localindex import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IN_CI = bool(os.environ.get("CI"))


def require(lacks: Sequence[str]) -> None:
    """Go on only where nothing is lacking; where CI is, it is a failure to lack anything."""
    if not IN_CI and lacks:
        pytest.skip(f"NOT PROVED HERE, as this machine lacks {', '.join(lacks)}")
    assert not lacks, f"CI must prove this, and lacks {', '.join(lacks)}"


def passes(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run it, tell what it said, and fail if it does."""
    ran = subprocess.run(
        command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True
    )

    print(ran.stdout[-3000:])
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
