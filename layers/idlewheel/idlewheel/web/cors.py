"""Reads from pages of other origins: what browsers ask before, and what they must be told after.

Any origin may read, as on PyPI, for nobody can read by accident: the token is sent by the script
that knows it (``Authorization`` is named below), never by the browser by itself. There are no
cookies, and with ``*`` no browser sends credentials of its own (Fetch standard, "CORS protocol").
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from idlewheel.web.gateway import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.web.gateway import Request

READ = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, X-PyPI-Last-Serial",
}
"""What every answer to a read says."""

PREFLIGHT = {
    **READ,
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}
"""What a browser is told before it sends an Authorization header. The same for every path, so
that who has no token learns nothing."""


def preflight(_request: Request) -> Reply:
    """Answer OPTIONS; no token comes with it, as browsers send none before they may."""
    return Reply(204, PREFLIGHT)


def shared(endpoint: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
    """Let pages of other origins see what *endpoint* answers."""

    def answer(request: Request) -> Reply:
        reply = endpoint(request)
        return replace(reply, headers={**reply.headers, **READ})

    return answer
