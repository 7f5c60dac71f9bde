"""The table of docs/clients.md says what the tests show: no more, and no less."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.e2e import grid


def test_the_committed_table_has_a_tick_for_every_case_that_is_tested() -> None:
    command = [sys.executable, "-m", "tests.e2e.grid", "--expected"]
    printed = subprocess.run(command, cwd=grid.ROOT, capture_output=True, text=True, check=True)
    expected = printed.stdout[printed.stdout.index("| ") :].strip()

    assert grid.committed() == expected, "run `make clients-grid`"


def test_a_cell_is_ticked_for_each_client_that_shows_the_feature() -> None:
    lines = grid.table([("installs", "pip"), ("locks", "uv"), ("installs", "uv")]).splitlines()

    assert [line.count("✓") for line in lines] == [0, 0, 2, 1]
    assert lines[2].startswith("| installs | ✓ |")


def test_a_client_without_a_column_is_an_error() -> None:
    with pytest.raises(AssertionError, match="conda"):
        grid.table([("installs", "conda")])
