"""A page of HTML, as a browser or an old pip takes it apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Anchor:
    """One link of a page."""

    attributes: dict[str, str | None]
    text: str = ""

    @property
    def href(self) -> str:
        """Where it points to, as written."""
        return self.attributes["href"] or ""


@dataclass
class Page(HTMLParser):
    """A page of HTML, taken apart."""

    text: str
    doctype: str = ""
    anchors: list[Anchor] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self._open: Anchor | None = None
        self.feed(self.text)

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a":
            self._open = Anchor(attributes)
            self.anchors.append(self._open)
        elif tag == "meta" and attributes.get("name"):
            self.metas[attributes["name"] or ""] = attributes.get("content") or ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def anchor(self, text: str) -> Anchor:
        """The link that is written *text*."""
        return next(anchor for anchor in self.anchors if anchor.text == text)
