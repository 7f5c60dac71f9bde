"""The plan that `make run` reads off template.yaml is what SAM would deploy."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from local.intrinsics import Scope, resolve, text
from local.plan import Plan, Refusal, read
from local.stack import KEPT, with_names
from local.template import Template, load
from tests.template.translation import ROOT, read_template, translate

Resource = dict[str, Any]


class Deployed:
    """What SAM makes of the template, its references given the names of this machine."""

    def __init__(self, scope: Scope) -> None:
        self.resources: dict[str, Resource] = translate(read_template())["Resources"]
        functions = {name: name for name, _ in self.of_type("AWS::Lambda::Function")}
        aliases = {f"{name}Aliaslive": name for name in functions}
        arns = {(name, "Arn"): name for name in functions}
        attributes = {**scope.attributes, **arns}
        self.scope = replace(
            scope, refs={**scope.refs, **functions, **aliases}, attributes=attributes
        )

    def of_type(self, kind: str) -> list[tuple[str, Resource]]:
        return [(n, it["Properties"]) for n, it in self.resources.items() if it["Type"] == kind]

    @property
    def body(self) -> Resource:
        [(_, api)] = self.of_type("AWS::ApiGateway::RestApi")
        body: Resource = resolve(api["Body"], self.scope)
        return body

    def function(self, uri: str) -> str:
        return str(re.findall(r"functions/(\w+)/invocations", uri)[0])


@pytest.fixture(scope="module")
def template() -> Template:
    return load(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def scope(template: Template) -> Scope:
    made = {name: f"made/{name}" for name, _ in template.of_type(*KEPT)}
    return with_names(template, made, "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def plan(template: Template, scope: Scope) -> Plan:
    return read(template, scope)


@pytest.fixture(scope="module")
def deployed(scope: Scope) -> Deployed:
    return Deployed(scope)


def test_the_routes_are_those_of_the_api(plan: Plan, deployed: Deployed) -> None:
    routes = {
        (method.upper(), path, deployed.function(it["x-amazon-apigateway-integration"]["uri"]))
        for path, methods in deployed.body["paths"].items()
        for method, it in methods.items()
        if "x-amazon-apigateway-integration" in it
    }

    assert {(it.method, it.path, it.function) for it in plan.routes} == routes


def test_every_route_has_the_authorizer_of_the_api(plan: Plan, deployed: Deployed) -> None:
    judged = {
        (method.upper(), path): [name for it in said.get("security", []) for name in it]
        for path, methods in deployed.body["paths"].items()
        for method, said in methods.items()
    }

    # SAM writes NONE for a route that is open.
    assert {(it.method, it.path): [it.authorizer or "NONE"] for it in plan.routes} == judged


def test_the_authorizer_is_that_of_the_api(plan: Plan, deployed: Deployed) -> None:
    schemes = deployed.body["components"]["securitySchemes"]
    said = {name: it["x-amazon-apigateway-authorizer"] for name, it in schemes.items()}

    assert said == {
        name: {
            "type": "request",
            "authorizerResultTtlInSeconds": int(it.cached_for),
            "identitySource": ",".join(f"method.request.header.{name}" for name in it.headers),
            "authorizerUri": said[name]["authorizerUri"],
        }
        for name, it in plan.authorizers.items()
    }
    assert {name: deployed.function(it["authorizerUri"]) for name, it in said.items()} == {
        name: it.function for name, it in plan.authorizers.items()
    }


def test_the_refusals_are_the_gateway_responses(plan: Plan, deployed: Deployed) -> None:
    prefix = "gatewayresponse.header."
    said = deployed.body["x-amazon-apigateway-gateway-responses"]

    assert plan.refusals == {
        kind: Refusal(
            int(it["statusCode"]) if "statusCode" in it else None,
            {k.removeprefix(prefix): v for k, v in it.get("responseParameters", {}).items()},
            it["responseTemplates"],
        )
        for kind, it in said.items()
    }


def test_the_stage_and_the_binary_types_are_those_of_the_api(
    plan: Plan, deployed: Deployed
) -> None:
    [(_, stage)] = deployed.of_type("AWS::ApiGateway::Stage")
    types = deployed.body["x-amazon-apigateway-binary-media-types"]

    assert (plan.stage, plan.binary) == (
        resolve(stage["StageName"], deployed.scope),
        tuple(types),
    )


def test_the_triggers_are_the_event_source_mappings(plan: Plan, deployed: Deployed) -> None:
    mappings = [
        resolve(it, deployed.scope)
        for _, it in deployed.of_type("AWS::Lambda::EventSourceMapping")
        if "StreamArn" not in str(it["EventSourceArn"])
    ]

    assert {
        (it.function, it.queue, it.batch, it.concurrency, it.reports_failures)
        for it in plan.triggers
    } == {
        (
            it["FunctionName"],
            it["EventSourceArn"],
            it["BatchSize"],
            it["ScalingConfig"]["MaximumConcurrency"],
            it["FunctionResponseTypes"] == ["ReportBatchItemFailures"],
        )
        for it in mappings
    }


def test_every_function_has_the_environment_and_limits_that_it_is_deployed_with(
    plan: Plan, deployed: Deployed
) -> None:
    wanted = ("Handler", "Timeout", "MemorySize", "Environment")
    said = {
        name: resolve({key: it[key] for key in wanted}, deployed.scope)
        for name, it in deployed.of_type("AWS::Lambda::Function")
    }

    assert {
        name: (it.handler, it.timeout, it.memory, it.environment)
        for name, it in plan.functions.items()
    } == {
        name: (
            it["Handler"],
            it["Timeout"],
            it["MemorySize"],
            {key: text(value) for key, value in it["Environment"]["Variables"].items()},
        )
        for name, it in said.items()
    }


def test_the_code_and_the_layers_are_in_the_repository(plan: Plan) -> None:
    for function in plan.functions.values():
        module = function.handler.rpartition(".")[0]

        assert (function.code / f"{module}.py").is_file()
        assert (function.layers[0] / "idlewheel/__init__.py").is_file()
        assert all((layer / "requirements.txt").is_file() for layer in function.layers)
