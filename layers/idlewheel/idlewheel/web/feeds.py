"""RSS 2.0 feeds as PyPI has them: new projects, new releases, the releases of one project.

Imported when one is first asked for.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from idlewheel.domain.project import Project, ProjectPage, Release

MEDIA_TYPE = "text/xml; charset=utf-8"

UPDATES = 100
"""Releases in the feed of the whole index."""
PROJECTS = 40
"""Projects in the feed of new ones."""
RELEASES = 40
"""Releases in the feed of a project."""


class Entry(NamedTuple):
    """One item of a feed."""

    title: str
    link: str
    description: str
    published: datetime


def packages(projects: Iterable[Project], base: str) -> bytes:
    """List the newest projects; links begin with *base*."""
    entries = (
        Entry(
            f"{project.display_name} was added",
            f"{base}/simple/{project.name}/",
            f"{project.display_name} is a new project",
            project.created_at,
        )
        for project in projects
    )
    return _feed("Newest projects", f"{base}/simple/", _newest(entries, PROJECTS))


def updates(pages: Iterable[ProjectPage], base: str) -> bytes:
    """List the newest releases of all projects; links begin with *base*."""
    entries = (_release(page, release, base) for page in pages for release in page.releases)
    return _feed("Newest releases", f"{base}/simple/", _newest(entries, UPDATES))


def releases(page: ProjectPage, base: str) -> bytes:
    """List the newest releases of one project; links begin with *base*."""
    entries = (_release(page, release, base) for release in page.releases)
    link = f"{base}/simple/{page.project.name}/"
    return _feed(f"Releases of {page.project.display_name}", link, _newest(entries, RELEASES))


def _release(page: ProjectPage, release: Release, base: str) -> Entry:
    title = f"{page.project.display_name} {release.version}"
    link = f"{base}/pypi/{page.project.name}/{quote(release.version)}/json"
    return Entry(title, link, f"{title} was released", release.created_at)


def _newest(entries: Iterable[Entry], most: int) -> list[Entry]:
    return sorted(entries, key=attrgetter("published", "title"), reverse=True)[:most]


def _feed(title: str, link: str, entries: Iterable[Entry]) -> bytes:
    """Compose the document. Names and versions are plain, so nothing needs more than escaping."""
    channel = _element("title", title) + _element("link", link) + _element("description", title)
    items = "\n".join(f"<item>{_item(entry)}</item>" for entry in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="2.0"><channel>{channel}<language>en</language>\n{items}\n</channel></rss>\n'
    ).encode()


def _item(entry: Entry) -> str:
    return (
        _element("title", entry.title)
        + _element("link", entry.link)
        + _element("guid", entry.link)
        + _element("description", entry.description)
        + _element("pubDate", format_datetime(entry.published, usegmt=True))
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
