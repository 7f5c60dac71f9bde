from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import Act, Record
from idlewheel.errors import Rejected
from idlewheel.web import audit
from idlewheel.web.gateway import Request

PLACE = "2026-11-22T12:00:00.000000#00ff"


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"project": "My_Project"}, ("my-project", None, None, None)),
        ({"principal": "ci", "day": "2026-11-22"}, (None, "ci", date(2026, 11, 22), None)),
        ({"project": "", "day": "2026-11-22"}, (None, None, date(2026, 11, 22), None)),
        ({"principal": "ci", "before": PLACE}, (None, "ci", None, PLACE)),
    ],
)
def test_the_audit_is_asked_by_project_principal_and_day(
    query: dict[str, str], asked: tuple[object, ...]
) -> None:
    assert audit.asked(Request(query=query)) == asked


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "nothing-asked"),
        ({"day": "yesterday"}, "invalid-day"),
        ({"day": "2026-13-01"}, "invalid-day"),
        ({"day": "20261122"}, "invalid-day"),
        ({"day": "2026-W47-7"}, "invalid-day"),
        ({"day": "9" * 9000}, "invalid-day"),
        ({"project": "x" * 129}, "invalid-project"),
        ({"project": "a/b", "day": "2026-11-22"}, "invalid-project"),
        ({"principal": "x" * 2049}, "invalid-principal"),
        ({"principal": "-"}, "invalid-principal"),
        ({"principal": "ci", "before": "~"}, "invalid-place"),
        ({"principal": "ci", "before": "2026-11-22"}, "invalid-place"),
        ({"principal": "ci", "before": PLACE + "f" * 2000}, "invalid-place"),
    ],
)
def test_who_asks_otherwise_is_told_how(query: dict[str, str], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        audit.asked(Request(query=query))

    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_record_reads_as_json() -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    record = Record(at, Act.YANKED, Actor("ann", "tok"), "demo", ("1.0",), {"reason": "bad"}, "00")

    assert audit.describe(record) == {
        "id": "00",
        "at": "2026-11-22T12:00:00.000000Z",
        "act": "yanked",
        "principal": "ann",
        "token": "tok",
        "project": "demo",
        "subjects": ["1.0"],
        "detail": {"reason": "bad"},
    }


@pytest.mark.parametrize(("count", "is_all"), [(1, True), (audit.MOST, False)])
def test_a_full_answer_says_where_the_next_begins(count: int, is_all: bool) -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    record = Record(at, Act.YANKED, Actor("ann", "tok"), "demo", ("1.0",), {}, "00ff")

    said = audit.answer([record] * count)

    assert said["next"] == (None if is_all else PLACE)
    assert said["records"] == [audit.describe(record)] * count
