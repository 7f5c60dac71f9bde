from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest

from idlewheel.domain.names import normalize
from idlewheel.domain.project import ProjectPage, Release
from idlewheel.web import feeds
from tests.unit.web.shelf import MOMENT, project

BASE = "https://index.example/prod"


def entries(feed: bytes) -> list[tuple[str, str, datetime]]:
    """Read a feed as a reader does: the title, link and time of each item."""
    root = ET.fromstring(feed)
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
    releases = (Release(f"1.{age}", MOMENT - timedelta(hours=age)) for age in ages)
    return ProjectPage(replace(project(name), name=normalize(name)), tuple(releases))


def whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


@pytest.mark.checklist("API-13")
def test_the_releases_of_a_project_come_newest_first() -> None:
    found = entries(feeds.releases(released("Demo", 5, 0, 3), BASE))

    assert [title for title, _, _ in found] == ["Demo 1.0", "Demo 1.3", "Demo 1.5"]
    assert found[0] == ("Demo 1.0", f"{BASE}/pypi/demo/1.0/json", whole_seconds(MOMENT))


@pytest.mark.checklist("API-13")
def test_the_updates_mix_the_releases_of_all_projects() -> None:
    found = entries(feeds.updates([released("A", 4, 1), released("B", 3, 2)], BASE))

    assert [title for title, _, _ in found] == ["A 1.1", "B 1.2", "B 1.3", "A 1.4"]


@pytest.mark.checklist("API-13")
def test_new_projects_come_newest_first() -> None:
    projects = [project("Old", created_at=MOMENT - timedelta(days=1)), project("New.One")]
    found = entries(feeds.packages(projects, BASE))

    assert [(title, link) for title, link, _ in found] == [
        ("New.One was added", f"{BASE}/simple/new-one/"),
        ("Old was added", f"{BASE}/simple/old/"),
    ]


def test_feeds_end_where_those_of_pypi_do() -> None:
    many = range(150)
    projects = [project(f"p{number}") for number in many]

    assert len(entries(feeds.updates([released("Demo", *many)], BASE))) == 100
    assert len(entries(feeds.releases(released("Demo", *many), BASE))) == 40
    assert len(entries(feeds.packages(projects, BASE))) == 40


def test_a_feed_of_nothing_is_a_feed() -> None:
    assert entries(feeds.updates([], BASE)) == []


def test_what_must_be_escaped_is() -> None:
    page = replace(released("Demo", 0), releases=(Release("1.0+l.1", MOMENT),))
    ((title, link, _),) = entries(feeds.releases(page, BASE + "/?a&b"))

    assert (title, link) == ("Demo 1.0+l.1", f"{BASE}/?a&b/pypi/demo/1.0%2Bl.1/json")
