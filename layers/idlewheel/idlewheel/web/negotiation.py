"""What form of an answer a client takes, and whether it has that answer already.

The rules are those of RFC 9110 §12 and §13 and of PEP 691. A header may hold anything: what
cannot be read is left aside, so that nothing but NotAcceptable ever comes out of here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.errors import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
TEXT_HTML = "text/html"

SIMPLE = (JSON, HTML, TEXT_HTML)
"""What a page of the simple API can be had as; on equal terms, the first is answered."""

_ALIASES = {
    "application/vnd.pypi.simple.latest+json": JSON,
    "application/vnd.pypi.simple.latest+html": HTML,
}
"""``latest`` may be asked for; the answer names the version (PEP 691)."""

_QUALITY = re.compile(r"0?\.[0-9]+|0\.?|1(?:\.0*)?|0\.[0-9]+", re.ASCII)
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_EXACT, _KIND, _ANYTHING = 3, 2, 1


class _Range(NamedTuple):
    """One element of an Accept header: how much it is wanted, from 0 (not at all) to 1."""

    name: str
    quality: float


class _Fit(NamedTuple):
    """How well an offer suits: wanted how much, and by how exact a range."""

    quality: float
    exactness: int


def choose_simple(accept: str | None, format_parameter: str | None = None) -> str:
    """Choose among the media types of a simple page; ``?format=`` wins over the header.

    Who asks for anything at all gets text/html, as PEP 691 has it for old installers.

    Raises:
        NotAcceptable: the client takes none of them, or *format_parameter* names none.

    """
    if format_parameter:
        # A plus sign that was not percent-encoded arrives as a space.
        wanted = format_parameter.strip().replace(" ", "+").lower()
        accept = _ALIASES.get(wanted, wanted)
        if accept not in SIMPLE:
            raise NotAcceptable(f"There is no such format; there are {', '.join(SIMPLE)}")
    return choose(accept, SIMPLE, default=TEXT_HTML)


def choose(accept: str | None, offers: Sequence[str], *, default: str) -> str:
    """Choose the offer that *accept* wants most; on equal terms, the earlier one.

    *default* is for those who do not care: no header, an empty one, or ``*/*`` alone.

    Raises:
        NotAcceptable: no offer is wanted.

    """
    if accept is None or not accept.strip():
        return default
    ranges = tuple(_ranges(accept))
    fits = {offer: _fit(offer, ranges) for offer in offers}
    best = max(fit.quality for fit in fits.values())
    if best <= 0:
        raise NotAcceptable(f"Nothing of what Accept names can be had; there are {_list(offers)}")
    wanted = [offer for offer in offers if fits[offer].quality == best]
    careless = all(fits[offer].exactness == _ANYTHING for offer in wanted)
    return default if careless and default in wanted else wanted[0]


def _list(offers: Sequence[str]) -> str:
    return ", ".join(offers)


def _fit(offer: str, ranges: Sequence[_Range]) -> _Fit:
    """Judge *offer* by the most exact of the ranges that speak of it (RFC 9110 §12.5.1)."""
    exactness = {offer: _EXACT, offer.partition("/")[0] + "/*": _KIND, "*/*": _ANYTHING}
    fits = [
        _Fit(element.quality, exactness[element.name])
        for element in ranges
        if element.name in exactness
    ]
    return max(fits, key=lambda fit: (fit.exactness, fit.quality), default=_Fit(0, 0))


def _ranges(header: str) -> Iterator[_Range]:
    """Take a header apart, without what cannot be read and what cannot be offered anyway."""
    for element in header.lower().split(","):
        name, *parameters = (part.strip(" \t") for part in element.split(";"))
        quality = _quality(parameters)
        if quality is not None:
            yield _Range(_ALIASES.get(name, name), quality)


def _quality(parameters: Sequence[str]) -> float | None:
    """Read the q of an element, 1 where there is none; None where it is no number from 0 to 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            number = value.strip()
            return float(number) if _QUALITY.fullmatch(number) else None
    return 1.0


def takes_gzip(accept_encoding: str | None) -> bool:
    """Say whether a gzip body may be sent: it is named, or ``*`` is, and identity not preferred.

    Who names no encoding at all might take any (RFC 9110 §12.5.3), but curl and scripts that
    send no such header do not decompress: they get the plain body.
    """
    wanted = {element.name: element.quality for element in _ranges(accept_encoding or "")}
    gzip = wanted.get("gzip", wanted.get("x-gzip", wanted.get("*", 0.0)))
    return gzip > 0 and gzip >= wanted.get("identity", 0.0)


def has_current(if_none_match: str | None, etag: str) -> bool:
    """Say whether the client holds *etag* already (weak comparison, RFC 9110 §13.1.2)."""
    if not if_none_match:
        return False
    return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)
