"""Pages as clients ask for them and read them."""

from __future__ import annotations

import base64
import gzip
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from idlewheel.services.project_sheets import Entry
from idlewheel.web import simple
from idlewheel.web.gateway import Reply, Request
from idlewheel.web.negotiation import JSON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.domain.project import Listing, ProjectPage
    from idlewheel.web.pages import Pages

BASE_URL = "https://index.example/prod"
GZIP = {"accept-encoding": "gzip"}


def asking(accept: str = JSON, path: str = "/simple/demo-project/", **changes: Any) -> Request:
    headers = {"accept": accept, **changes.pop("headers", {})}
    return Request(path=path, headers=headers, base_url=BASE_URL, **changes)


def decoded(reply: Reply) -> bytes:
    """Do what gateway and client do: undo the base64, then the compression."""
    content = base64.b64decode(reply.body) if reply.is_base64 else reply.body.encode()
    return gzip.decompress(content) if "Content-Encoding" in reply.headers else content


def listed(reply: Reply) -> list[str]:
    return [file["filename"] for file in json.loads(decoded(reply))["files"]]


def answer(pages: Pages, route: str, accept: str = JSON, **changes: Any) -> Reply:
    if route == "root":
        return pages.root(asking(accept, path="/simple/", **changes))
    return pages.project("demo-project", asking(accept, **changes))


def as_json(page: ProjectPage, base: str = simple.HERE) -> bytes:
    """A page as JSON, in one piece."""
    spelled = {one.version for one in page.releases} | {one.version for one in page.files}
    versions = sorted(spelled)
    head, _, tail = simple.json_frame(page.project, versions)
    return (
        head
        + simple.json_files(_entries(page), page.project.name, simple.Links(base, BASE_URL))
        + tail
    )


def as_html(page: ProjectPage, base: str = simple.HERE) -> bytes:
    """A page as HTML, in one piece."""
    head, _, tail = simple.html_frame(page.project)
    return (
        head
        + simple.html_files(_entries(page), page.project.name, simple.Links(base, BASE_URL))
        + tail
    )


def root_json(listings: Sequence[Listing]) -> bytes:
    """The list of projects as JSON, in one piece."""
    head, _, tail = simple.root_frame(last_serial(listings), is_json=True)
    return head + simple.root_json(listings) + tail


def root_html(listings: Sequence[Listing]) -> bytes:
    """The list of projects as HTML, in one piece."""
    head, _, tail = simple.root_frame(last_serial(listings), is_json=False)
    return head + simple.root_html(listings) + tail


def last_serial(listings: Sequence[Listing]) -> int:
    return max((listing.serial for listing in listings), default=0)


def _entries(page: ProjectPage) -> list[Entry]:
    return sorted(Entry.of(file) for file in page.files)


class Reader(HTMLParser):
    """Reads anchors and metas as an installer does."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.anchors: list[tuple[dict[str, str | None], str]] = []
        self.metas: dict[str | None, str | None] = {}
        self.comments: list[str] = []
        self.declaration = ""
        self._open = False
        self.feed(content.decode())
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.declaration = decl

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag == "a"
        if tag == "a":
            self.anchors.append((dict(attrs), ""))
        if tag == "meta":
            self.metas[dict(attrs).get("name")] = dict(attrs).get("content")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._open:
            attributes, text = self.anchors[-1]
            self.anchors[-1] = (attributes, text + data)
