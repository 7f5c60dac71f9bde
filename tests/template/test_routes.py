"""The API: every route, who answers it, and that nobody gets past the authorizer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from local.plan import read
from local.template import load
from tests.template.resolution import Resolution
from tests.template.translation import FUNCTION, ROOT, of_type

if TYPE_CHECKING:
    from collections.abc import Mapping

READS = ["/simple", "/simple/{project}", "/files/{proxy+}", "/pypi/{project}/json"]


def events(template: Mapping[str, Any]) -> dict[str, str]:
    """Which function answers each route, as the template says it."""
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": name
        for name, function in of_type(dict(template), FUNCTION).items()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    }


def operations(translated: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each route of the API's definition, as SAM translated it."""
    paths = translated["Resources"]["Api"]["Properties"]["Body"]["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_the_translation_has_the_routes_of_the_events(
    template: dict[str, Any], translated: dict[str, Any]
) -> None:
    answered = {
        key: re.findall(r"\${(\w+?)(?:Aliaslive|\.Arn)}", str(operation))[0]
        for key, operation in operations(translated).items()
    }

    assert answered == events(template)


def test_the_local_runner_reads_the_same_routes(template: dict[str, Any]) -> None:
    loaded = load(ROOT / "template.yaml")
    names = {name: name for name in loaded.resources}
    scope = loaded.scope()
    arns = {(name, "Arn"): name for name in names}
    known = type(scope)(refs={**scope.refs, **names}, attributes=arns, conditions=scope.conditions)

    plan = read(loaded, known)

    assert {f"{r.method} {r.path}": r.function for r in plan.routes} == events(template)
    assert {r.method for r in plan.routes if r.authorizer != "Token"} <= {"OPTIONS"}


def test_every_route_asks_the_authorizer_but_the_questions_of_browsers(
    translated: dict[str, Any],
) -> None:
    # A browser asks OPTIONS before it sends credentials (Fetch Standard, "CORS-preflight fetch").
    open_doors = {
        key
        for key, operation in operations(translated).items()
        if operation.get("security") != [{"Token": []}]
    }

    assert {key.split()[0] for key in open_doors} <= {"OPTIONS"}


def test_the_authorizer_is_asked_only_with_a_credential_and_remembered_for_a_time(
    translated: dict[str, Any],
) -> None:
    body = Resolution(translated)(translated["Resources"]["Api"]["Properties"]["Body"])

    authorizer = body["components"]["securitySchemes"]["Token"]["x-amazon-apigateway-authorizer"]

    assert authorizer["type"] == "request"
    assert authorizer["identitySource"] == "method.request.header.Authorization"
    assert authorizer["authorizerResultTtlInSeconds"] == 60
    assert "AuthorizerFunctionAliaslive" in authorizer["authorizerUri"]


def test_paths_have_no_slash_at_their_end(template: dict[str, Any]) -> None:
    # The gateway has one resource for /a and /a/: declaring both is refused.
    assert [key for key in events(template) if key.endswith("/") and " / " not in f"{key} "] == []


@pytest.mark.parametrize("path", [*READS, "/pypi/{project}/{version}/json"])
def test_what_can_be_read_can_be_asked_about(template: dict[str, Any], path: str) -> None:
    answered = events(template)

    assert answered[f"HEAD {path}"] == answered[f"GET {path}"] == "IndexFunction"


def test_permissions_to_invoke_fit_into_a_function_s_own_policy(
    translated: dict[str, Any],
) -> None:
    # SAM adds a statement for each route; AWS takes 20 KB of them (Lambda quotas).
    permissions = of_type(translated, "AWS::Lambda::Permission").values()
    functions = [str(permission["Properties"]["FunctionName"]) for permission in permissions]
    bytes_of_a_statement = 450

    assert max(map(functions.count, functions)) * bytes_of_a_statement < 20_480


def test_every_body_travels_as_it_is(translated: dict[str, Any]) -> None:
    properties = translated["Resources"]["Api"]["Properties"]

    assert properties["Body"]["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    assert "MinimumCompressionSize" not in properties


def test_there_is_one_stage_and_it_limits_and_hides(translated: dict[str, Any]) -> None:
    [stage] = of_type(translated, "AWS::ApiGateway::Stage")

    properties = Resolution(translated, ThrottleRate=7, ThrottleBurst=9).properties(stage)

    assert properties["StageName"] == "prod"
    assert properties["TracingEnabled"] is False
    [settings] = properties["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)
    assert settings["DataTraceEnabled"] is False


def test_a_first_deployment_needs_no_role_of_the_account(translated: dict[str, Any]) -> None:
    fresh = Resolution(translated)

    assert "AccessLogSetting" not in fresh.properties("ApiStage")
    assert not any(fresh.exists(n) for n in ("ApiLogs", "ApiAccount", "ApiAccountRole"))


@pytest.mark.parametrize(("choice", "makes_role"), [("on", False), ("with-account-role", True)])
def test_access_logs_are_json_and_name_no_header_but_the_user_agent(
    translated: dict[str, Any], choice: str, makes_role: bool
) -> None:
    logging = Resolution(translated, ApiAccessLogs=choice)
    setting = logging.properties("ApiStage")["AccessLogSetting"]

    line = json.loads(setting["Format"])

    assert setting["DestinationArn"].endswith(":log-group:ApiLogs")
    assert logging.exists("ApiAccount") is makes_role
    assert {"$context.extendedRequestId", "$context.status"} <= set(line.values())
    assert all(value.startswith("$context.") for value in line.values())
    assert "header" not in setting["Format"].lower()


def test_outputs_tell_where_to_install_from_and_how_to_begin(template: dict[str, Any]) -> None:
    outputs = {n: Resolution(template)(o["Value"]) for n, o in template["Outputs"].items()}

    host = "https://Api.execute-api.eu-west-1.amazonaws.com/prod"
    assert outputs["IndexUrl"] == f"{host}/simple/"
    assert outputs["UploadUrl"] == f"{host}/legacy/"
    assert outputs["JsonUrl"] == f"{host}/pypi/"
    assert outputs["ManageUrl"] == f"{host}/manage/"
    payload = re.findall("--payload '(.*)'", outputs["FirstTokenCommand"])[0]
    assert json.loads(payload)["issue"]["scopes"] == ["admin:*"]
    assert "--function-name ManageFunction " in outputs["FirstTokenCommand"]
