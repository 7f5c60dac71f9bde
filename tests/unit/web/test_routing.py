from __future__ import annotations

import json
from typing import Any

import pytest

from idlewheel.errors import IdlewheelError, NotFound
from idlewheel.web.gateway import Reply, Request
from idlewheel.web.routing import Routes


def event(method: str, resource: str, path: str, **parameters: str) -> dict[str, Any]:
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "application/json"},
        "multiValueHeaders": {"Accept": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "requestContext": {"path": f"/prod{path}", "domainName": "index.example"},
        "body": None,
        "isBase64Encoded": False,
    }


@pytest.fixture
def heard() -> list[IdlewheelError]:
    return []


@pytest.fixture
def routes(heard: list[IdlewheelError]) -> Routes:
    routes = Routes(heard.append)

    @routes.route("GET /simple/{project}", "HEAD /simple/{project}")
    def project(request: Request) -> Reply:
        return Reply(200, {"ETag": '"e"'}, f"{request.method} {request.parameters['project']}")

    @routes.route("GET /files/{proxy+}")
    def file(request: Request) -> Reply:
        return Reply(200, {}, "aGk=" if request.parameters["proxy"] else "", is_base64=True)

    @routes.route("GET /simple")
    def root(_request: Request) -> Reply:
        raise NotFound("nothing here")

    return routes


def answered(routes: Routes, *what: str, **parameters: str) -> dict[str, Any]:
    return json.loads(json.dumps(routes(event(*what, **parameters), None)))  # type: ignore[no-any-return]


@pytest.mark.checklist("HTML-13")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/simple/a%2Bb", "/simple/a%2Bb/"])
def test_an_endpoint_gets_what_the_route_names_as_it_was_sent(
    routes: Routes, method: str, path: str
) -> None:
    answer = answered(routes, method, "/simple/{project}", path, project="a%2Bb")

    assert (answer["statusCode"], answer["body"]) == (200, f"{method} a%2Bb")
    assert answer["headers"]["ETag"] == '"e"'


def test_a_greedy_route_takes_several_segments_and_base64_stays_as_it_is(routes: Routes) -> None:
    proxy = "demo/aa/demo-1.0%2Bl.whl"
    answer = answered(routes, "GET", "/files/{proxy+}", f"/files/{proxy}", proxy=proxy)

    assert (answer["body"], answer["isBase64Encoded"]) == ("aGk=", True)


def test_an_error_is_heard_and_answered_in_the_form_that_is_asked_for(
    routes: Routes, heard: list[IdlewheelError]
) -> None:
    answer = answered(routes, "GET", "/simple", "/simple/")

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["code"] == "404 Not found: nothing here"
    assert [str(error) for error in heard] == ["nothing here"]


def test_the_keys_are_kept_as_the_template_spells_them(routes: Routes) -> None:
    assert set(routes.endpoints) == {
        "GET /simple/{project}",
        "HEAD /simple/{project}",
        "GET /files/{proxy+}",
        "GET /simple",
    }


def test_a_route_that_nobody_registered_is_not_found(routes: Routes) -> None:
    answer = answered(routes, "PUT", "/simple", "/simple/")

    assert answer["statusCode"] == 404


def test_two_events_in_a_row_share_nothing(routes: Routes) -> None:
    bodies = [
        answered(routes, "GET", "/simple/{project}", f"/simple/{name}/", project=name)["body"]
        for name in ("one", "two")
    ]

    assert bodies == ["GET one", "GET two"]
