from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution import description, filenames
from idlewheel.distribution.judge import judge
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.rules import broken
from idlewheel.errors import Rejected
from tests.hostile import (
    cases_links,
    cases_metadata,
    cases_names,
    cases_tar,
    cases_unusual,
    cases_unusual_sdist,
    cases_wheel,
    cases_zip,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile.case import Case

HOSTILE = tuple(
    chain(
        cases_zip.cases(),
        cases_names.cases(),
        cases_wheel.cases(),
        cases_metadata.cases(),
        cases_tar.cases(),
        cases_links.cases(),
    )
)
UNUSUAL = (*cases_unusual.cases(), *cases_unusual_sdist.cases())


def codes(case: Case, path: Path) -> set[str]:
    """Return the codes under which the file of *case* is refused."""
    file = path / "file"
    file.write_bytes(case.content)
    try:
        name = filenames.parse(case.filename)
    except Rejected as rejected:
        return {problem.code for problem in rejected.problems}
    judged = judge(file, name, {}, Policy())
    problems = [*judged.problems]
    if judged.core and judged.core.description.strip():
        html = description.render(judged.core, seconds=2)
        problems += broken(description.UPLOAD_RULES, html)
    return {problem.code for problem in problems}


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_a_hostile_distribution_is_refused_for_the_right_reason(case: Case, tmp_path: Path) -> None:
    found = codes(case, tmp_path)

    assert case.code in found


@pytest.mark.parametrize("case", UNUSUAL, ids=str)
def test_an_unusual_distribution_is_accepted(case: Case, tmp_path: Path) -> None:
    found = codes(case, tmp_path)

    assert found == set()


def test_there_are_enough_of_them_and_no_two_have_one_title() -> None:
    titles = [str(case) for case in (*HOSTILE, *UNUSUAL)]

    assert len(set(titles)) == len(titles)
    assert len(HOSTILE) > 300
    assert len(UNUSUAL) > 120
