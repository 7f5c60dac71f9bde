from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.judging import cost
from idlewheel.distribution import isolation
from idlewheel.distribution.form import Declaration
from idlewheel.distribution.policy import MIB, Policy
from idlewheel.distribution.verify import verify
from idlewheel.errors import Rejected
from tests import factories
from tests.hostile import cases_bombs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile.case import Case

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
WORST_SECONDS = 10
QUICK = Policy(seconds=2.0)
"""Half of what we give in earnest: the suite has many of these."""
BOMBS = tuple(cases_bombs.cases())


@pytest.mark.parametrize("case", BOMBS, ids=str)
def test_a_bomb_has_the_right_verdict(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "GRACE_SECONDS", 60)  # for a machine that is busy otherwise
    file = tmp_path / "file"
    file.write_bytes(case.content)
    codes: set[str] = set()

    try:
        verify(file, Declaration.of(case.filename), policy=QUICK)
    except Rejected as rejected:
        codes = {problem.code for problem in rejected.problems}

    assert case.code in codes if case.code else codes == set()


def test_a_small_file_has_its_verdict_within_ten_seconds_whatever_it_does() -> None:
    longest = Policy().cpu_seconds(100_000) + isolation.GRACE_SECONDS

    assert longest < WORST_SECONDS


GREEDY = tuple(
    case for case in BOMBS if any(char.isdigit() for char in case.title) or "that is" in case.title
)


@on_linux
@pytest.mark.parametrize("case", GREEDY, ids=str)
def test_no_file_takes_more_memory_than_its_budget(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(case.content)

    largest = cost(file, case.filename).memory

    assert largest < 256 * MIB


@on_linux
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for size in (1, 100):
        filename, content = factories.wheel(files={"demo/x": bytes(size * MIB)}, compression=0)
        (tmp_path / "file").write_bytes(content)
        peaks.append(cost(tmp_path / "file", filename).memory)

    assert peaks[1] - peaks[0] < 4 * MIB
