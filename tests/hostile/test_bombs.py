from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution.form import Declaration
from idlewheel.distribution.policy import MIB, Policy
from idlewheel.distribution.verify import verify
from idlewheel.errors import Rejected
from tests.hostile import cases_bombs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile.case import Case

WORST_SECONDS = 10


@pytest.mark.parametrize("case", tuple(cases_bombs.cases()), ids=str)
def test_a_bomb_has_its_verdict_within_seconds(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(case.content)
    codes: set[str] = set()

    started = time.monotonic()
    try:
        verify(file, Declaration.of(case.filename))
    except Rejected as rejected:
        codes = {problem.code for problem in rejected.problems}
    took = time.monotonic() - started

    assert took < WORST_SECONDS
    assert case.code in codes if case.code else codes == set()


def test_the_process_that_reads_a_file_cannot_grow_beyond_its_budget() -> None:
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024

    assert Policy().memory_bytes < 256 * MIB
    assert largest < 256 * MIB
