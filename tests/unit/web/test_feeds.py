from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from idlewheel.domain.names import normalize
from idlewheel.domain.project import ProjectPage, Release, Status
from idlewheel.errors import NotFound
from idlewheel.services import news
from idlewheel.services.news import EPOCH
from idlewheel.web import feeds
from idlewheel.web.gateway import Request
from tests.unit.web.shelf import MOMENT, Shelf, page, project, sdist, wheel

if TYPE_CHECKING:
    from idlewheel.web.gateway import Reply

BASE = "https://index.example/prod"


def entries(reply: Reply) -> list[tuple[str, str, datetime]]:
    """Read a feed as a reader does: the title, link and time of each item."""
    assert reply.headers["Content-Type"].startswith("text/xml")
    root = ET.fromstring(reply.body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    return [
        (
            item.findtext("title", ""),
            item.findtext("link", ""),
            parsedate_to_datetime(item.findtext("pubDate", "")),
        )
        for item in root.iterfind("channel/item")
    ]


def released(name: str, *ages: int) -> ProjectPage:
    """Make a page with releases that are so many hours old, numbered by their age."""
    times = [MOMENT - timedelta(hours=age) for age in ages]
    releases = (Release(f"1.{age}", time) for age, time in zip(ages, times, strict=True))
    changed = (max(times) - EPOCH) // timedelta(microseconds=1)
    found = replace(project(name), serial=changed, created_at=min(times))
    return ProjectPage(found, tuple(releases))


def asked(name: str = "", base: str = BASE) -> Request:
    return Request(parameters={"project": name}, base_url=base)


def whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


@pytest.mark.checklist("API-13")
def test_the_releases_of_a_project_come_newest_first() -> None:
    found = entries(feeds.releases(Shelf(released("Demo", 5, 0, 3)), asked("DEMO")))

    assert [title for title, _, _ in found] == ["Demo 1.0", "Demo 1.3", "Demo 1.5"]
    assert found[0] == ("Demo 1.0", f"{BASE}/pypi/demo/1.0/json", whole_seconds(MOMENT))


@pytest.mark.checklist("API-13")
def test_the_updates_mix_the_releases_of_all_projects() -> None:
    shelf = Shelf(released("A", 4, 1), released("B", 3, 2))
    found = entries(feeds.updates(shelf, asked()))

    assert [title for title, _, _ in found] == ["A 1.1", "B 1.2", "B 1.3", "A 1.4"]


@pytest.mark.checklist("API-13")
def test_new_projects_come_newest_first() -> None:
    # The older one was changed last: that makes it no newer.
    shelf = Shelf(released("Old", 24, 0), released("New.One", 23))
    found = entries(feeds.packages(shelf, asked()))

    assert [(title, link) for title, link, _ in found] == [
        ("New.One was added", f"{BASE}/simple/new-one/"),
        ("Old was added", f"{BASE}/simple/old/"),
    ]


def test_imported_releases_are_as_old_as_their_oldest_file() -> None:
    hours = {"1.0": 900, "2.0": 500}
    files = [
        wheel(version, uploaded_at=MOMENT - timedelta(hours=h)) for version, h in hours.items()
    ]
    imported = page(*files, sdist("1.0", uploaded_at=MOMENT - timedelta(hours=950)))
    shelf = Shelf(imported, released("New", 600, 5))

    found = entries(feeds.updates(shelf, asked()))

    assert [title for title, _, _ in found] == [
        "New 1.5",
        "Demo.Project 2.0",
        "New 1.600",
        "Demo.Project 1.0",
    ]
    assert found[3][2] == whole_seconds(MOMENT - timedelta(hours=950))


def test_after_a_large_import_a_feed_reads_no_more_than_it_can() -> None:
    old = wheel(uploaded_at=MOMENT - timedelta(days=900))
    crowd = Shelf(*(page(old, name=normalize(f"p{number}")) for number in range(300)))

    assert len(entries(feeds.updates(crowd, asked()))) == 100
    assert crowd.reads["page"] == news.LOOKS < 300


def test_feeds_end_where_those_of_pypi_do() -> None:
    many = range(150)
    crowd = Shelf(*(released(f"p{number}", number) for number in many))
    busy = Shelf(released("Demo", *many))

    assert len(entries(feeds.updates(busy, asked()))) == 100
    assert len(entries(feeds.updates(crowd, asked()))) == 100
    assert len(entries(feeds.releases(busy, asked("demo")))) == 40
    assert len(entries(feeds.packages(crowd, asked()))) == 40


def test_no_more_projects_are_read_than_can_have_news() -> None:
    crowd = Shelf(*(released(f"p{number}", number) for number in range(150)))

    feeds.updates(crowd, asked())
    feeds.packages(crowd, asked())

    assert crowd.reads["page"] == 100
    assert crowd.reads["project"] == 100 + 40


def test_a_feed_of_nothing_is_a_feed() -> None:
    assert entries(feeds.updates(Shelf(), asked())) == []


def test_there_is_no_feed_of_what_does_not_exist() -> None:
    with pytest.raises(NotFound):
        feeds.releases(Shelf(), asked("demo"))


def test_there_is_no_feed_of_a_project_in_quarantine() -> None:
    page = released("demo", 1)
    hidden = replace(page, project=replace(page.project, status=Status.QUARANTINED))

    with pytest.raises(NotFound, match="quarantined"):
        feeds.releases(Shelf(hidden), asked("demo"))


def test_what_must_be_escaped_is() -> None:
    page = replace(released("Demo", 0), releases=(Release("1.0+l.1", MOMENT),))
    ((title, link, _),) = entries(feeds.releases(Shelf(page), asked("demo", BASE + "/?a&b")))

    assert (title, link) == ("Demo 1.0+l.1", f"{BASE}/?a&b/pypi/demo/1.0%2Bl.1/json")
    assert normalize("Demo") == page.project.name
