from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idlewheel.domain.drafts import (
    KEPT,
    LARGEST,
    Draft,
    DraftState,
    StagedFile,
    new_draft_id,
    require_files,
    require_id,
)
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import File
from idlewheel.errors import Conflict, Gone, NotFound, Rejected, TooLate

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DRAFT = Draft("d" * 32, NormalizedName("demo"), "1.0", "ci", "t1", (), NOW)


def staged(filename: str) -> StagedFile:
    return StagedFile(File(filename, "1.0", "wheel", 3, "a" * 64, NOW, "ci"), "u1", "Demo")


def codes(error: Rejected) -> list[str]:
    return [problem.code for problem in error.problems]


def test_a_draft_is_open_for_a_week() -> None:
    assert DRAFT.is_open(NOW + KEPT - timedelta(seconds=1))
    assert not DRAFT.is_open(NOW + KEPT)


@pytest.mark.parametrize(
    ("change", "later", "error", "why"),
    [
        ({"state": DraftState.PUBLISHED}, timedelta(), TooLate, "published already"),
        ({"state": DraftState.CANCELLED}, timedelta(), Gone, "was cancelled"),
        ({}, KEPT, Gone, "has expired"),
    ],
)
def test_why_a_draft_is_not_open_is_told(
    change: dict[str, DraftState], later: timedelta, error: type[Exception], why: str
) -> None:
    draft = replace(DRAFT, state=change.get("state", DraftState.OPEN))

    with pytest.raises(error, match=why):
        draft.require_open(NOW + later)


def test_a_full_draft_has_no_room() -> None:
    replace(DRAFT, file_count=LARGEST - 1).require_room()

    with pytest.raises(Rejected, match="at most 40 files"):
        replace(DRAFT, file_count=LARGEST).require_room()


def test_a_staged_name_has_one_content() -> None:
    staged("demo-1.0.tar.gz").require_same("a" * 64)

    with pytest.raises(Conflict, match="File already exists"):
        staged("demo-1.0.tar.gz").require_same("b" * 64)


def test_a_draft_holds_what_its_publisher_expects() -> None:
    held = [staged("demo-1.0.tar.gz"), staged("demo-1.0-py3-none-any.whl")]

    require_files(held, None)
    require_files(held, ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"])


def test_every_difference_is_told_at_once() -> None:
    held = [staged("a"), staged("b")]

    with pytest.raises(Rejected) as refused:
        require_files(held, ["b", "c", "d"])

    assert codes(refused.value) == ["draft-lacks-file", "draft-lacks-file", "draft-has-file"]


@pytest.mark.parametrize("expected", [None, []])
def test_an_empty_draft_is_no_release(expected: list[str] | None) -> None:
    with pytest.raises(Rejected) as refused:
        require_files([], expected)

    assert codes(refused.value) == ["draft-empty"]


@pytest.mark.parametrize("text", ["", "d" * 31, "D" * 32, "d" * 33, "../" + "d" * 29, "x" * 5000])
def test_what_no_draft_can_be_called_is_not_looked_for(text: str) -> None:
    with pytest.raises(NotFound):
        require_id(text)


def test_ids_are_not_repeated() -> None:
    assert require_id(new_draft_id()) != new_draft_id()
