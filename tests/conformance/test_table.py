"""The table of conformance is true: nothing is claimed that no test decides."""

from __future__ import annotations

import pytest

from tests.conformance import table

EVERY = {statement.id: statement for statement in table.statements()}
DECIDED = table.decisions()


def test_the_checklist_is_whole() -> None:
    levels = [statement.level for statement in EVERY.values()]

    assert len(EVERY) == 238
    assert {level: levels.count(level) for level in set(levels)} == {
        "MUST": 103,
        "SHOULD": 112,
        "NICE": 23,
    }


def test_every_must_and_should_has_a_test_from_outside_or_a_reason() -> None:
    open_ones = {
        one
        for one in EVERY
        if not table.from_outside(DECIDED.get(one, [])) and one not in table.LEFT_OUT
    }

    assert open_ones == set()


def test_nothing_is_left_out_that_a_test_decides() -> None:
    both = {one for one in table.LEFT_OUT if table.from_outside(DECIDED.get(one, []))}

    assert both == set()


def test_tests_and_reasons_name_statements_that_exist() -> None:
    assert set(DECIDED) | set(table.LEFT_OUT) | set(table.NOTES) <= set(EVERY)


def test_the_document_is_what_the_tests_say() -> None:
    assert table.DOCUMENT.read_text() == table.render(), "run python -m tests.conformance.table"


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ('@pytest.mark.checklist("A-1", "B-2")\ndef test_it(): ...', ["A-1", "B-2"]),
        ('@pytest.mark.checklist(*("A-1",), "B-2")\ndef test_it(): ...', ["A-1", "B-2"]),
        (
            """@pytest.mark.parametrize("x", [pytest.param(1, marks=mark.checklist("A-1"))])
def test_it(x): ...""",
            ["A-1"],
        ),
    ],
)
def test_ids_are_found_wherever_the_mark_may_stand(source: str, ids: list[str]) -> None:
    [(name, found)] = table.marked(source)

    assert (name, sorted(found)) == ("test_it", ids)


def test_a_test_without_the_mark_decides_nothing() -> None:
    assert list(table.marked("@pytest.mark.e2e\ndef test_it(): ...")) == []
