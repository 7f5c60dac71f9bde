"""How a page of the simple API is read: one small read, and the rest only if it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import unquote

from idlewheel.domain.names import is_valid, normalize
from idlewheel.errors import NotFound, Unavailable
from idlewheel.web import negotiation, simple
from idlewheel.web.bodies import Bodies, Body, compress, encode
from idlewheel.web.gateway import Reply, redirect
from idlewheel.web.variants import Variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Project
    from idlewheel.services.ports import Catalog
    from idlewheel.web.gateway import Request


class Rendered(NamedTuple):
    """A page as it was when it was rendered: perhaps a later revision than the one asked for."""

    revision: str
    serial: int
    content: bytes


class Source(Protocol):
    """A page before anything but its revision has been read."""

    @property
    def name(self) -> str:
        """What the page is kept under."""
        ...

    @property
    def revision(self) -> str:
        """Names the page's state; another state has another name."""
        ...

    @property
    def serial(self) -> int | None:
        """The serial of the page's last change, where that is known without reading more."""
        ...

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Read the rest and render it; the links are relative, or begin with *base*."""
        ...


@dataclass(frozen=True, slots=True)
class ProjectSource:
    """The page of one project."""

    catalog: Catalog
    project: Project

    @property
    def name(self) -> str:
        """The project's name."""
        return self.project.name

    @property
    def revision(self) -> str:
        """The serial: it rises with every change, even in a table that was restored."""
        return f"{self.project.serial:x}"

    @property
    def serial(self) -> int:
        """The serial of the project's last change."""
        return self.project.serial

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Read the project's files and render them."""
        page = self.catalog.page(self.project)
        renderer = simple.as_json if variant.is_json else simple.as_html
        read = ProjectSource(self.catalog, page.project)
        return Rendered(read.revision, read.serial, renderer(page, base or simple.HERE))


@dataclass(frozen=True, slots=True)
class RootSource:
    """The list of all projects."""

    catalog: Catalog
    counters: tuple[int, ...]
    """Read before the list: a list that is newer than its name is only asked for once more."""
    serial: None = None

    @property
    def name(self) -> str:
        """What no project can be called."""
        return "/"

    @property
    def revision(self) -> str:
        """The counters of all shards."""
        return ".".join(f"{counter:x}" for counter in self.counters)

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Read the list and render it."""
        listings = self.catalog.listings()
        content = (
            simple.root_json(listings)
            if variant.is_json
            else simple.root_html(listings, f"{base}/simple/" if base else "")
        )
        return Rendered(self.revision, simple.last_serial(listings), content)


@dataclass(frozen=True, slots=True)
class LargePage:
    """A page of more bytes than a function can answer; its links are absolute."""

    name: str
    """The project's name, or ``/`` for the list of projects."""
    serial: int
    variant: Variant
    content: bytes
    """Compressed if the variant is."""


class Pages:
    """The pages of the simple API, in whatever form is wanted."""

    def __init__(
        self,
        catalog: Catalog,
        store: Callable[[LargePage], str] | None = None,
        bodies: Bodies | None = None,
    ) -> None:
        """Read from *catalog*; *store* keeps a large page and answers the URL to get it from."""
        self._catalog = catalog
        self._store = store
        self._bodies = Bodies() if bodies is None else bodies

    def project(self, asked: str, request: Request) -> Reply:
        """Answer the page of the project called *asked*, as the URL spells it.

        Raises:
            NotFound: there is no such project.
            NotAcceptable: the client takes no form that there is.
            Unavailable: the page is too large for a function's answer, and there is no store.

        """
        name = asked_project(asked)
        if not request.path.endswith(f"/{name}/"):
            return redirect(_beside(request, f"{name}/"), status=301)
        variant = Variant.wanted(request)
        source = ProjectSource(self._catalog, self._catalog.project(name))
        return self._answer(source, variant, request)

    def root(self, request: Request) -> Reply:
        """Answer the list of all projects. Raises as :meth:`project` does."""
        if not request.path.endswith("/"):
            return redirect(_beside(request, "simple/"), status=301)
        variant = Variant.wanted(request)
        source = RootSource(self._catalog, self._catalog.root_counters())
        return self._answer(source, variant, request)

    def _answer(self, source: Source, variant: Variant, request: Request) -> Reply:
        headers = variant.headers(source.revision, source.serial)
        if negotiation.has_current(request.header("if-none-match"), headers["ETag"]):
            return Reply(304, headers)
        if request.method == "HEAD":
            return Reply(200, headers | variant.representation())
        body = self._body(source, variant)
        if not body.fits:
            return self._elsewhere(source, variant, request.base_url)
        fresh = variant.headers(body.revision, body.serial) | variant.representation()
        return Reply(200, fresh, body.text, body.is_base64)

    def _body(self, source: Source, variant: Variant) -> Body:
        key = variant.key(source.name)
        kept = self._bodies.get(key, source.revision)
        if kept is not None:
            return kept
        revision, serial, content = source.render(variant)
        body = encode(revision, serial, content, gzip=variant.gzip)
        self._bodies.put(key, body)
        return body

    def _elsewhere(self, source: Source, variant: Variant, base_url: str) -> Reply:
        """Store the page and send the client there; links must be absolute, for the host changes.

        A 302, which no installer caches: the URL expires.
        """
        if self._store is None:
            raise Unavailable(
                f"This page is larger than can be answered as {variant.media_type}"
                + ("" if variant.gzip else "; ask for it with Accept-Encoding: gzip")
            )
        _, serial, content = source.render(variant, base_url)
        packed = compress(content) if variant.gzip else content
        location = self._store(LargePage(source.name, serial, variant, packed))
        return redirect(location, cache="no-store")


def asked_project(asked: str) -> NormalizedName:
    """Read the project's name out of a URL. Raises NotFound where no project can have it."""
    name = unquote(asked)
    if not is_valid(name):
        raise NotFound("There is no such project: no project can have this name")
    return normalize(name)


def _beside(request: Request, name: str) -> str:
    """Point to *name* in place of the last segment asked for, whatever stage or prefix is before.

    What was asked of the page (``?format=``) is asked of it there too.
    """
    up = "../" if request.path.endswith("/") else ""
    return f"{up}{name}{request.query_string}"
