"""RSS 2.0 feeds as PyPI has them: new projects, new releases, the releases of one project.

Imported when one is first asked for.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from idlewheel.services import news
from idlewheel.web.files import asked_project, offered
from idlewheel.web.gateway import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from idlewheel.services.news import News
    from idlewheel.services.ports import Catalog
    from idlewheel.web.gateway import Request

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
    published: str
    """As RFC 822 writes a date, which is what RSS wants."""


def packages(catalog: Catalog, request: Request) -> Reply:
    """Answer the newest projects."""
    found = news.projects(catalog, PROJECTS)
    return _feed("Newest projects", f"{request.base_url}/simple/", _entries(found, request))


def updates(catalog: Catalog, request: Request) -> Reply:
    """Answer the newest releases of all projects."""
    found = news.releases(catalog, UPDATES)
    return _feed("Newest releases", f"{request.base_url}/simple/", _entries(found, request))


def releases(catalog: Catalog, request: Request) -> Reply:
    """Answer the newest releases of ``{project}``. Raises NotFound."""
    project = offered(catalog, asked_project(request.parameters["project"]))
    found = news.releases_of(catalog, project)[:RELEASES]
    link = f"{request.base_url}/simple/{project.name}/"
    return _feed(f"Releases of {project.display_name}", link, _entries(found, request))


def _entries(found: Sequence[News], request: Request) -> Iterable[Entry]:
    return (_entry(one, request.base_url) for one in found)


def _entry(one: News, base: str) -> Entry:
    name, when = one.project.display_name, format_datetime(one.created_at, usegmt=True)
    if one.release is None:
        link = f"{base}/simple/{one.project.name}/"
        return Entry(f"{name} was added", link, f"{name} is a new project", when)
    title = f"{name} {one.release.version}"
    link = f"{base}/pypi/{one.project.name}/{quote(one.release.version)}/json"
    return Entry(title, link, f"{title} was released", when)


def _feed(title: str, link: str, entries: Iterable[Entry]) -> Reply:
    """Compose the document. Names and versions are plain, so nothing needs more than escaping."""
    channel = _element("title", title) + _element("link", link) + _element("description", title)
    items = "\n".join(f"<item>{_item(entry)}</item>" for entry in entries)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="2.0"><channel>{channel}<language>en</language>\n{items}\n</channel></rss>\n'
    )
    return Reply(200, {"Content-Type": MEDIA_TYPE, "Cache-Control": "private, no-cache"}, body)


def _item(entry: Entry) -> str:
    return (
        _element("title", entry.title)
        + _element("link", entry.link)
        + _element("guid", entry.link)
        + _element("description", entry.description)
        + _element("pubDate", entry.published)
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
