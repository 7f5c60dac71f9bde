"""What the gateway says by itself, before any function is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.resolution import Resolution

STATUSES = {
    "UNAUTHORIZED": "401",
    "ACCESS_DENIED": "403",
    "MISSING_AUTHENTICATION_TOKEN": "404",
    "INVALID_SIGNATURE": "404",
    "REQUEST_TOO_LARGE": "413",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "THROTTLED": "429",
    "QUOTA_EXCEEDED": "429",
    "AUTHORIZER_FAILURE": "503",
    "AUTHORIZER_CONFIGURATION_ERROR": "503",
    "INTEGRATION_FAILURE": "503",
    "INTEGRATION_TIMEOUT": "504",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
}


@pytest.fixture(scope="session")
def responses(translated: dict[str, Any]) -> dict[str, Any]:
    body = Resolution(translated)(translated["Resources"]["Api"]["Properties"]["Body"])
    found: dict[str, Any] = body["x-amazon-apigateway-gateway-responses"]
    return found


def message(response: dict[str, Any]) -> str:
    """The sentence for people."""
    text: str = json.loads(response["responseTemplates"]["application/json"])["message"]
    return text


def test_each_refusal_has_its_status(responses: dict[str, Any]) -> None:
    assert {kind: r.get("statusCode") for kind, r in responses.items()} == STATUSES


@pytest.mark.parametrize("kind", STATUSES)
def test_a_refusal_is_json_with_a_code_and_a_sentence(responses: dict[str, Any], kind: str) -> None:
    templates = responses[kind]["responseTemplates"]

    assert list(templates) == ["application/json"]
    document = json.loads(templates["application/json"])
    assert list(document) == ["code", "message", "problems"]
    [problem] = document["problems"]
    assert problem["message"] == document["message"]
    assert document["message"].endswith((".", "FILE"))
    assert document["code"].endswith(f": {document['message']}"), "uv prints nothing but the code"


@pytest.mark.parametrize("kind", STATUSES)
def test_a_refusal_never_repeats_what_was_sent(responses: dict[str, Any], kind: str) -> None:
    # $context.error.message quotes the Authorization header where it is not a signature.
    text = str(responses[kind])

    assert "error.message" not in text
    assert "$input" not in text
    assert "method.request" not in text


def test_a_client_without_credentials_is_told_which_to_send(responses: dict[str, Any]) -> None:
    parameters = responses["UNAUTHORIZED"]["responseParameters"]

    assert parameters["gatewayresponse.header.WWW-Authenticate"] == "'Basic realm=\"Idlewheel\"'"
    assert "__token__" in message(responses["UNAUTHORIZED"])


def test_a_wrong_path_is_told_how_the_right_ones_end_wherever_the_index_is(
    responses: dict[str, Any],
) -> None:
    text = message(responses["MISSING_AUTHENTICATION_TOKEN"])

    assert " /simple/" in text
    assert " /legacy/" in text


def test_a_file_that_is_too_large_is_told_the_limit_and_the_way(
    responses: dict[str, Any],
) -> None:
    text = message(responses["REQUEST_TOO_LARGE"])

    assert "4.5 MB" in text
    assert "5 GB" in text
    assert "idlewheel publish" in text


@pytest.mark.parametrize("kind", [k for k, s in STATUSES.items() if s in {"429", "503", "504"}])
def test_what_passes_by_itself_says_when_to_come_back(responses: dict[str, Any], kind: str) -> None:
    assert responses[kind]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'2'"
