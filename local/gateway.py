"""API Gateway: HTTP in, an event to the function of the route, its answer out.

Quotas of a REST API (developer guide, "Quotas for configuring and running a REST API"): 10 MB of
request, 10,240 bytes of headers, 29 seconds for the integration; Lambda adds 6 MB each way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from local.answers import MalformedAnswer, from_function
from local.authorizer import Authorizers
from local.events import proxy_event, trace_id
from local.functions import LARGEST_PAYLOAD, FunctionFailed
from local.refusals import Refusals, Refused
from local.routes import Routes
from local.wire import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping
    from typing import TextIO

    from local.functions import Invoker
    from local.plan import Plan
    from local.routes import Match

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

LARGEST_REQUEST = 10 * 1024 * 1024
LARGEST_HEADERS = 10_240
"""Bytes of the request line and all header names and values."""
_WITHOUT_BODY = frozenset({204, 304})
_PATIENCE = 30.0
"""Seconds for which what is too large is still read, so that its sender hears why."""


class Gateway:
    """An ASGI application that answers as the API of a plan does."""

    def __init__(self, plan: Plan, functions: Invoker, log: TextIO) -> None:
        self._plan = plan
        self._functions = functions
        self._log = log
        self._routes = Routes(plan.routes)
        self._authorizers = Authorizers(plan, functions)
        self._refusals = Refusals(plan.refusals, plan.stage)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request (ASGI, HTTP scope)."""
        request = _request(scope, self._plan.stage)
        try:
            _check_headers(request)
            request.body = await _body(request, receive)
        except _GoneAway:
            return
        except Refused as refused:
            answer = self._refusals.answer(refused.kind, request)
            answer.headers.append(("Connection", "close"))
            await _send(answer, request, send, unread=receive)
        else:
            answer = await self._answer_or_refuse(request)
            await _send(answer, request, send)
        self._note(request, answer)

    async def _answer_or_refuse(self, request: Request) -> Answer:
        try:
            return await self.answer(request)
        except Refused as refused:
            return self._refusals.answer(refused.kind, request)

    async def answer(self, request: Request) -> Answer:
        """Answer a request that has arrived whole. Raises Refused where the gateway says no."""
        match = self._routes.find(request.method, request.path)
        if match is None:
            raise Refused("MISSING_AUTHENTICATION_TOKEN")
        context = await self._authorizers.judge(request, match)
        event = json.dumps(proxy_event(request, match, self._plan, context)).encode()
        if len(event) > LARGEST_PAYLOAD:
            raise Refused("REQUEST_TOO_LARGE")
        try:
            return from_function(await self._invoke(match, request, event), request)
        except (FunctionFailed, MalformedAnswer) as error:
            self._print(f"{request.id} {match.route.function} {error}")
            raise Refused("BAD_ANSWER") from error

    async def _invoke(self, match: Match, request: Request, event: bytes) -> bytes:
        """Wait for the function as long as API Gateway would; the function then goes on alone."""
        call = self._functions.invoke(match.route.function, event, request.id, trace_id(request))
        task = asyncio.ensure_future(call)
        done, _ = await asyncio.wait({task}, timeout=match.route.timeout)
        if not done:
            task.add_done_callback(lambda it: it.cancelled() or it.exception())
            raise Refused("INTEGRATION_TIMEOUT")
        return task.result()

    def _note(self, request: Request, answer: Answer) -> None:
        milliseconds = (time.time() - request.received) * 1000
        self._print(
            f"{request.id} {answer.status} {request.method} {request.base}{request.path} "
            f"{len(request.body)} in {len(answer.body)} out {milliseconds:.0f} ms"
        )

    def _print(self, line: str) -> None:
        print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), line, file=self._log, flush=True)


def _request(scope: Mapping[str, Any], stage: str) -> Request:
    """Read a request; its path may start with the stage, as on the host that AWS gives an API."""
    path = scope["raw_path"].decode("latin-1")
    base = f"/{stage}" if f"{path}/".startswith(f"/{stage}/") else ""
    return Request(
        method=scope["method"],
        path=path.removeprefix(base) or "/",
        base=base,
        query=scope["query_string"].decode("latin-1"),
        headers=[
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope.get("headers_as_sent", scope["headers"])
        ],
        client=scope["client"][0] if scope.get("client") else "127.0.0.1",
    )


def _check_headers(request: Request) -> None:
    size = len(request.method) + len(request.base + request.path) + len(request.query)
    size += sum(len(name) + len(value) for name, value in request.headers)
    if size > LARGEST_HEADERS:
        raise Refused("HEADERS_TOO_LARGE")


class _GoneAway(Exception):
    """The client has left in the middle of its request."""


async def _body(request: Request, receive: Receive) -> bytes:
    """Read a body, counting. Raises Refused as soon as it is known to be too large."""
    declared = request.header("content-length") or "0"
    if declared.isdigit() and int(declared) > LARGEST_REQUEST:
        raise Refused("REQUEST_TOO_LARGE")
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneAway
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_REQUEST:
            raise Refused("REQUEST_TOO_LARGE")
    return bytes(body)


async def _send(
    answer: Answer, request: Request, send: Send, unread: Receive | None = None
) -> None:
    headers = [
        *answer.headers,
        ("x-amzn-RequestId", request.id),
        ("x-amz-apigw-id", request.id.replace("-", "")[:16] + "="),
        ("X-Amzn-Trace-Id", trace_id(request)),
    ]
    if request.method != "HEAD" and answer.status not in _WITHOUT_BODY:
        headers.append(("Content-Length", str(len(answer.body))))
    raw = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in headers]
    body = b"" if answer.status in _WITHOUT_BODY else answer.body
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": unread is not None})
    if unread is not None:
        await _read_the_rest(unread)
        await send({"type": "http.response.body", "body": b""})


async def _read_the_rest(receive: Receive) -> None:
    """Read what is not wanted: a client that is still sending would only see a reset."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while (await receive()).get("more_body", False):
                pass
