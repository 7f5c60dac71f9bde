from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.services.current import LONG, PAYS, Sheets
from idlewheel.services.recent import Recent
from idlewheel.services.sheets import Packed, Sheet, dump, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEYS = st.text("abcdef0123456789", min_size=1, max_size=6)
MEAN = 4


def marks(rows: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    return tuple(sorted({str(row[1]) for row in rows}))


def sheet_of(rows: Iterable[tuple[str, int]], before: Sheet | None = None) -> Sheet:
    return (before or Sheet()).with_rows({key: [key, value] for key, value in rows}, MEAN, marks)


def rows_of(sheet: Sheet) -> list[list[Any]]:
    return [row for segment in sheet.segments for row in segment.rows()]


def long_sheet(count: int = 40) -> Sheet:
    return sheet_of((f"key-{number:03}", number) for number in range(count))


@given(st.lists(st.tuples(KEYS, st.integers(0, 9)), max_size=60))
def test_rows_are_in_the_order_of_their_keys_and_the_last_of_each_counts(
    rows: list[tuple[str, int]],
) -> None:
    sheet = sheet_of(rows)

    assert rows_of(sheet) == [[key, value] for key, value in sorted(dict(rows).items())]


@given(st.lists(st.lists(st.tuples(KEYS, st.integers(0, 9)), max_size=15), max_size=6))
def test_equal_rows_make_equal_segments_whatever_came_when(
    batches: list[list[tuple[str, int]]],
) -> None:
    sheet = Sheet()
    for batch in batches:
        sheet = sheet_of(batch, sheet)

    assert sheet == sheet_of(row for batch in batches for row in batch)


@given(st.sets(KEYS, max_size=60), st.sets(KEYS, max_size=5))
def test_rows_are_found_where_they_are(present: set[str], asked: set[str]) -> None:
    sheet = sheet_of((key, 1) for key in present)

    assert sheet.find(asked) == {key: [key, 1] for key in asked & present}


def test_segments_without_a_changed_row_stay_the_same_objects() -> None:
    before = long_sheet()

    after = sheet_of([("key-020", 99)], before)

    changed = [old for old, new in zip(before.segments, after.segments, strict=True) if old != new]
    kept = sum(any(old is new for new in after.segments) for old in before.segments)
    assert len(changed) == 1
    assert kept == len(before.segments) - 1
    assert len(before.segments) > 3


def test_a_segment_says_its_marks_without_being_unpacked() -> None:
    sheet = sheet_of([("a", 1), ("b", 2)])

    assert {mark for segment in sheet.segments for mark in segment.marks} == {"1", "2"}


def rendered(sheet: Sheet) -> Sheet:
    for number, segment in enumerate(sheet.segments):
        segment.packed["json"] = Packed(bytes([number]) * number, number, number)
    return replace(sheet, state={"revision": 3, "releases": {"1.0": ["1.0", None]}})


def test_a_snapshot_is_read_as_it_was_written() -> None:
    sheet = rendered(long_sheet())

    assert load(dump(sheet, renderer=1), renderer=1) == sheet


def test_renderings_by_other_code_are_forgotten_but_not_the_rows() -> None:
    sheet = rendered(long_sheet())

    read = load(dump(sheet, renderer=1), renderer=2)

    assert read is not None
    assert rows_of(read) == rows_of(sheet)
    assert not any(segment.packed for segment in read.segments)


def test_a_snapshot_of_another_format_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    content = dump(long_sheet(), renderer=1)
    monkeypatch.setattr("idlewheel.services.sheets.FORMAT", 2)

    assert load(content, renderer=1) is None


class Store:
    """Snapshots in memory, counted; it may be out of order."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.loads = 0
        self.saves = 0
        self.works = True

    def load(self, name: str) -> bytes | None:
        self.loads += 1
        return self.kept.get(name)

    def save(self, name: str, content: bytes) -> bool:
        self.saves += 1
        if self.works:
            self.kept[name] = content
        return self.works


def heavy() -> Sheet:
    """A sheet that is worth a snapshot."""
    sheet = long_sheet(20)
    sheet.segments[0].packed["json"] = Packed(bytes(PAYS), 0, PAYS)
    return sheet


def test_what_was_rendered_first_is_saved_at_once_and_then_every_few_segments() -> None:
    store = Store()
    sheets = Sheets(store)
    saves = []
    for _ in range(9):
        sheets.keep("demo", heavy(), rendered=1)
        saves.append(store.saves)

    assert saves == [1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_what_could_not_be_saved_is_saved_next_time() -> None:
    store = Store()
    store.works = False
    sheets = Sheets(store)
    sheets.keep("demo", heavy(), rendered=1)
    store.works = True
    sheets.keep("demo", heavy(), rendered=1)

    assert store.saves == 2
    assert load(store.kept["demo"], 0) == heavy()


def test_a_short_page_is_never_asked_of_the_store_nor_saved() -> None:
    store = Store()
    sheets = Sheets(store)
    found = sheets.find("demo", rows=LONG - 1)
    sheets.keep("demo", long_sheet(), rendered=9)

    assert (found, store.loads, store.saves) == (Sheet(), 0, 0)


def test_another_instance_finds_what_was_saved_and_asks_once() -> None:
    store = Store()
    Sheets(store).keep("demo", heavy(), rendered=1)
    other = Sheets(store)

    assert [other.find("demo", rows=LONG) for _ in range(3)] == [heavy()] * 3
    assert store.loads == 1


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{}\n", b"[]\n", b"no newline", b'{"format":1}\n']
)
def test_a_snapshot_that_cannot_be_read_is_none(content: bytes) -> None:
    store = Store()
    store.kept["demo"] = content

    assert Sheets(store).find("demo", rows=LONG) == Sheet()


def test_the_least_used_goes_first_and_what_is_too_large_drives_out_nobody() -> None:
    recent = Recent[str](10, len)
    for key, value in [("a", "xxxx"), ("b", "xxxx")]:
        recent.keep(key, value)
    recent.find("a")
    recent.keep("c", "xxxx")
    recent.keep("huge", "x" * 11)

    assert [recent.find(key) for key in ("a", "b", "c", "huge")] == ["xxxx", None, "xxxx", None]
