"""The list of projects is exact: whatever was seen of a change so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import Listing, Status
from idlewheel.errors import Unavailable
from idlewheel.services import root_sheet
from idlewheel.services.current import Sheets
from idlewheel.services.root_sheet import RootSheet
from tests.contract.ports import DEMO, fake_ports
from tests.fakes.reading import FakeCatalog
from tests.unit.services.torn import Index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.services.sheets import Sheet
    from tests.fakes.world import World


@pytest.fixture
def index() -> Index:
    made = Index()
    for number in range(1, 6):
        made.publish(number)
    return made


class TornRoot(FakeCatalog):
    """A catalog whose list is behind its counter for some reads."""

    def __init__(self, world: World, behind: int) -> None:
        super().__init__(world)
        self.behind = behind
        self.listed: Sequence[Listing] = super().listed_since(0, 0)

    def listed_since(self, shard: int, serial: int) -> Sequence[Listing]:
        self.behind -= 1
        if self.behind >= 0:
            return [one for one in self.listed if one.serial > serial]
        return super().listed_since(shard, serial)


def named(sheet: Sheet) -> list[str]:
    return [one.name for segment in sheet.segments for one in root_sheet.listings(segment)]


@pytest.mark.parametrize("behind", [0, 1, 3])
def test_the_list_shows_every_project_that_its_counters_count(index: Index, behind: int) -> None:
    catalog = TornRoot(index.catalog.world, behind)
    pauses: list[float] = []
    root = RootSheet(catalog, Sheets(pause=pauses.append))
    index.ports.publish(index.token, "other-1-py3-none-any.whl", project=NormalizedName("other"))

    counters, sheet = root.current(catalog.root_counters())

    assert named(sheet) == ["demo", "other"]
    assert counters == (6,)
    assert len(pauses) == behind


def test_a_project_in_quarantine_leaves_the_list_and_comes_back(index: Index) -> None:
    root = RootSheet(index.catalog, Sheets())
    counters = index.catalog.root_counters
    root.current(counters())
    index.ports.changes.set_status(DEMO, Status.QUARANTINED, None)
    hidden = named(root.current(counters())[1])
    index.ports.changes.set_status(DEMO, Status.ACTIVE, None)

    assert hidden == []
    assert named(root.current(counters())[1]) == ["demo"]


def test_a_list_that_is_behind_its_counter_for_good_is_no_list(index: Index) -> None:
    catalog = TornRoot(index.catalog.world, 1_000)
    root = RootSheet(catalog, Sheets(pause=lambda _: None))
    index.publish(9)

    with pytest.raises(Unavailable):
        root.current(catalog.root_counters())


def test_a_list_that_changes_all_the_time_is_answered_all_the_same(index: Index) -> None:
    pauses: list[float] = []
    root = RootSheet(index.catalog, Sheets(pause=pauses.append))
    read = index.catalog.listed_since
    index.catalog.listed_since = lambda *at: [index.publish(100 + len(pauses)), *read(*at)][1:]  # type: ignore[method-assign, assignment]

    counters, sheet = root.current(index.catalog.root_counters())

    assert (counters, named(sheet), pauses) == ((5,), ["demo"], [])


def test_a_list_of_another_history_is_read_anew(index: Index) -> None:
    sheets = Sheets()
    index.ports.publish(index.token, "other-1-py3-none-any.whl", project=NormalizedName("other"))
    RootSheet(index.catalog, sheets).current(index.catalog.root_counters())
    restored = Index()
    restored.publish(1)

    _, sheet = RootSheet(restored.catalog, sheets).current(restored.catalog.root_counters())

    assert named(sheet) == ["demo"]
    assert root_sheet.serial(sheet) == restored.catalog.project(DEMO).serial


def test_an_empty_index_has_an_empty_list() -> None:
    ports = fake_ports()
    root = RootSheet(ports.catalog, Sheets())

    counters, sheet = root.current(ports.catalog.root_counters())

    assert (sum(counters), named(sheet), root_sheet.serial(sheet)) == (0, [], 0)
