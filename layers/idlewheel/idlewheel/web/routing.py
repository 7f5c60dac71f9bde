"""Powertools' resolver, spoken to in our requests and replies.

Routes are spelled as in template.yaml, letter for letter: API Gateway has matched the path
already, and a test holds the two to each other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from idlewheel.errors import IdlewheelError
from idlewheel.web.gateway import Request
from idlewheel.web.problems import reply_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from idlewheel.web.gateway import Reply

    Endpoint = Callable[[Request], Reply]

_PARAMETER = re.compile(r"{(\w+)}")


class Routes:
    """The endpoints of one function."""

    def __init__(self, heard: Callable[[IdlewheelError], None] | None = None) -> None:
        """Make an empty table; *heard* is told of every error that a client is answered."""
        self.endpoints: dict[str, Endpoint] = {}
        self._heard = heard
        self._resolver = APIGatewayRestResolver()
        self._resolver.exception_handler(IdlewheelError)(self._refuse)

    def route(self, *keys: str) -> Callable[[Endpoint], Endpoint]:
        """Register an endpoint under route keys such as ``GET /simple/{project}``."""

        def register(endpoint: Endpoint) -> Endpoint:
            for key in keys:
                method, _, path = key.partition(" ")
                rule = _PARAMETER.sub(r"<\1>", path.replace("{proxy+}", ".+"))
                self.endpoints[key] = endpoint
                self._resolver.route(rule, method=method)(self._adapt(endpoint))
            return endpoint

        return register

    def __call__(self, event: Mapping[str, Any], context: object) -> dict[str, Any]:
        """Answer one event of the gateway."""
        answer: dict[str, Any] = self._resolver.resolve(event, context)  # type: ignore[arg-type]
        return answer

    def _adapt(self, endpoint: Endpoint) -> Callable[..., Response[str]]:
        # The path's parameters reach the endpoint through the request, undecoded.
        return lambda **_parameters: _response(endpoint(self._request()))

    def _refuse(self, error: IdlewheelError) -> Response[str]:
        if self._heard is not None:
            self._heard(error)
        return _response(reply_to(error, self._request()))

    def _request(self) -> Request:
        return Request.from_event(self._resolver.current_event.raw_event)


def _response(reply: Reply) -> Response[str]:
    response: Response[str] = Response(reply.status, body=reply.body, headers=dict(reply.headers))
    response.base64_encoded = reply.is_base64
    return response
