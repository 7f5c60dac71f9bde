"""A wheel of 2 GiB by `make prove`, of 96 MiB every day, through a session to a store on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.large_upload import bench
from tests import seaweedfs, second
from tests.proof.effort import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTES = 2048 if EVERYTHING else 96
MOST = 200
"""Mebibytes that a process may take more than for a small wheel."""


@pytest.mark.timeout(900)
def test_a_large_wheel_travels_once_and_needs_no_memory(tmp_path: Path) -> None:
    second.require(seaweedfs.missing())
    with bench(tmp_path, on_disk=True, counted=True) as one:
        grown = one.growth(MEBIBYTES)
        door = one.door
        assert door is not None
    print(f"peak MiB for a small wheel, and for {MEBIBYTES} MiB: {grown}")
    bodies = {name: size for name, size in door.bytes.items() if size > MEBIBYTES * 2**19}

    assert {"client", "gateway", "IngestLargeFunction", "isolated reader"} <= grown.keys()
    assert max(large - small for small, large in grown.values()) < MOST
    (name,) = bodies
    assert name.startswith("PUT ")
    assert MEBIBYTES * 2**20 < bodies[name] < MEBIBYTES * 2**20 + 10_000
    assert [one for one in door.seen if "bulky-" in one and "staged" in one].count(
        name.replace("PUT ", "GET ")
    ) == 1
