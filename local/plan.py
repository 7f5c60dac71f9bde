"""What is to be run: the template's functions, routes, authorizers, refusals and triggers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.intrinsics import Scope, resolve, text
from local.template import ACCOUNT, REGION, STACK, BadTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.template import Template

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
API = "AWS::Serverless::Api"

LONGEST_INTEGRATION = 29.0
"""Seconds API Gateway waits for a function: the default quota of a REST API."""
API_ID = "local"


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function: where its code is, and what it is given."""

    name: str
    """The logical id."""
    code: Path
    handler: str
    layers: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 3.0
    """Seconds. Lambda's own default is 3."""
    memory: int = 128

    @property
    def arn(self) -> str:
        """The name AWS would know it by."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.deployed_name}"

    @property
    def deployed_name(self) -> str:
        """AWS_LAMBDA_FUNCTION_NAME; CloudFormation would add a random tail."""
        return f"{STACK}-{self.name}"


@dataclass(frozen=True, slots=True)
class Route:
    """A method on a resource path, and who answers it."""

    method: str
    path: str
    function: str
    authorizer: str | None = None
    timeout: float = LONGEST_INTEGRATION


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A REQUEST authorizer."""

    name: str
    function: str
    headers: tuple[str, ...]
    """Identity sources: without each of them the answer is 401, and nothing is invoked."""
    cached_for: float
    """Seconds; 0 asks the function every time."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A gateway response: how API Gateway itself says no."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trigger:
    """An SQS event source: what its messages invoke."""

    function: str
    queue: str
    """ARN."""
    batch: int = 10
    window: float = 0.0
    """Seconds to gather a batch in."""
    concurrency: int = 1000
    reports_failures: bool = False
    """The function answers with `batchItemFailures`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that is invoked again and again."""

    function: str
    every: float
    """Seconds."""
    event: str = "{}"
    """JSON."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the template wants run."""

    stage: str
    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    authorizers: Mapping[str, Authorizer]
    refusals: Mapping[str, Refusal]
    triggers: tuple[Trigger, ...]
    schedules: tuple[Schedule, ...] = ()
    binary: tuple[str, ...] = ()
    """Media types whose bodies travel as base64."""


_RUN = {"Api", "SQS", "Schedule"}
"""The events that happen here; a stream of a table tells EventBridge, and there is none."""


def read(template: Template, scope: Scope) -> Plan:
    """Give the plan of *template*; *scope* knows its parameters, tables, buckets and queues.

    Raises BadTemplate or Unresolvable for what cannot be run here.
    """
    scope = _with_names(template, scope)
    functions = {
        name: _function(template, name, resource, scope)
        for name, resource in template.of_type(FUNCTION)
    }
    api = _api(template, scope)
    authorizers = _authorizers(api, functions)
    events = [
        (name, event["Type"], resolve(event.get("Properties", {}), scope))
        for name, resource in template.of_type(FUNCTION)
        for event in (resource["Properties"].get("Events") or {}).values()
        if event["Type"] in _RUN
    ]
    default = api.get("Auth", {}).get("DefaultAuthorizer")
    return Plan(
        stage=text(api.get("StageName", "local")),
        functions=functions,
        routes=tuple(_route(f, it, default) for f, kind, it in events if kind == "Api"),
        authorizers=authorizers,
        refusals={name: _refusal(it) for name, it in api.get("GatewayResponses", {}).items()},
        triggers=tuple(_trigger(f, it) for f, kind, it in events if kind == "SQS"),
        schedules=tuple(_schedule(f, it) for f, kind, it in events if kind == "Schedule"),
        binary=tuple(api.get("BinaryMediaTypes", ())),
    )


def _with_names(template: Template, scope: Scope) -> Scope:
    """Add what `Ref` and `GetAtt` give for the resources that only exist here: code and API."""
    refs, attributes = dict(scope.refs), dict(scope.attributes)
    for name, _ in template.of_type(FUNCTION):
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-{name}"
        refs[name], refs[f"{name}.Alias"], refs[f"{name}.Version"] = f"{STACK}-{name}", arn, arn
        attributes[name, "Arn"] = arn
    for name, _ in template.of_type(LAYER):
        refs[name] = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}:1"
    for name, _ in template.of_type(API):
        refs[name] = API_ID
    return replace(scope, refs=refs, attributes=attributes)


def _function(template: Template, name: str, resource: Any, scope: Scope) -> Function:  # noqa: ANN401
    raw = template.properties("Function", resource)
    # Only what is needed is resolved: roles and log groups do not exist here.
    wanted = ("CodeUri", "Handler", "Layers", "Environment", "Timeout", "MemorySize")
    it = {key: resolve(raw[key], scope) for key in wanted if key in raw}
    variables = it.get("Environment", {}).get("Variables", {})
    return Function(
        name=name,
        code=template.folder / it["CodeUri"],
        handler=it["Handler"],
        layers=_layers(template, it.get("Layers", ())),
        environment={key: text(value) for key, value in variables.items()},
        timeout=float(it.get("Timeout", 3)),
        memory=int(it.get("MemorySize", 128)),
    )


def _layers(template: Template, arns: Any) -> tuple[Path, ...]:  # noqa: ANN401
    ours = {
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}:1": template.folder
        / resource["Properties"]["ContentUri"]
        for name, resource in template.of_type(LAYER)
    }
    return tuple(ours[arn] for arn in arns if arn in ours)


def _api(template: Template, scope: Scope) -> dict[str, Any]:
    apis = [template.properties("Api", resource) for _, resource in template.of_type(API)]
    if len(apis) != 1:
        raise BadTemplate(f"the template has {len(apis)} REST APIs; a local index serves one")
    wanted = ("StageName", "Auth", "GatewayResponses", "BinaryMediaTypes")
    return {key: resolve(apis[0][key], scope) for key in wanted if key in apis[0]}


def _authorizers(
    api: Mapping[str, Any], functions: Mapping[str, Function]
) -> dict[str, Authorizer]:
    by_arn = {function.arn: name for name, function in functions.items()}
    return {
        name: Authorizer(
            name=name,
            function=by_arn[it["FunctionArn"]],
            headers=tuple(it.get("Identity", {}).get("Headers", ())),
            cached_for=float(it.get("Identity", {}).get("ReauthorizeEvery", 300)),
        )
        for name, it in api.get("Auth", {}).get("Authorizers", {}).items()
    }


def _route(function: str, event: Mapping[str, Any], default: str | None) -> Route:
    authorizer = event.get("Auth", {}).get("Authorizer", default)
    return Route(
        method=event["Method"].upper(),
        path=event["Path"],
        function=function,
        authorizer=None if authorizer == "NONE" else authorizer,
        timeout=float(event.get("TimeoutInMillis", LONGEST_INTEGRATION * 1000)) / 1000,
    )


def _refusal(raw: Mapping[str, Any]) -> Refusal:
    status = raw.get("StatusCode")
    return Refusal(
        status=None if status is None else int(status),
        headers=raw.get("ResponseParameters", {}).get("Headers", {}),
        templates=raw.get("ResponseTemplates", {}),
    )


def _trigger(function: str, event: Mapping[str, Any]) -> Trigger:
    return Trigger(
        function=function,
        queue=event["Queue"],
        batch=int(event.get("BatchSize", 10)),
        window=float(event.get("MaximumBatchingWindowInSeconds", 0)),
        concurrency=int(event.get("ScalingConfig", {}).get("MaximumConcurrency", 1000)),
        reports_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", ()),
    )


_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def _schedule(function: str, event: Mapping[str, Any]) -> Schedule:
    """Read ``rate(5 minutes)`` (EventBridge, "Rate expressions"). Raises BadTemplate."""
    said = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text(event["Schedule"]))
    if said is None:
        raise BadTemplate(f"{function} has the schedule {event['Schedule']}; only rates run here")
    every = int(said[1]) * _SECONDS[said[2]]
    return Schedule(function, every, text(event.get("Input", "{}")))
