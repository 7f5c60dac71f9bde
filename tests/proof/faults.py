"""Faults in the calls to AWS: any call, of every kind that a network and a cloud have.

A *call* is what an adapter asks of botocore; a *request* is one of the tries that botocore makes
of it. A fault of a request is met by botocore's own retries; a fault of a call is what is left
when those were of no use.
"""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import botocore.client
import botocore.httpsession
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Crash(BaseException):
    """The process is gone: nothing catches this, as nothing survives a kill."""


class Fault(StrEnum):
    """What goes wrong at one call."""

    DIES_BEFORE = "the process dies before it"
    DIES_AFTER = "the process dies after it took effect"
    ANSWER_LOST = "it took effect and its answer is lost"
    THROTTLED = "it is throttled"
    TIMED_OUT = "it never arrives"
    REQUEST_LOST = "one request took effect and its answer is lost"
    REQUEST_THROTTLED = "one request is throttled"
    REQUEST_BROKEN = "one request is answered with an error of the service"


OF_REQUESTS = {Fault.REQUEST_LOST, Fault.REQUEST_THROTTLED, Fault.REQUEST_BROKEN}


@dataclass
class Calls:
    """Counts the calls; *at* the one with that number, from 1, *fault* happens."""

    at: int = 0
    fault: Fault | None = None
    before: Callable[[int], None] | None = None
    """Run before each call, with its number: somebody else's turn."""
    seen: list[str] = field(default_factory=list)
    _armed: bool = False

    def call(self, real: Callable[..., Any], client: Any, operation: str, arguments: Any) -> Any:
        self.seen.append(f"{client.meta.service_model.service_name}:{operation}")
        number = len(self.seen)
        if self.before is not None:
            self.before(number)
        if number != self.at or self.fault is None:
            return real(client, operation, arguments)
        if self.fault in OF_REQUESTS:
            self._armed = True
            return real(client, operation, arguments)
        return self._fail(self.fault, lambda: real(client, operation, arguments), operation)

    def _fail(self, fault: Fault, act: Callable[[], Any], operation: str) -> Any:
        if fault is Fault.DIES_BEFORE:
            raise Crash
        if fault is Fault.THROTTLED:
            raise throttled(operation)
        if fault is Fault.TIMED_OUT:
            raise ConnectTimeoutError(endpoint_url="http://aws")
        act()
        if fault is Fault.DIES_AFTER:
            raise Crash
        raise ReadTimeoutError(endpoint_url="http://aws")

    def request(self, real: Callable[..., Any], session: Any, request: Any) -> Any:
        if not self._armed:
            return real(session, request)
        self._armed = False
        if self.fault is Fault.REQUEST_LOST:
            real(session, request)
            raise ReadTimeoutError(endpoint_url=request.url)
        return _refusal(request, 503 if self.fault is Fault.REQUEST_BROKEN else 400)


def throttled(operation: str) -> ClientError:
    """What is left of a call when every try of it was throttled."""
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, operation)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        body, self._body = self._body, b""
        return body


_NO_HEADERS: Any = HeadersDict()


def _refusal(request: Any, status: int) -> Any:
    """A throttled or broken answer, in the spelling of the service that was asked."""
    if "X-Amz-Target" in request.headers:
        name = "ThrottlingException" if status == 400 else "InternalServerError"
        body = _Raw(f'{{"__type":"x#{name}"}}'.encode())
        return AWSResponse(request.url, status, _NO_HEADERS, body)
    name = "SlowDown" if status == 400 else "InternalError"
    text = f"<Error><Code>{name}</Code><Message>no</Message></Error>"
    return AWSResponse(request.url, 503, _NO_HEADERS, _Raw(text.encode()))


_aside: list[bool] = []


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Call AWS past what stands in between: for who looks on, and is no part of the act."""
    _aside.append(True)
    try:
        yield
    finally:
        _aside.pop()


@contextlib.contextmanager
def watched(calls: Calls) -> Iterator[Calls]:
    """Let *calls* stand between the adapters and AWS; nobody waits for real."""
    real_call = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
    real_send = botocore.httpsession.URLLib3Session.send

    def call(client: Any, operation: str, arguments: Any) -> Any:
        if _aside:
            return real_call(client, operation, arguments)
        return calls.call(real_call, client, operation, arguments)

    def send(session: Any, request: Any) -> Any:
        return calls.request(real_send, session, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
        patch.setattr(botocore.httpsession.URLLib3Session, "send", send)
        patch.setattr(time, "sleep", lambda _: None)
        yield calls


@dataclass
class BusyTables(Calls):
    """Refuses a share of the writes as AWS does under load; the emulator never would."""

    seed: int = 0
    share: float = 0.3
    codes: tuple[str, ...] = ("TransactionConflictException", "ThrottlingException")
    """What single writes are refused with."""
    refused: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def call(self, real: Callable[..., Any], client: Any, operation: str, arguments: Any) -> Any:
        if operation not in _WRITES or self._random.random() >= self.share:
            return super().call(real, client, operation, arguments)
        self.refused += 1
        raise self._refusal(operation, arguments)

    def _refusal(self, operation: str, arguments: Any) -> ClientError:
        if operation != "TransactWriteItems":
            code = self._random.choice(self.codes)
            return ClientError({"Error": {"Code": code, "Message": "busy"}}, operation)
        code = self._random.choice(["TransactionConflict", "ThrottlingError"])
        reasons = [{"Code": "None"} for _ in arguments["TransactItems"]]
        reasons[self._random.randrange(len(reasons))] = {"Code": code, "Message": "busy"}
        error = {"Error": {"Code": "TransactionCanceledException", "Message": "busy"}}
        return ClientError(error | {"CancellationReasons": reasons}, operation)  # type: ignore[arg-type]


_WRITES = {"TransactWriteItems", "UpdateItem", "PutItem", "DeleteItem"}
