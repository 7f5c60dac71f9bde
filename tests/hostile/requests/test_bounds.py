"""The worst that fits into a request costs a bounded time and a bounded memory.

A request has 10 KB of headers and path, and a body of about 4.5 MB (docs/api.md). The functions
have 256 MB at the least and 29 seconds; on top of what they take to start.
"""

from __future__ import annotations

import copy
import itertools
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.web.wishes import LONGEST_DOCUMENT
from tests import samples
from tests.hostile.requests import limits
from tests.hostile.requests.gateway import ROUTES, Gateway
from tests.hostile.requests.strategies import raw
from tests.unit.web.forms import BOUNDARY, TYPE, body, content, part, text

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1024 * 1024
BODY = 4_400_000
"""Bytes; base64 and the event's other fields make 6 MB of it, which is Lambda's limit."""
HEADER = 9_000
MOST_MEMORY = 32 * MIB
MOST_SECONDS = 2.0
"""Of CPU. Traced memory makes it several times slower than it is."""


@pytest.fixture
def gateway(load: Callable[[str], Any]) -> Gateway:
    return Gateway(load)


def measured(gateway: Gateway, key: str, event: dict[str, Any]) -> tuple[int, float, int]:
    """Answer a request: its status, the seconds of CPU, the bytes at the peak."""
    tracemalloc.start()
    try:
        before, started = tracemalloc.get_traced_memory()[0], time.process_time()
        with limits.enforced():
            status = gateway.answer(key, event).status_code
        spent = time.process_time() - started
        return status, spent, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def hold(gateway: Gateway, key: str, event: dict[str, Any], what: str) -> None:
    """Answer a request within the bounds."""
    status, seconds, memory = measured(gateway, key, event)

    told = f"{key}, {what}: {status}, {seconds:.2f} s, {memory / MIB:.1f} MiB"
    print(told)
    assert seconds < MOST_SECONDS, told
    assert memory < MOST_MEMORY, told


def event_of(key: str) -> dict[str, Any]:
    return copy.deepcopy(samples.event(ROUTES[key].sample))


def filled(piece: bytes, head: bytes = b"", tail: bytes = b"") -> bytes:
    """As many pieces as fit into a body."""
    return head + piece * ((BODY - len(head) - len(tail)) // len(piece)) + tail


OPEN = f"--{BOUNDARY}\r\n".encode()
FILE = 'form-data; name="content"; filename="a-1.tar.gz"'
NAMED = OPEN + b'Content-Disposition: form-data; name="a'
FORMS = {
    "parts": filled(text("a", "")),
    "delimiters": filled(OPEN),
    "half delimiters": body(part('form-data; name="a"', filled(f"\r\n--{BOUNDARY[:-1]}".encode()))),
    "dashes": filled(b"-"),
    "ends of lines": filled(b"\r\n"),
    "half ends of lines": filled(b"\r"),
    "a header without an end": filled(b"a", NAMED),
    "parameters": filled(b"; a=b", NAMED),
    "quotes": filled(b'\\"', NAMED + b'; filename="'),
    "headers": filled(b"a: b\r\n", OPEN),
    "folded headers": filled(b"\r\n ", OPEN + b"a: b"),
    "one field": body(text("summary", filled(b"x")[:-500]), content()),
    "one file": body(part(FILE, filled(b"\0")[:-500])),
    "fields": body(*[text("classifiers", "x" * 2000)] * 1990, content()),
    "nothing but nulls": bytes(BODY),
}


def test_the_worst_forms_are_refused_in_time(gateway: Gateway) -> None:
    for name, form in FORMS.items():
        event = event_of("POST /legacy")
        raw(form)(event)
        event["headers"]["Content-Type"] = TYPE
        event["multiValueHeaders"]["Content-Type"] = [TYPE]

        hold(gateway, "POST /legacy", event, name)


JSON = {
    "brackets": filled(b"["),
    "objects": filled(b'{"a":'),
    "small objects": filled(b"{},", b"[", b"{}]"),
    "keys": json.dumps(dict.fromkeys(map(str, range(BODY // 14)), 1)).encode(),
    "one key": filled(b'"a":1,', b"{", b'"a":1}'),
    "a number": filled(b"9"),
    "a fraction": filled(b"9", b"0."),
    "a text": filled(b"x", b'{"reason":"', b'"}'),
    "escapes": filled(b"\\ud800", b'{"reason":"', b'"}'),
    "scopes": filled(b'"x",', b'{"scopes":[', b'"x"]}'),
    "one scope": filled(b"\\ud800", b'{"scopes":["', b'"]}'),
    "publishers": filled(b"{},", b'{"policy":"record","publishers":[', b"{}]}"),
    "attestations": filled(b"{},", b'{"filename":"a-1.tar.gz","attestations":[', b"{}]}"),
    "a filename": filled(b"-1", b'{"filename":"a', b'.whl"}'),
    "spaces": filled(b" "),
    "nothing but nulls": bytes(BODY),
}
WITH_JSON = (
    "POST /uploads",
    "POST /manage/tokens",
    "PUT /manage/projects/{project}/status",
    "PUT /manage/projects/{project}/attestations",
    "POST /drafts",
    "POST /drafts/{id}/publish",
)


def test_the_worst_json_is_refused_in_time(gateway: Gateway) -> None:
    for name, wish in JSON.items():
        for key, size in itertools.product(WITH_JSON, (len(wish), LONGEST_DOCUMENT)):
            event = event_of(key)
            raw(wish[:size])(event)

            hold(gateway, key, event, f"{size} bytes of {name}")


HEADERS = {
    "Accept": ("a/b,", "*/*;q=0.1,", ";", "a/b;q=", ",;q=1"),
    "Accept-Encoding": ("gzip,", ";q=", "*,"),
    "If-None-Match": ('"', 'W/"a",', "W/", '"' + "a" * 90),
    "Prefer": ("respond-async,", ", "),
    "Content-Type": ("multipart/form-data; boundary=", ";a=b", '"', '\\"', ';a="', ";a*=b"),
}


def test_the_worst_headers_are_read_in_time(gateway: Gateway) -> None:
    cases = [(name, piece) for name, pieces in HEADERS.items() for piece in pieces]
    for (name, piece), key in itertools.product(cases, ("GET /simple", "POST /legacy")):
        event = event_of(key)
        event["headers"][name] = piece * (HEADER // len(piece))
        event["multiValueHeaders"][name] = [event["headers"][name]]

        hold(gateway, key, event, f"{name} of {piece}")


def test_the_worst_credentials_are_refused_in_time(gateway: Gateway) -> None:
    pieces = ("A", "=", " ", "iw_r_", "é", ":")
    for scheme, piece in itertools.product(("Basic ", "Bearer ", ""), pieces):
        started = time.process_time()

        with pytest.raises(Exception, match=r"^Unauthorized$"):
            gateway.authorize(scheme + piece * (HEADER // len(piece)))
        assert time.process_time() - started < MOST_SECONDS, (scheme, piece)


def test_the_worst_paths_are_read_in_time(gateway: Gateway) -> None:
    pieces = ("1.", "0", "1-", "a", "-", "._-", "a.", "%2F", "%00", "+", "1!")
    keys = [key for key, route in ROUTES.items() if "{" in route.path and route.method != "OPTIONS"]
    for piece, key in itertools.product(pieces, keys):
        for name in event_of(key)["pathParameters"]:
            # The others are as they should be, so that this one is read.
            event = event_of(key)
            event["pathParameters"][name] = piece * (HEADER // len(piece))

            hold(gateway, key, event, f"{name} of {piece}")


QUERIES = {
    "GET /simple/{project}": ["format"],
    "GET /uploads/{id}": ["wait"],
    "GET /manage/audit": ["day", "project", "principal"],
}


def test_the_worst_queries_are_read_in_time(gateway: Gateway) -> None:
    cases = [(key, name) for key, names in QUERIES.items() for name in names]
    for piece, (key, name) in itertools.product(("9", "-", "٣", "a.", "2026-11-22"), cases):
        event = event_of(key)
        event["queryStringParameters"] = {name: piece * (HEADER // len(piece))}
        event["multiValueQueryStringParameters"] = None

        hold(gateway, key, event, f"{name} of {piece}")
