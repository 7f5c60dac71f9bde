"""The endpoints of a function, by the routes of template.yaml, letter for letter.

API Gateway has matched the path already and says which route it was, so there is nothing to match
again. Powertools' resolver would, and loading it costs each cold start of `index` a sixth of the
whole (docs/decisions/0009-no-resolver.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idlewheel.errors import IdlewheelError, NotFound
from idlewheel.web.gateway import Request
from idlewheel.web.problems import reply_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from idlewheel.web.gateway import Reply

    Endpoint = Callable[[Request], Reply]


class Routes:
    """The endpoints of one function."""

    def __init__(self, heard: Callable[[IdlewheelError], None] | None = None) -> None:
        """Make an empty table; *heard* is told of every error that a client is answered."""
        self.endpoints: dict[str, Endpoint] = {}
        self._heard = heard

    def route(self, *keys: str) -> Callable[[Endpoint], Endpoint]:
        """Register an endpoint under route keys such as ``GET /simple/{project}``."""

        def register(endpoint: Endpoint) -> Endpoint:
            self.endpoints.update(dict.fromkeys(keys, endpoint))
            return endpoint

        return register

    def __call__(self, event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
        """Answer one event of the gateway."""
        request = Request.from_event(event)
        try:
            reply = self._endpoint(event)(request)
        except IdlewheelError as error:
            if self._heard is not None:
                self._heard(error)
            reply = reply_to(error, request)
        return reply.to_event()

    def _endpoint(self, event: Mapping[str, Any]) -> Endpoint:
        key = f"{event['httpMethod']} {event['resource']}"
        if key not in self.endpoints:
            raise NotFound(f"there is no {key} here")
        return self.endpoints[key]
