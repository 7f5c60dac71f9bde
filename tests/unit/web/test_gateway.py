from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from idlewheel.domain.access import Action
from idlewheel.domain.names import NormalizedName
from idlewheel.errors import Denied, Rejected, Unauthenticated
from idlewheel.web.gateway import Reply, Request, redirect


def event(**changes: Any) -> dict[str, Any]:
    """Make an event of a REST API's Lambda proxy integration, as AWS documents it."""
    context = {
        "stage": "prod",
        "path": "/prod/simple/demo/",
        "domainName": "abc123.execute-api.eu-west-1.amazonaws.com",
        "requestTimeEpoch": 1_763_817_255_123,
        "authorizer": {
            "principal": "ci",
            "token_id": "t1",
            "scopes": "read:* publish:project:demo",
            "expires_at": "1800000000",
            "principalId": "ci",
            "integrationLatency": 7,
        },
    }
    given: dict[str, Any] = {
        "resource": "/simple/{project}",
        "path": "/simple/demo/",
        "httpMethod": "GET",
        "headers": {"Accept": "text/html", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"project": "demo"},
        "requestContext": {**context, **changes.pop("context", {})},
        "body": None,
        "isBase64Encoded": False,
    }
    return {**given, **changes}


def request(**changes: Any) -> Request:
    return Request.from_event(event(**changes))


def test_a_request_says_what_is_asked() -> None:
    asked = request(httpMethod="HEAD")

    assert (asked.method, asked.path, asked.parameters) == (
        "HEAD",
        "/simple/demo/",
        {"project": "demo"},
    )
    assert (asked.query, asked.content(), asked.time) == ({}, b"", 1_763_817_255.123)


@pytest.mark.parametrize("name", ["accept", "Accept", "ACCEPT"])
def test_a_header_is_found_in_any_case(name: str) -> None:
    assert request(headers={"aCCept": "text/html"}).header(name) == "text/html"
    assert request().header("if-none-match") is None


def test_repeated_headers_are_one_list() -> None:
    asked = request(
        headers={"If-None-Match": '"b"'}, multiValueHeaders={"If-None-Match": ['"a"', '"b"']}
    )

    assert asked.header("if-none-match") == '"a", "b"'


def test_of_a_repeated_parameter_the_first_value_counts() -> None:
    asked = request(
        queryStringParameters={"format": "last"},
        multiValueQueryStringParameters={"format": ["first", "last"], "empty": []},
    )

    assert asked.query == {"format": "first"}


def test_an_event_with_nothing_but_what_must_be_there_is_read() -> None:
    asked = Request.from_event({"httpMethod": "GET", "path": "/simple/", "requestContext": {}})

    assert (asked.headers, asked.query, asked.context) == ({}, {}, {})


@pytest.mark.parametrize(
    ("changes", "base_url"),
    [
        pytest.param({}, "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", id="stage"),
        pytest.param(
            {"context": {"domainName": "index.example", "path": "/simple/demo/"}},
            "https://index.example",
            id="a domain of its own",
        ),
        pytest.param(
            {
                "path": "/py/simple/demo/",
                "context": {"domainName": "example.org", "path": "/py/simple/demo/"},
            },
            "https://example.org/py",
            id="a base path, which is part of the event's path too",
        ),
        pytest.param(
            {
                "resource": "/pypi/{project}/json",
                "context": {"domainName": "example.org", "path": "/pypi/pypi/demo/json"},
            },
            "https://example.org/pypi",
            id="a base path that is called like the route",
        ),
        pytest.param(
            {
                "resource": "/files/{proxy+}",
                "pathParameters": {"proxy": "demo/aa/demo.whl"},
                "context": {"domainName": "example.org", "path": "/v1/files/demo/aa/demo.whl"},
            },
            "https://example.org/v1",
            id="a greedy route",
        ),
        pytest.param(
            {
                "resource": "/simple",
                "path": "/simple/",
                "pathParameters": None,
                "context": {"domainName": "127.0.0.1:8080", "path": "/simple/"},
                "headers": {"X-Forwarded-Proto": "http"},
            },
            "http://127.0.0.1:8080",
            id="a laptop",
        ),
        pytest.param(
            {
                "headers": {"Host": "evil.example", "X-Forwarded-Proto": "javascript"},
                "context": {"domainName": "index.example"},
            },
            "https://index.example/prod",
            id="what a client makes up is not believed",
        ),
    ],
)
def test_the_index_knows_where_it_is(changes: dict[str, Any], base_url: str) -> None:
    assert request(**changes).base_url == base_url


def test_a_binary_body_is_decoded_and_a_text_is_taken_as_utf8() -> None:
    packed = base64.b64encode(b"\x00\xff").decode()

    assert request(body=packed, isBase64Encoded=True).content() == b"\x00\xff"
    assert request(body="idée").content() == "idée".encode()


@pytest.mark.parametrize("body", ["a", "abc", "\u00e9", "\udcff"])
def test_base64_that_is_none_is_refused(body: str) -> None:
    with pytest.raises(Rejected):
        request(body=body, isBase64Encoded=True).content()


@pytest.mark.parametrize("body", ["\ud800", "x\udfff"])
def test_text_that_no_bytes_make_is_refused(body: str) -> None:
    with pytest.raises(Rejected):
        request(body=body).content()


def test_the_principal_is_who_the_authorizer_says() -> None:
    principal = request().principal()
    principal.require(Action.PUBLISH, NormalizedName("demo"))

    assert (principal.name, principal.token_id) == ("ci", "t1")
    assert principal.expires_at == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
    with pytest.raises(Denied):
        principal.require(Action.PUBLISH, NormalizedName("other"))


def test_without_an_authorizer_there_is_no_principal() -> None:
    with pytest.raises(Unauthenticated):
        request(context={"authorizer": None}).principal()


def test_a_reply_is_spelled_as_the_gateway_reads_it() -> None:
    reply = Reply(200, {"ETag": '"a"'}, "aGk=", is_base64=True)

    assert json.loads(json.dumps(reply.to_event())) == {
        "statusCode": 200,
        "headers": {"ETag": '"a"'},
        "body": "aGk=",
        "isBase64Encoded": True,
    }
    assert reply.without_body() == Reply(200, {"ETag": '"a"'})


def test_a_redirect_says_where_and_how_long_to_remember_it() -> None:
    nosniff = {"X-Content-Type-Options": "nosniff"}

    assert redirect("../demo/", status=301) == Reply(301, {"Location": "../demo/", **nosniff})
    assert redirect("https://s3.example/x", cache="no-store") == Reply(
        302, {"Location": "https://s3.example/x", "Cache-Control": "no-store", **nosniff}
    )


def test_a_query_can_be_asked_again() -> None:
    assert Request(query={"format": "a+b c"}).query_string == "?format=a%2Bb+c"
    assert Request().query_string == ""
