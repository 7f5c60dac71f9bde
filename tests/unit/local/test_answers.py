from __future__ import annotations

import json
from typing import Any

import pytest

from local.answers import MalformedAnswer, from_function
from local.wire import Answer, Request

GET = Request("GET", "/")


def answer(request: Request = GET, **result: Any) -> Answer:
    return from_function(json.dumps({"statusCode": 200} | result).encode(), request)


def test_text_and_base64_become_bytes() -> None:
    assert answer(body="é").body == "é".encode()
    assert answer(body="AP8=", isBase64Encoded=True).body == b"\x00\xff"
    assert answer().body == b""


def test_headers_of_one_and_of_many_values_are_united() -> None:
    found = answer(
        headers={"A": "1", "B": "2", "Content-Type": "t"}, multiValueHeaders={"B": ["2", "3"]}
    )

    assert sorted(found.headers) == [("A", "1"), ("B", "2"), ("B", "3"), ("Content-Type", "t")]


def test_an_answer_without_type_is_json() -> None:
    assert answer().headers == [("Content-Type", "application/json")]


@pytest.mark.parametrize(
    "name", ["WWW-Authenticate", "www-authenticate", "Date", "Server", "Content-Length"]
)
def test_a_header_that_the_gateway_keeps_for_itself_is_renamed(name: str) -> None:
    names = [it for it, _ in answer(headers={name: "1"}).headers]

    assert names[0] == f"x-amzn-Remapped-{name}"


@pytest.mark.parametrize("name", ["Transfer-Encoding", "Upgrade", "Via", "not a name"])
def test_a_header_that_may_not_pass_is_dropped(name: str) -> None:
    assert answer(headers={name: "1"}).headers == [("Content-Type", "application/json")]


def test_a_head_says_how_long_a_get_would_be_and_has_no_body() -> None:
    found = answer(Request("HEAD", "/"), headers={"Content-Length": "77"}, body="hidden")

    assert ("Content-Length", "77") in found.headers
    assert found.body == b""


def test_numbers_and_booleans_are_written_as_text() -> None:
    assert answer(headers={"A": 1, "B": True}).headers[:2] == [("A", "1"), ("B", "true")]


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b'"text"',
        b"[]",
        b"{}",
        b'{"statusCode": "two hundred"}',
        b'{"statusCode": 42}',
        b'{"statusCode": 200, "body": {"a": 1}}',
        b'{"statusCode": 200, "body": "!", "isBase64Encoded": true}',
        b'{"statusCode": 200, "headers": ["A"]}',
        b'{"statusCode": 200, "headers": {"A": "1\\r\\nB: 2"}}',
    ],
)
def test_what_is_no_answer_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        from_function(payload, GET)
