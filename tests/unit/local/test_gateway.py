from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from local.functions import LARGEST_PAYLOAD, FunctionFailed
from local.gateway import LARGEST_HEADERS, LARGEST_REQUEST, Gateway
from local.plan import Plan, Route

if TYPE_CHECKING:
    from collections.abc import Callable

ROUTES = (
    Route("GET", "/simple", "F"),
    Route("HEAD", "/simple", "F"),
    Route("POST", "/legacy", "F"),
    Route("GET", "/slow", "F", timeout=0.05),
)
PLAN = Plan("prod", {}, ROUTES, {}, {}, (), binary=("*/*",))


def fine(event: dict[str, Any]) -> Any:
    return {"statusCode": 200, "body": event["path"]}


class Lambda:
    """One function, which is a Python function."""

    def __init__(self, handler: Callable[[dict[str, Any]], Any], seconds: float = 0) -> None:
        self.handler = handler
        self.seconds = seconds
        self.events: list[dict[str, Any]] = []

    async def invoke(
        self, name: str, event: bytes, request_id: str = "", trace_id: str = ""
    ) -> bytes:
        self.events.append(json.loads(event))
        await asyncio.sleep(self.seconds)
        return json.dumps(self.handler(self.events[-1])).encode()


class Exchange:
    """One request over ASGI, and what came back."""

    def __init__(
        self, method: str, target: str, *parts: bytes, client: str = "127.0.0.1", **headers: str
    ) -> None:
        path, _, query = target.partition("?")
        self.scope = {
            "method": method,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "client": (client, 50_000),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        self.incoming = [
            {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts or (b"",), start=1)
        ]
        self.unread = len(self.incoming)
        self.outgoing: list[Any] = []

    async def receive(self) -> Any:
        self.unread -= 1
        if not self.incoming:
            return {"type": "http.disconnect"}
        return self.incoming.pop(0)

    async def send(self, message: Any) -> None:
        self.outgoing.append(message)

    def through(self, function: Lambda) -> Exchange:
        gateway = Gateway(PLAN, function, io.StringIO())
        asyncio.run(gateway(self.scope, self.receive, self.send))
        return self

    @property
    def status(self) -> int:
        return int(self.outgoing[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {
            name.decode().lower(): value.decode() for name, value in self.outgoing[0]["headers"]
        }

    @property
    def body(self) -> bytes:
        return b"".join(it["body"] for it in self.outgoing[1:])


def test_a_request_reaches_its_function_and_comes_back() -> None:
    exchange = Exchange("GET", "/simple/?a=1").through(Lambda(fine))

    assert (exchange.status, exchange.body) == (200, b"/simple/")
    assert exchange.headers["content-length"] == "8"


@pytest.mark.parametrize(
    ("target", "path", "context"),
    [
        ("/simple/", "/simple/", "/simple/"),
        ("/prod/simple/", "/simple/", "/prod/simple/"),
        ("/prod/simple", "/simple", "/prod/simple"),
    ],
)
def test_the_stage_may_stand_before_the_path(target: str, path: str, context: str) -> None:
    function = Lambda(fine)

    Exchange("GET", target).through(function)

    assert function.events[0]["path"] == path
    assert function.events[0]["requestContext"]["path"] == context


@pytest.mark.parametrize("target", ["/nowhere", "/prodsimple", "/prod/nowhere", "/prod", "/"])
def test_a_path_without_route_invokes_nothing(target: str) -> None:
    function = Lambda(fine)

    exchange = Exchange("GET", target).through(function)

    assert (exchange.status, function.events) == (403, [])


def of_size(event: int) -> Exchange:
    """A request whose event has exactly so many bytes.

    Three bytes of body are four of the event; an address is in it three times, so together they
    make any number.
    """
    for address in ("1" * 9, "1" * 10, "1" * 11, "1" * 12):
        probe = Lambda(fine)
        Exchange("POST", "/legacy", b"abc", client=address).through(probe)
        fours, rest = divmod(event - len(json.dumps(probe.events[0])), 4)
        if not rest:
            return Exchange("POST", "/legacy", b"abc" + b"xyz" * fours, client=address)
    raise AssertionError(event)


@pytest.mark.parametrize(("size", "status"), [(LARGEST_PAYLOAD, 200), (LARGEST_PAYLOAD + 1, 413)])
def test_an_event_has_6_mb_and_not_a_byte_more(size: int, status: int) -> None:
    function = Lambda(fine)

    exchange = of_size(size).through(function)

    assert exchange.status == status
    assert [len(json.dumps(event)) for event in function.events] == [size] * (status == 200)


@pytest.mark.parametrize(
    ("size", "closes"), [(LARGEST_REQUEST, False), (LARGEST_REQUEST + 1, True)]
)
def test_a_request_has_10_mb_and_not_a_byte_more(size: int, closes: bool) -> None:
    half, rest = b"x" * (size // 2), b"x" * (size - size // 2)

    exchange = Exchange("POST", "/legacy", half, rest, b"").through(Lambda(fine))

    # Up to 10 MB it is Lambda that does not take it, and the connection may go on.
    assert (exchange.status, exchange.headers.get("connection") == "close") == (413, closes)


def test_what_is_declared_too_large_is_refused_unread_but_read_to_the_end() -> None:
    declared = {"content-length": str(LARGEST_REQUEST + 1)}

    exchange = Exchange("POST", "/legacy", b"x", b"y", b"z", **declared).through(Lambda(fine))

    assert (exchange.status, exchange.unread) == (413, 0)
    assert exchange.outgoing[1]["more_body"] is True


@pytest.mark.parametrize(("size", "status"), [(LARGEST_HEADERS, 200), (LARGEST_HEADERS + 1, 431)])
def test_request_line_and_headers_have_their_limit(size: int, status: int) -> None:
    padding = "x" * (size - len("GET") - len("/simple") - len("name"))

    assert Exchange("GET", "/simple", name=padding).through(Lambda(fine)).status == status


def test_a_client_that_leaves_halfway_reaches_no_function() -> None:
    function = Lambda(fine)
    exchange = Exchange("POST", "/legacy", b"half", b"never")
    exchange.incoming.pop()

    exchange.through(function)

    assert (exchange.outgoing, function.events) == ([], [])


def test_a_function_that_fails_is_a_502() -> None:
    def fail(event: dict[str, Any]) -> Any:
        raise FunctionFailed("Runtime.ExitError", "crashed")

    assert Exchange("GET", "/simple").through(Lambda(fail)).status == 502


def test_what_is_no_answer_is_a_502() -> None:
    assert Exchange("GET", "/simple").through(Lambda(lambda _: "?")).status == 502


def test_a_function_slower_than_its_route_is_a_504() -> None:
    assert Exchange("GET", "/slow").through(Lambda(fine, seconds=1)).status == 504


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_says_no_length(status: int) -> None:
    function = Lambda(lambda _: {"statusCode": status, "body": "ignored"})

    exchange = Exchange("GET", "/simple").through(function)

    assert (exchange.body, "content-length" in exchange.headers) == (b"", False)


def test_a_head_keeps_the_length_that_the_function_told() -> None:
    function = Lambda(lambda _: {"statusCode": 200, "headers": {"Content-Length": "5"}})

    exchange = Exchange("HEAD", "/simple").through(function)

    assert (exchange.headers["content-length"], exchange.body) == ("5", b"")
