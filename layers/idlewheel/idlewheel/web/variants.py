"""The forms in which one page can be had, and the headers that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.web import negotiation, simple

if TYPE_CHECKING:
    from idlewheel.web.gateway import Request

_MARKS = {
    negotiation.JSON: "j",
    negotiation.HTML: "h",
    negotiation.TEXT_HTML: "t",
    "application/json": "a",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the forms of a page: its media type, compressed or not."""

    media_type: str
    gzip: bool

    @classmethod
    def wanted(cls, request: Request) -> Variant:
        """Choose the form that the client wants. Raises NotAcceptable where there is none."""
        return cls(
            negotiation.choose_simple(request.header("accept"), request.query.get("format")),
            negotiation.takes_gzip(request.header("accept-encoding")),
        )

    @property
    def is_json(self) -> bool:
        """Whether it is JSON; the two names of HTML share their bodies."""
        return self.media_type.endswith("json")

    @property
    def form(self) -> str:
        """What it is rendered as, before it is compressed."""
        return "json" if self.is_json else "html"

    def key(self, page: str) -> tuple[str, ...]:
        """Say under which key the body of *page* in this form is kept."""
        return (page, self.form, "gzip" if self.gzip else "plain")

    def etag(self, revision: str) -> str:
        """Name one revision of a page in this form, without having rendered it.

        It is strong: another form, another encoding and another renderer give other bytes, and
        so another name.
        """
        return f'"{revision}-{self.label}{simple.RENDERER}"'

    @property
    def label(self) -> str:
        """Names the media type and the encoding in two letters."""
        return _MARKS[self.media_type] + ("g" if self.gzip else "i")

    def headers(self, revision: str) -> dict[str, str]:
        """Compose what a 200 and its 304 have in common (RFC 9110 §15.4.5).

        Every page is asked for again before it is used (no-cache): pip obeys a max-age, and
        would not see what was published a moment ago. The media type is among them because API
        Gateway would call a 304 without one application/json, and the caches of pip and poetry
        (CacheControl) keep the page with the headers of the 304: they could not read it again.
        """
        return {
            "Content-Type": self.media_type,
            "ETag": self.etag(revision),
            "Vary": "Accept, Accept-Encoding, Authorization",
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
        }

    def described(self, revision: str, serial: int) -> dict[str, str]:
        """Compose the headers of a 200: those of :meth:`headers`, and what the body is.

        bandersnatch compares the serial with the one in the list of projects.
        """
        encoding = {"Content-Encoding": "gzip"} if self.gzip else {}
        return {
            **self.headers(revision),
            "X-PyPI-Last-Serial": str(serial),
            **encoding,
        }
