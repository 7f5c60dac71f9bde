from __future__ import annotations

import pytest

from local.plan import Route
from local.routes import Routes

PATHS = [
    "/",
    "/simple",
    "/simple/{project}",
    "/files/{proxy+}",
    "/pypi/{project}/json",
    "/pypi/{project}/{version}/json",
    "/manage/projects/{project}",
    "/manage/projects/{project}/files/{filename}/yank",
    "/manage/projects/special/status",
]
ROUTES = Routes(Route("GET", path, "F") for path in PATHS)


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/", "/", {}),
        ("/simple", "/simple", {}),
        ("/simple/", "/simple", {}),
        ("/simple/flask", "/simple/{project}", {"project": "flask"}),
        ("/simple/flask/", "/simple/{project}", {"project": "flask"}),
        ("/simple/a%2Bb/", "/simple/{project}", {"project": "a%2Bb"}),
        ("/simple/a%2Fb/", "/simple/{project}", {"project": "a%2Fb"}),
        ("/simple/%2e%2e/", "/simple/{project}", {"project": "%2e%2e"}),
        ("/files/a/b/c-1%2Bx.whl", "/files/{proxy+}", {"proxy": "a/b/c-1%2Bx.whl"}),
        ("/files/a//b", "/files/{proxy+}", {"proxy": "a//b"}),
        ("/pypi/json/json", "/pypi/{project}/json", {"project": "json"}),
        ("/pypi/a/1/json/", "/pypi/{project}/{version}/json", {"project": "a", "version": "1"}),
        ("/manage/projects/special", "/manage/projects/{project}", {"project": "special"}),
        (
            "/manage/projects/special/files/x/yank",
            "/manage/projects/{project}/files/{filename}/yank",
            {"project": "special", "filename": "x"},
        ),
    ],
)
def test_a_path_finds_its_resource(path: str, resource: str, parameters: dict[str, str]) -> None:
    found = ROUTES.find("GET", path)

    assert found is not None
    assert (found.route.path, found.parameters) == (resource, parameters)


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//simple",
        "/simple//",
        "/simple//flask",
        "/simple/flask/extra",
        "/SIMPLE",
        "/%73imple",
        "/files",
        "/files/",
        "/pypi/a",
        "/manage",
        "/nowhere",
    ],
)
def test_what_the_template_does_not_route_is_not_routed(path: str) -> None:
    assert ROUTES.find("GET", path) is None


def test_a_method_that_is_not_declared_is_not_routed() -> None:
    assert ROUTES.find("HEAD", "/simple") is None


def test_any_takes_the_methods_that_are_not_named() -> None:
    routes = Routes([Route("ANY", "/a", "Every"), Route("GET", "/a", "Get")])

    found = [routes.find(method, "/a") for method in ("GET", "PATCH")]

    assert [it.route.function for it in found if it] == ["Get", "Every"]
