from __future__ import annotations

import base64
from typing import Any

import pytest

from local.events import authorizer_event, proxy_event
from local.plan import Plan, Route
from local.routes import Match, Routes
from local.wire import Request

PLAN = Plan("prod", {}, (), {}, {}, (), binary=("*/*",))
ROUTES = Routes(
    Route(method, path, "F")
    for path in ("/simple", "/simple/{project}", "/files/{proxy+}", "/legacy")
    for method in ("GET", "POST")
)
HOST = ("Host", "127.0.0.1:8080")


def event(request: Request, authorizer: dict[str, Any] | None = None) -> dict[str, Any]:
    return proxy_event(request, match(request), PLAN, authorizer)


def match(request: Request) -> Match:
    found = ROUTES.find(request.method, request.path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/simple", "/simple", None),
        ("/simple/", "/simple", None),
        ("/simple/Flask_Login", "/simple/{project}", {"project": "Flask_Login"}),
        ("/simple/flask/", "/simple/{project}", {"project": "flask"}),
        ("/simple/a%2Fb", "/simple/{project}", {"project": "a%2Fb"}),
        ("/files/a/0/a-1%2Bx.whl", "/files/{proxy+}", {"proxy": "a/0/a-1%2Bx.whl"}),
        ("/files/a/0/a-1+x.whl", "/files/{proxy+}", {"proxy": "a/0/a-1+x.whl"}),
        ("/files/a//b/", "/files/{proxy+}", {"proxy": "a//b"}),
        ("/files/%C3%A9", "/files/{proxy+}", {"proxy": "%C3%A9"}),
    ],
)
def test_a_path_arrives_as_it_was_sent(
    path: str, resource: str, parameters: dict[str, str] | None
) -> None:
    made = event(Request("GET", path))

    assert (made["path"], made["resource"], made["pathParameters"]) == (path, resource, parameters)
    assert made["requestContext"]["path"] == path


@pytest.mark.parametrize(
    ("query", "single", "multiple"),
    [
        ("", None, None),
        ("a=1", {"a": "1"}, {"a": ["1"]}),
        ("a=1&a=2&b=3", {"a": "2", "b": "3"}, {"a": ["1", "2"], "b": ["3"]}),
        ("a", {"a": ""}, {"a": [""]}),
        ("a=", {"a": ""}, {"a": [""]}),
        ("=v", {"": "v"}, {"": ["v"]}),
        ("a=%2B+%20%C3%A9", {"a": "+  é"}, {"a": ["+  é"]}),
        ("%61=1", {"a": "1"}, {"a": ["1"]}),
        ("a=b=c", {"a": "b=c"}, {"a": ["b=c"]}),
        ("a;b=1", {"a;b": "1"}, {"a;b": ["1"]}),
        ("a=%", {"a": "%"}, {"a": ["%"]}),
    ],
)
def test_a_query_arrives_decoded(query: str, single: Any, multiple: Any) -> None:
    made = event(Request("GET", "/simple", query=query))

    assert made["queryStringParameters"] == single
    assert made["multiValueQueryStringParameters"] == multiple


def test_headers_keep_their_case_and_the_last_value_wins() -> None:
    made = event(Request("GET", "/simple", headers=[HOST, ("X-a", "1"), ("X-a", "2")]))

    assert made["headers"]["X-a"] == "2"
    assert made["multiValueHeaders"]["X-a"] == ["1", "2"]


@pytest.mark.parametrize("name", ["Connection", "Expect", "TE", "Transfer-Encoding", "Upgrade"])
def test_headers_between_hops_stay_at_the_gateway(name: str) -> None:
    assert name not in event(Request("GET", "/simple", headers=[(name, "x")]))["headers"]


def test_nobody_writes_the_forwarded_headers_but_the_gateway() -> None:
    sent = [HOST, ("X-Forwarded-Proto", "https"), ("x-forwarded-port", "1")]
    sent += [("X-Forwarded-For", "10.0.0.1")]

    headers = event(Request("GET", "/simple", headers=sent, client="127.0.0.2"))["headers"]

    forwarded = {name: headers[f"X-Forwarded-{name}"] for name in ("Proto", "Port", "For")}
    assert forwarded == {"Proto": "http", "Port": "8080", "For": "10.0.0.1, 127.0.0.2"}
    assert "x-forwarded-port" not in headers


@pytest.mark.parametrize("body", [b"text", b"\x00\xff", b"x" * 100_000])
def test_a_body_travels_as_base64(body: bytes) -> None:
    made = event(Request("POST", "/legacy", body=body))

    assert made["isBase64Encoded"] is True
    assert base64.b64decode(made["body"]) == body


def test_no_body_is_null() -> None:
    made = event(Request("GET", "/simple"))

    assert (made["body"], made["isBase64Encoded"]) == (None, False)


@pytest.mark.parametrize(
    ("media_type", "binary", "is_base64"),
    [
        ("text/plain", (), False),
        ("multipart/form-data; boundary=x", ("multipart/form-data",), True),
        ("image/png", ("image/*",), True),
        ("text/plain", ("image/*",), False),
    ],
)
def test_only_binary_media_types_travel_as_base64(
    media_type: str, binary: tuple[str, ...], is_base64: bool
) -> None:
    request = Request("POST", "/legacy", headers=[("Content-Type", media_type)], body=b"x")
    plan = Plan("prod", {}, (), {}, {}, (), binary=binary)

    made = proxy_event(request, match(request), plan, None)

    assert made["isBase64Encoded"] is is_base64


def test_the_context_tells_of_the_request() -> None:
    request = Request("GET", "/simple/", base="/prod", headers=[HOST, ("User-Agent", "pip")])
    request.received, request.id = 1_700_000_000.25, "0f8fad5b-d9cb-469f-a165-70867728950e"

    context = event(request)["requestContext"]

    assert context | {"identity": ..., "resourceId": ...} == {
        "accountId": "000000000000",
        "apiId": "local",
        "deploymentId": "local",
        "domainName": "127.0.0.1:8080",
        "domainPrefix": "127",
        "extendedRequestId": "0f8fad5bd9cb469f=",
        "httpMethod": "GET",
        "identity": ...,
        "path": "/prod/simple/",
        "protocol": "HTTP/1.1",
        "requestId": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "requestTime": "14/Nov/2023:22:13:20 +0000",
        "requestTimeEpoch": 1_700_000_000_250,
        "resourceId": ...,
        "resourcePath": "/simple",
        "stage": "prod",
    }
    assert context["identity"]["userAgent"] == "pip"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["caller"] is None


def test_the_authorizers_context_travels_along() -> None:
    made = event(Request("GET", "/simple"), {"principalId": "ci"})

    assert made["requestContext"]["authorizer"] == {"principalId": "ci"}


def test_an_authorizer_is_asked_about_method_and_path_without_the_body() -> None:
    request = Request("POST", "/simple/a%2Bb/", body=b"secret")

    made = authorizer_event(request, match(request), PLAN)

    start = "arn:aws:execute-api:us-east-1:000000000000:local/prod"
    assert (made["type"], made["methodArn"]) == ("REQUEST", f"{start}/POST/simple/a%2Bb")
    assert "body" not in made
