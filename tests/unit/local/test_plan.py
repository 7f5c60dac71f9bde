from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local.intrinsics import Unresolvable
from local.plan import Authorizer, Plan, Refusal, Route, Trigger, read
from local.stack import with_names
from local.template import BadTemplate, load

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """
Parameters: {Wait: {Type: Number, Default: 60}}
Globals:
  Function:
    Timeout: 7
    Layers: [!Ref Layer]
    Environment: {Variables: {STACK: !Ref AWS::StackName}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      BinaryMediaTypes: ["*/*"]
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            FunctionPayloadType: REQUEST
            FunctionArn: !Ref Auth.Alias
            Identity: {Headers: [Authorization], ReauthorizeEvery: !Ref Wait}
      GatewayResponses:
        UNAUTHORIZED:
          StatusCode: 401
          ResponseParameters: {Headers: {WWW-Authenticate: "'Basic'"}}
          ResponseTemplates: {application/json: "{}"}
        DEFAULT_5XX: {}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/ours}}
  Auth:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/auth, Handler: app.handler, AutoPublishAlias: live}
  Read:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/read
      Handler: app.handler
      Role: !GetAtt Nowhere.Arn
      MemorySize: 512
      Environment: {Variables: {TABLE: !Ref Table, DAYS: 14, LIVE: true}}
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /simple}}
        Open:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Method: GET
            Path: /open
            Auth: {Authorizer: NONE}
            TimeoutInMillis: 500
        Take:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 5}
  Table: {Type: AWS::DynamoDB::Table}
  Queue: {Type: AWS::SQS::Queue}
"""
MADE = {"Table": "table-1", "Queue": "http://localhost:1/000000000000/queue-1"}


def plan(tmp_path: Path, text: str = TEMPLATE) -> Plan:
    path = tmp_path / "template.yaml"
    path.write_text(textwrap.dedent(text))
    template = load(path)
    return read(template, with_names(template, MADE, "http://127.0.0.1:9"))


def test_routes_have_the_default_authorizer_unless_they_say_otherwise(tmp_path: Path) -> None:
    assert plan(tmp_path).routes == (
        Route("GET", "/simple", "Read", "Token", 29.0),
        Route("GET", "/open", "Read", None, 0.5),
    )


def test_an_authorizer_is_found_by_the_alias_of_its_function(tmp_path: Path) -> None:
    assert plan(tmp_path).authorizers == {
        "Token": Authorizer("Token", "Auth", ("Authorization",), 60.0)
    }


def test_a_function_gets_its_environment_as_strings(tmp_path: Path) -> None:
    assert plan(tmp_path).functions["Read"].environment == {
        "STACK": "idlewheel",
        "TABLE": "table-1",
        "DAYS": "14",
        "LIVE": "true",
    }


def test_a_function_has_code_layers_and_limits(tmp_path: Path) -> None:
    read = plan(tmp_path).functions["Read"]

    assert (read.code, read.layers, read.timeout, read.memory) == (
        tmp_path / "functions/read",
        (tmp_path / "layers/ours",),
        7.0,
        512,
    )


def test_a_queue_is_a_trigger(tmp_path: Path) -> None:
    arn = "arn:aws:sqs:us-east-1:000000000000:queue-1"

    assert plan(tmp_path).triggers == (Trigger("Read", arn, 1, 0.0, 5, reports_failures=True),)


def test_gateway_responses_are_refusals(tmp_path: Path) -> None:
    assert plan(tmp_path).refusals == {
        "UNAUTHORIZED": Refusal(401, {"WWW-Authenticate": "'Basic'"}, {"application/json": "{}"}),
        "DEFAULT_5XX": Refusal(),
    }


def test_two_apis_cannot_be_served(tmp_path: Path) -> None:
    second = "  Second: {Type: AWS::Serverless::Api, Properties: {StageName: x}}\n"

    with pytest.raises(BadTemplate, match="has 2 REST APIs"):
        plan(tmp_path, TEMPLATE + second)


def test_an_environment_that_names_what_is_not_here_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unresolvable, match="Nowhere has no Arn"):
        plan(tmp_path, TEMPLATE.replace("TABLE: !Ref Table", "TABLE: !GetAtt Nowhere.Arn"))


def test_a_queue_is_reached_where_the_emulator_is_now(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)

    scope = with_names(load(path), MADE, "http://127.0.0.1:9")

    assert scope.ref("Queue") == "http://127.0.0.1:9/000000000000/queue-1"
    assert replace(scope).attribute("Table", "Arn").endswith(":table/table-1")
