"""What pages are made of is exact: whatever was seen of a change so far, and by whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlewheel.errors import Unavailable
from idlewheel.services import project_sheets
from idlewheel.services.current import Sheets
from idlewheel.services.project_sheets import ProjectSheets
from tests.contract.ports import DEMO
from tests.unit.services.torn import Index

if TYPE_CHECKING:
    from idlewheel.services.sheets import Sheet

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def index() -> Index:
    made = Index()
    for number in range(1, 6):
        made.publish(number)
    return made


def shown(sheet: Sheet) -> dict[str, str | None]:
    found = (project_sheets.entries(sheet, segment) for segment in sheet.segments)
    return {entry.filename: entry.yanked for some in found for entry in some}


def test_only_what_was_written_since_is_read_again(index: Index) -> None:
    index.current()
    asked: list[int] = []
    read = index.catalog.changes
    index.catalog.changes = lambda name, since: asked.append(since) or read(name, since)  # type: ignore[method-assign, func-returns-value]
    index.publish(6)
    _, sheet = index.current()
    index.current()

    assert asked == [5], "one read of what came after revision 5, and none where nothing did"
    assert len(shown(sheet)) == 6


@pytest.fixture
def calls(index: Index) -> Counter[str]:
    """How often the catalog was asked for what; the fake's newest reads by its changes."""
    counted = Counter[str]()

    def counting(name: str) -> Any:
        read = getattr(index.catalog, name)
        return lambda *arguments: counted.update([name]) or read(*arguments)

    for name in ("project", "newest", "changes"):
        setattr(index.catalog, name, counting(name))
    return counted


def page(index: Index, *, is_known: bool = False) -> dict[str, str | None]:
    return shown(index.sheets.current(index.sheets.project(DEMO, is_known=is_known))[1])


def test_a_short_page_that_is_not_at_hand_takes_one_read(index: Index, calls: Counter[str]) -> None:
    assert len(page(index)) == 5
    assert calls == {"newest": 1, "changes": 1}


def test_the_project_alone_is_read_where_the_page_is_known_or_at_hand(
    index: Index, calls: Counter[str]
) -> None:
    known = page(index, is_known=True)
    before = calls.copy()

    assert page(index) == known
    assert before == {"project": 1, "changes": 1}
    assert calls - before == {"project": 1}


def test_a_long_page_is_read_as_ever(
    index: Index, calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_sheets, "SHORT", 6)

    assert len(page(index)) == 5
    assert calls == {"newest": 1, "changes": 2}


def test_a_change_of_more_than_is_read_at_first_hides_no_project(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = replace(index.catalog.changes(DEMO, 0), project=None)
    monkeypatch.setattr(index.catalog, "newest", lambda *_: without)

    assert len(page(index)) == 5


@pytest.mark.parametrize("reads", [1, 3])
def test_a_short_page_that_is_seen_torn_is_looked_at_again(index: Index, reads: int) -> None:
    index.catalog.withhold("demo-6-py3-none-any.whl", reads)
    new = index.publish(6)

    assert new in page(index)


@pytest.mark.parametrize("reads", [1, 3])
def test_a_project_seen_before_its_newest_file_is_looked_at_again(index: Index, reads: int) -> None:
    index.current()
    index.catalog.withhold("demo-6-py3-none-any.whl", reads)
    new = index.publish(6)

    _, sheet = index.current()

    assert new in shown(sheet)
    assert len(index.pauses) == reads


def test_a_yank_is_never_missing_from_the_page_that_carries_its_serial(index: Index) -> None:
    index.current()
    index.catalog.withhold("demo-3-py3-none-any.whl", 2)
    index.ports.changes.yank_file(DEMO, "demo-3-py3-none-any.whl", "broken")

    project, sheet = index.current()

    assert project.revision == 6
    assert shown(sheet)["demo-3-py3-none-any.whl"] == "broken"


def test_a_later_change_cannot_stand_for_an_earlier_one_that_is_not_visible_yet(
    index: Index,
) -> None:
    index.current()
    index.catalog.withhold("demo-2-py3-none-any.whl", 2)
    index.ports.changes.yank_file(DEMO, "demo-2-py3-none-any.whl", "first")
    index.ports.changes.yank_file(DEMO, "demo-4-py3-none-any.whl", "second")

    _, sheet = index.current()

    yanked = {name: why for name, why in shown(sheet).items() if why}
    assert yanked == {"demo-2-py3-none-any.whl": "first", "demo-4-py3-none-any.whl": "second"}


def test_what_does_not_become_visible_is_no_page(index: Index) -> None:
    index.current()
    index.catalog.withhold("demo-3-py3-none-any.whl", -1)
    index.ports.changes.yank_file(DEMO, "demo-3-py3-none-any.whl", "broken")

    with pytest.raises(Unavailable):
        index.current()

    assert 0.5 < sum(index.pauses) < 1


def test_a_deleted_file_leaves_and_a_restored_one_returns(index: Index) -> None:
    index.current()
    first = index.ports.catalog.file(DEMO, "demo-1-py3-none-any.whl")
    index.ports.changes.delete_files(DEMO, [first], NOW)
    deleted = shown(index.current()[1])
    index.ports.changes.restore_files(DEMO, [first])

    assert first.filename not in deleted
    assert first.filename in shown(index.current()[1])


def test_a_release_is_yanked_with_the_files_that_did_not_change(index: Index) -> None:
    _, before = index.current()
    for segment in before.segments:
        segment.packed["json"] = project_sheets_packed()
    index.ports.changes.yank_release(DEMO, "2", "bad")
    _, sheet = index.current()

    assert shown(sheet)["demo-2-py3-none-any.whl"] == "bad"
    assert not any(segment.packed for segment in sheet.segments if "2" in segment.marks)


def project_sheets_packed() -> Any:
    from idlewheel.services.sheets import Packed

    return Packed(b"stale", 0, 5)


def test_versions_without_files_stay_until_they_are_dropped(index: Index) -> None:
    index.ports.changes.delete_files(
        DEMO, [index.ports.catalog.file(DEMO, "demo-1-py3-none-any.whl")], NOW
    )
    with_it = project_sheets.versions(*index.current())
    index.ports.changes.mark_release(DEMO, "1", deleted=True)

    assert "1" in with_it
    assert "1" not in project_sheets.versions(*index.current())


def test_a_sheet_of_another_history_is_read_anew(index: Index) -> None:
    index.current()
    world = index.catalog.world
    world.projects[DEMO] = replace(world.projects[DEMO], serial=7)

    project, sheet = index.current()

    assert project_sheets.stand(sheet) == (5, 7)
    assert project.serial == 7


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "yank", "unyank", "delete", "restore", "release"]),
        st.integers(0, 30),
    ),
    max_size=25,
)


def act(index: Index, step: str, number: int, done: list[str]) -> None:
    changes = index.ports.changes
    if step == "publish" or not done:
        done.append(index.publish(len(done)))
        return
    name = done[number % len(done)]
    file = index.ports.catalog.file(DEMO, name)
    {
        "yank": lambda: changes.yank_file(DEMO, name, "why"),
        "unyank": lambda: changes.yank_file(DEMO, name, None),
        "delete": lambda: changes.delete_files(DEMO, [file], NOW),
        "restore": lambda: changes.restore_files(DEMO, [file]),
        "release": lambda: changes.yank_release(DEMO, file.version, ("", None)[number % 2]),
    }[step]()


@settings(max_examples=60)
@given(STEPS)
def test_a_page_kept_up_is_the_page_read_whole(steps: list[tuple[str, int]]) -> None:
    index, done = Index(), list[str]()
    for step, number in steps:
        act(index, step, number, done)
        kept = index.current()
        fresh = ProjectSheets(index.catalog, Sheets()).current(index.catalog.project(DEMO))

        assert shown(kept[1]) == shown(fresh[1])
        assert kept[1].state == fresh[1].state
        assert project_sheets.versions(*kept) == project_sheets.versions(*fresh)
