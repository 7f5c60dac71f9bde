"""The functions as Lambda calls them, and their answers as API Gateway takes them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx

from local import answers as gateway_answers
from local.wire import Request
from tests import samples
from tests.integration.lambda_context import CONTEXT
from tests.openapi import description
from tests.openapi.answers import Answers

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://index.example"
ROUTES = {route.key: route for route in samples.routes()}
PATHS = {it.key: it.path for it in description.operations(description.read())}
LATE = 30
"""Seconds ago that the gateway took each request, so that nothing waits for a verdict."""


class Gateway:
    """Every function behind one door, and one token that may do everything."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        self._folders = {
            name: said["CodeUri"].rstrip("/").rpartition("/")[2]
            for name, said in samples.functions().items()
        }
        self._apps = {
            name: load(name) for name in ("index", "upload", "drafts", "manage", "authorizer")
        }
        self._answers = Answers(URL)
        wish = {"kind": "admin", "principal": "ann", "scopes": ["admin:*", "publish:*", "read:*"]}
        self.token: str = self._apps["manage"].handler({"issue": wish}, CONTEXT)["token"]
        self._context = self.authorize(f"Bearer {self.token}")["context"]

    def authorize(self, header: str) -> dict[str, Any]:
        """Ask the authorizer about a header."""
        event = samples.event("authorize", headers={"Authorization": header})
        answer: dict[str, Any] = self._apps["authorizer"].handler(event, CONTEXT)
        return answer

    def answer(self, key: str, event: dict[str, Any]) -> httpx.Response:
        """Answer *event* of the route *key*; fail where the answer is none that is described.

        Lambda writes what a function returns as JSON in UTF-8; what is not a response to API
        Gateway would be a 502 (MalformedAnswer).
        """
        event["requestContext"]["requestTimeEpoch"] = int((time.time() - LATE) * 1000)
        event["requestContext"]["authorizer"] = dict(self._context)
        app = self._apps[self._folders[ROUTES[key].function]]
        returned = json.dumps(app.handler(event, CONTEXT), ensure_ascii=False).encode()
        method, path = key.split(" ", maxsplit=1)[0], PATHS[key].replace("{", "").replace("}", "")
        asked = Request(method, path)
        made = gateway_answers.from_function(returned, asked)
        response = httpx.Response(
            made.status,
            headers=made.headers,
            content=made.body,
            request=httpx.Request(method, URL + path),
        )
        self._judge(response)
        return response

    def _judge(self, response: httpx.Response) -> None:
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert "undecided" in response.text, response.text
        else:
            assert response.status_code < 500, response.text
        self._answers.check(response)
