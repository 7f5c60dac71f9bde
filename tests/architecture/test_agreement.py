"""The template, the functions, the samples and the docs hold each other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import samples

if TYPE_CHECKING:
    from collections.abc import Callable

ROUTES = list(samples.routes())
FOLDERS = sorted({folder.parent.name for folder in samples.ROOT.glob("functions/*/app.py")})
API_DOCS = Path(__file__).parents[2] / "docs/api.md"


def folder_of(function: str) -> str:
    uri: str = samples.functions()[function]["CodeUri"]
    return uri.rstrip("/").rpartition("/")[2]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_every_route_of_the_template_has_a_sample(route: samples.Route) -> None:
    sample = json.loads((samples.EVENTS / f"{route.sample}.json").read_text())

    assert (sample["httpMethod"], sample["resource"]) == (route.method, route.path)


def test_every_sample_is_of_a_route_or_of_a_trigger() -> None:
    others = {"authorize", "first-token", "form-staged", "large-staged"}
    others |= {"form-failed", "large-failed", "sweep", "collect", "recorded"}

    found = {path.stem for path in samples.EVENTS.glob("*.json")}

    assert found == {route.sample for route in ROUTES} | others


@pytest.mark.parametrize("folder", ["index", "upload", "drafts", "manage"])
def test_a_function_has_an_endpoint_for_each_of_its_routes_and_no_other(
    folder: str, load: Callable[[str], Any]
) -> None:
    of_template = {route.key for route in ROUTES if folder_of(route.function) == folder}

    assert set(load(folder).routes.endpoints) == of_template


def test_every_function_folder_holds_one_module() -> None:
    modules = {
        folder: [path.name for path in (samples.ROOT / "functions" / folder).glob("*.py")]
        for folder in FOLDERS
    }

    assert all(set(found) <= {"app.py", "__init__.py"} for found in modules.values())


@pytest.mark.parametrize("function", samples.functions())
def test_every_function_of_the_template_has_its_handler(
    function: str, load: Callable[[str], Any]
) -> None:
    handler = samples.functions()[function]["Handler"].removeprefix("app.")

    assert callable(getattr(load(folder_of(function)), handler))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_every_route_is_documented(route: samples.Route) -> None:
    assert f"`{route.method} {route.path}" in API_DOCS.read_text()


def test_the_layer_keeps_the_description_of_every_api_that_is_called() -> None:
    layer = samples.ROOT / "layers/idlewheel"
    sources = [path.read_text() for path in (layer / "idlewheel").rglob("*.py")]
    called = {api for text in sources for api in re.findall(r'create_client\(\s*"(\w+)"', text)}
    [kept] = re.findall(r"^APIS := (.*)$", (layer / "Makefile").read_text(), re.MULTILINE)

    assert called >= {"s3", "sqs", "events"}
    # pynamodb opens dynamodb by itself, and botocore asks sts for the credentials of some roles.
    assert set(kept.split()) == called | {"dynamodb", "sts"}
