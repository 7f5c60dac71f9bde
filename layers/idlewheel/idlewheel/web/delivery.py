"""How a page leaves: unchanged in no bytes, kept in memory, compressed, or from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from idlewheel.errors import Unavailable
from idlewheel.services.recent import Recent
from idlewheel.web import packing
from idlewheel.web.bodies import Bodies, Body, encode
from idlewheel.web.gateway import Reply, redirect
from idlewheel.web.negotiation import has_current

if TYPE_CHECKING:
    from idlewheel.web.gateway import Request
    from idlewheel.web.variants import Variant


LINKS = 1_000
"""Stored pages that one function instance remembers."""


class Rendered(NamedTuple):
    """A page as it was when it was rendered: perhaps a later revision than the one asked for."""

    revision: str
    serial: int
    content: bytes
    is_gzip: bool = False
    """Whether the content is compressed already, as the variant wants it."""

    def packed(self, variant: Variant) -> bytes:
        """Answer the content as *variant* wants it: the same bytes for the same content."""
        if variant.gzip and not self.is_gzip:
            return packing.member([packing.pack(self.content)])
        return self.content


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

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Read the rest and render it; the links are relative, or begin with *base*."""
        ...


@dataclass(frozen=True, slots=True)
class LargePage:
    """A page of more bytes than a function can answer; its links are absolute."""

    name: str
    """What the page is kept under."""
    serial: int
    variant: Variant
    content: bytes
    """Compressed if the variant is."""

    @property
    def label(self) -> str:
        """Names the form and the encoding."""
        return self.variant.label

    @property
    def headers(self) -> dict[str, str]:
        """What the store is to say of it."""
        encoding = {"content-encoding": "gzip"} if self.variant.gzip else {}
        return {"content-type": self.variant.media_type, "cache-control": "no-store", **encoding}


Link = Callable[[], str]
"""Makes a URL to get a stored page from, good for some minutes."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A page that was stored."""

    revision: str
    link: Link


class Delivery:
    """Answers pages, and keeps the bodies of late."""

    def __init__(
        self,
        store: Callable[[LargePage], Link] | None = None,
        bodies: Bodies | None = None,
    ) -> None:
        """Keep pages in *bodies*; *store* keeps a large one."""
        self._store = store
        self._bodies = Bodies() if bodies is None else bodies
        self._links = Recent[Elsewhere](LINKS, lambda _: 1)

    def answer(self, source: Source, variant: Variant, request: Request) -> Reply:
        """Answer a page: nothing more is read of one that the client or this instance has.

        Raises:
            Unavailable: the page is too large for a function's answer, and there is no store.

        """
        headers = variant.headers(source.revision)
        if has_current(request.header("if-none-match"), headers["ETag"]):
            return Reply(304, headers)
        place = (source.name, variant.label, request.base_url)
        elsewhere = self._links.find(place)
        if elsewhere is not None and elsewhere.revision == source.revision:
            return redirect(elsewhere.link(), cache="no-store")
        body = self._body(source, variant)
        if not body.fits:
            return self._elsewhere(source, variant, request.base_url)
        reply = Reply(200, variant.described(body.revision, body.serial), body.text, body.is_base64)
        return reply.without_body() if request.method == "HEAD" else reply

    def _body(self, source: Source, variant: Variant) -> Body:
        key = variant.key(source.name)
        kept = self._bodies.get(key, source.revision)
        if kept is not None:
            return kept
        rendered = source.render(variant)
        content = rendered.packed(variant)
        body = encode(rendered.revision, rendered.serial, content, is_gzip=variant.gzip)
        self._bodies.put(key, body)
        return body

    def _elsewhere(self, source: Source, variant: Variant, base_url: str) -> Reply:
        """Store the page and send the client there; links must be absolute, for the host changes.

        A 302, which no installer caches: the URL expires.
        """
        stored = self._stored(source, variant, base_url)
        self._links.keep((source.name, variant.label, base_url), stored)
        return redirect(stored.link(), cache="no-store")

    def _stored(self, source: Source, variant: Variant, base_url: str) -> Elsewhere:
        if self._store is None:
            raise Unavailable(
                f"This page is larger than can be answered as {variant.media_type}"
                + ("" if variant.gzip else "; ask for it with Accept-Encoding: gzip")
            )
        rendered = source.render(variant, base_url)
        content = rendered.packed(variant)
        page = LargePage(source.name, rendered.serial, variant, content)
        return Elsewhere(rendered.revision, self._store(page))
