"""docs/openapi.yaml describes the routes of the template, and what it says of them is so."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate

from idlewheel.distribution.policy import Policy as Limits
from idlewheel.domain import attestations, drafts, names, project, tokens, uploads
from idlewheel.domain.access import Action
from idlewheel.domain.audit import Act
from idlewheel.errors import REFUSALS
from idlewheel.web.problems import ANSWERS
from tests import samples
from tests.openapi import description
from tests.template.translation import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = description.read()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {operation.key: operation for operation in description.operations(DOCUMENT)}
ROUTES = {route.key: route for route in samples.routes()}
FUNCTIONS = samples.functions()
API = read_template()["Resources"]["Api"]["Properties"]
GATEWAY = {
    int(said["StatusCode"]) for said in API["GatewayResponses"].values() if "StatusCode" in said
}
API_DOCS = (description.ROOT / "docs/api.md").read_text()


def test_it_is_openapi() -> None:
    validate(DOCUMENT)

    assert DOCUMENT["openapi"].startswith("3.1.")


def test_it_is_of_this_version() -> None:
    about = tomllib.loads((description.ROOT / "pyproject.toml").read_text())["project"]

    assert DOCUMENT["info"]["version"] == about["version"]
    assert DOCUMENT["info"]["summary"] == about["description"]


@pytest.mark.parametrize("key", ROUTES)
def test_every_route_of_the_template_is_described(key: str) -> None:
    route = ROUTES[key]

    assert key in OPERATIONS, (
        f"docs/openapi.yaml lacks {key}: add `{route.path}:` below `paths` (or the path as clients "
        f"ask for it, with `x-route: {route.path}`), and there `{route.method.lower()}:` with "
        f"`operationId: {route.name}`, a tag, a summary, parameters, and every status it answers"
    )


@pytest.mark.parametrize("key", OPERATIONS)
def test_every_operation_is_a_route_of_the_template(key: str) -> None:
    assert key in ROUTES, (
        f"template.yaml has no {key}: delete it in docs/openapi.yaml, or add an event of the type "
        f"Api, named {OPERATIONS[key].said['operationId']}, to the function that answers it"
    )


def both() -> list[str]:
    return sorted(ROUTES.keys() & OPERATIONS.keys())


@pytest.mark.parametrize("key", both())
def test_an_operation_has_the_name_of_the_event(key: str) -> None:
    assert OPERATIONS[key].said["operationId"] == ROUTES[key].name


@pytest.mark.parametrize("key", both())
def test_what_needs_no_token_says_so(key: str) -> None:
    route = ROUTES[key]
    event = FUNCTIONS[route.function]["Events"][route.name]["Properties"]
    is_open = event.get("Auth", {}).get("Authorizer") == "NONE"

    assert (OPERATIONS[key].said.get("security") == []) == is_open, (
        f"`security: []` belongs to {key} in docs/openapi.yaml exactly where template.yaml has "
        "`Authorizer: NONE`"
    )


@pytest.mark.parametrize("key", OPERATIONS)
def test_every_error_is_one_that_we_or_the_gateway_can_answer(key: str) -> None:
    errors = {status for status in OPERATIONS[key].statuses if status >= 400}
    known = {answer.status for answer in ANSWERS.values()} | GATEWAY

    assert errors <= known, f"{key}: web/problems.py has no {sorted(errors - known)}"


@pytest.mark.parametrize("key", OPERATIONS)
def test_what_the_gateway_may_answer_anybody_is_described(key: str) -> None:
    operation = OPERATIONS[key]
    always = {429, 503, 504}
    always |= set() if operation.said.get("security") == [] else {401}
    always |= {413} if operation.method in {"POST", "PUT"} else set()

    lacking = sorted(always - operation.statuses)
    assert not lacking, f"add {lacking} to the responses of {key} in docs/openapi.yaml"


def test_every_error_has_the_one_shape() -> None:
    for operation in OPERATIONS.values():
        for status, said in operation.said["responses"].items():
            if status.startswith(("4", "5")):
                content = description.resolved(DOCUMENT, said)["content"]

                assert content["application/json"]["schema"]["$ref"].endswith("/Error")
                assert content["text/plain"]["schema"] == {"type": "string"}


def test_the_gateway_speaks_in_that_shape() -> None:
    for kind, said in API["GatewayResponses"].items():
        template = said["ResponseTemplates"]["application/json"]
        text = getattr(template, "value", template)
        text = text["Fn::Sub"] if isinstance(text, dict) else text

        assert list(problems(SCHEMAS["Error"], json.loads(text))) == [], kind


def problems(schema: dict[str, Any], instance: object) -> Iterator[str]:
    """What is wrong with *instance* by a schema of the description."""
    rooted = {**schema, "components": DOCUMENT["components"]}
    validator = OAS31Validator(rooted, format_checker=oas31_format_checker)
    for error in validator.iter_errors(instance):
        yield f"{error.json_path}: {error.message}"


def with_examples(said: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], object]]:
    """Every example below *said* that stands beside a schema."""
    if isinstance(said, dict):
        if "example" in said and "schema" in said:
            yield path, said["schema"], said["example"]
        for name, part in said.items():
            yield from with_examples(part, f"{path}/{name}")


@pytest.mark.parametrize(
    ("schema", "example"),
    [pytest.param(*it[1:], id=it[0]) for it in with_examples(DOCUMENT)],
)
def test_an_example_is_what_its_schema_says(schema: dict[str, Any], example: object) -> None:
    assert list(problems(schema, example)) == []


@pytest.mark.parametrize("key", both())
def test_the_sample_event_is_a_request_as_described(key: str) -> None:
    sample = json.loads((samples.EVENTS / f"{ROUTES[key].sample}.json").read_text())
    content = OPERATIONS[key].said.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return
    body = json.loads(base64.b64decode(sample["body"]))

    assert list(problems(content["application/json"]["schema"], body)) == []


def test_nothing_is_defined_that_nothing_refers_to() -> None:
    referred = set(re.findall(r"#/components/(\w+/\w+)", json.dumps(DOCUMENT)))
    defined = {
        f"{kind}/{name}"
        for kind, found in DOCUMENT["components"].items()
        for name in found
        if kind != "securitySchemes"
    }

    assert defined == referred


@pytest.mark.parametrize(
    ("described", "known"),
    [
        (SCHEMAS["Status"]["enum"], project.Status),
        (SCHEMAS["ManagedFile"]["properties"]["state"]["enum"], project.FileState),
        (SCHEMAS["Upload"]["properties"]["state"]["enum"], uploads.UploadState),
        (SCHEMAS["Upload"]["properties"]["refusal"]["enum"], [*REFUSALS, None]),
        (SCHEMAS["Draft"]["properties"]["state"]["enum"], drafts.DraftState),
        (SCHEMAS["AuditRecord"]["properties"]["act"]["enum"], Act),
        (SCHEMAS["Token"]["properties"]["kind"]["enum"], tokens.Kind),
        (SCHEMAS["Token"]["properties"]["state"]["enum"], tokens.TokenState),
        (SCHEMAS["Attestations"]["properties"]["policy"]["enum"], [*attestations.Policy, None]),
        (SCHEMAS["AttestationsWish"]["properties"]["policy"]["enum"], [*attestations.Policy, None]),
    ],
)
def test_a_choice_is_among_what_there_is(described: list[str], known: Any) -> None:
    assert set(described) == {getattr(one, "value", one) for one in known}


def test_publishers_have_the_fields_of_their_kinds() -> None:
    described = {
        one["properties"]["kind"]["const"]: set(one["required"]) - {"kind"}
        for one in SCHEMAS["Publisher"]["oneOf"]
    }

    assert described == {kind: set(fields) for kind, fields in attestations.KINDS.items()}


def test_limits_are_those_of_the_code() -> None:
    announced = SCHEMAS["Announcement"]["properties"]["size"]["maximum"]

    assert announced == Limits().file_bytes
    assert SCHEMAS["DraftFiles"]["properties"]["files"]["maxItems"] == drafts.LARGEST
    assert SCHEMAS["ProjectName"]["maxLength"] == names.LONGEST
    assert re.findall(r"\w+", SCHEMAS["Scope"]["pattern"])[:4] == [
        action.value for action in Action
    ]
    assert SCHEMAS["Scope"]["maxLength"] == len("publish:prefix:-*") + names.LONGEST


def test_the_page_for_people_has_every_route_and_no_other() -> None:
    told = set(re.findall(r"`((?:GET|HEAD|OPTIONS|POST|PUT|DELETE) /[^`?]*)`", API_DOCS))

    lacking, stale = sorted(ROUTES.keys() - told), sorted(told - ROUTES.keys())
    assert not lacking, f"docs/api.md lacks {lacking}: add a line to the table where each belongs"
    assert not stale, f"docs/api.md tells of {stale}, which template.yaml does not have"
