"""Each function may do what it does, and nothing that another one does."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from idlewheel.storage import keys
from tests.template.iam import Call, allows, statements
from tests.template.resolution import Resolution
from tests.template.translation import of_type, translate

ROLE_OF = {
    "AuthorizerFunction": "AuthorizerRole",
    "IndexFunction": "IndexRole",
    "UploadFunction": "UploadRole",
    "IngestFunction": "IngestRole",
    "IngestLargeFunction": "IngestLargeRole",
    "AbandonFunction": "AbandonRole",
    "DraftsFunction": "DraftsRole",
    "SweepFunction": "SweepRole",
    "AnnounceFunction": "AnnounceRole",
    "ManageFunction": "ManageRole",
}
ROLES = list(ROLE_OF.values())

CANNOT_BE_SCOPED = {
    "AWSXRayDaemonWriteAccess": "X-Ray has no resources to name; attached only while tracing is on",
    "AmazonAPIGatewayPushToCloudWatchLogs": "the role is the account's, for every API in it",
}
"""Managed policies with a ``*`` inside, by name, with the reason; everything else is our own."""

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/"
BUCKET = "arn:aws:s3:::"


@pytest.fixture(scope="session")
def resolution(translated: dict[str, Any]) -> Resolution:
    return Resolution(translated)


def test_every_function_has_a_role_that_no_other_has(resolution: Resolution) -> None:
    functions = of_type(resolution._template, "AWS::Lambda::Function")

    assert {n: resolution.properties(n)["Role"].removesuffix(".Arn") for n in functions} == ROLE_OF


def test_sam_makes_no_role_beside_ours(translated: dict[str, Any]) -> None:
    assert set(of_type(translated, "AWS::IAM::Role")) == {*ROLES, "ApiAccountRole"}


@pytest.mark.parametrize("role", ROLES)
def test_only_lambda_takes_a_function_s_role(resolution: Resolution, role: str) -> None:
    [trust] = resolution.properties(role)["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("role", ROLES)
def test_no_action_is_a_pattern(resolution: Resolution, role: str) -> None:
    actions = {a for s in statements(resolution, role) for a in s.actions}

    assert all(re.fullmatch(r"[a-z0-9]+:[A-Z]\w+", action) for action in actions), actions


@pytest.mark.parametrize("role", ROLES)
def test_every_resource_is_one_of_the_stack(resolution: Resolution, role: str) -> None:
    resources = {r for s in statements(resolution, role) for r in s.resources}
    ours = "|".join(resolution._template["Resources"])
    one_of_ours = rf"arn:aws:[a-z0-9]+:[a-z0-9-]*:\d*:(\w[\w-]*[/:])?({ours})([/:].+)?"

    # The bus is the account's, and named by a parameter.
    resources -= {"arn:aws:events:eu-west-1:123456789012:event-bus/default"}
    assert resources
    assert all(re.fullmatch(one_of_ours, resource) for resource in resources), resources


def test_managed_policies_are_those_that_aws_cannot_scope(template: dict[str, Any]) -> None:
    everything = Resolution(translate(template), Tracing="on", ApiAccessLogs="with-account-role")
    attached = {
        arn.rsplit("/", 1)[-1]
        for role in [*ROLES, "ApiAccountRole"]
        for arn in everything.properties(role)["ManagedPolicyArns"]
    }

    assert attached == set(CANNOT_BE_SCOPED)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_managed_by_others_unless_somebody_asks(
    resolution: Resolution, role: str
) -> None:
    assert "ManagedPolicyArns" not in resolution.properties(role)


@pytest.mark.parametrize("role", [*ROLES, "ApiAccountRole"])
def test_an_account_s_boundary_bounds_every_role(translated: dict[str, Any], role: str) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"

    bounded = Resolution(translated, PermissionsBoundary=boundary).properties(role)
    free = Resolution(translated).properties(role)

    assert bounded["PermissionsBoundary"] == boundary
    assert "PermissionsBoundary" not in free


@pytest.mark.parametrize("function", ROLE_OF)
def test_a_function_writes_to_its_own_log_and_no_other(
    resolution: Resolution, function: str
) -> None:
    own = function.replace("Function", "Logs")
    granted = statements(resolution, ROLE_OF[function])
    logs = [resource for s in granted for resource in s.resources if ":logs:" in resource]

    assert logs == [f"arn:aws:logs:eu-west-1:123456789012:log-group:{own}:*"]
    assert resolution.properties(function)["LoggingConfig"]["LogGroup"] == own


def test_partitions_that_policies_name_are_partitions_that_exist(resolution: Resolution) -> None:
    existing = set(re.findall(r"f\"([A-Z]+)#{", inspect.getsource(keys)))
    granted = [s for role in ROLES for s in statements(resolution, role)]

    assert {key for s in granted for key in s.leading_keys or ()} <= {f"{k}#*" for k in existing}


FORBIDDEN = [
    ("AuthorizerRole", Call("dynamodb:UpdateItem", f"{TABLE}AccessTable")),
    ("AuthorizerRole", Call("dynamodb:GetItem", f"{TABLE}IndexTable")),
    ("IndexRole", Call("dynamodb:GetItem", f"{TABLE}AccessTable")),
    ("IndexRole", Call("dynamodb:PutItem", f"{TABLE}IndexTable")),
    ("IndexRole", Call("dynamodb:GetItem", f"{TABLE}IndexTable", frozenset({"UPLOAD#1"}))),
    ("IndexRole", Call("s3:PutObject", f"{BUCKET}FilesBucket/files/demo/x.whl")),
    ("IndexRole", Call("s3:GetObject", f"{BUCKET}FilesBucket/manifests/demo/x.json")),
    ("IndexRole", Call("s3:GetObject", f"{BUCKET}InboxBucket/staged/form/1/x.whl")),
    ("UploadRole", Call("dynamodb:PutItem", f"{TABLE}IndexTable", frozenset({"PROJECT#demo"}))),
    ("UploadRole", Call("s3:PutObject", f"{BUCKET}FilesBucket/files/demo/x.whl")),
    ("UploadRole", Call("dynamodb:GetItem", f"{TABLE}AccessTable")),
    ("IngestRole", Call("dynamodb:PutItem", f"{TABLE}AccessTable")),
    ("IngestRole", Call("dynamodb:DeleteItem", f"{TABLE}IndexTable")),
    ("IngestRole", Call("s3:DeleteObject", f"{BUCKET}FilesBucket/files/demo/x.whl")),
    ("IngestRole", Call("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:123456789012:LargeQueue")),
    ("AbandonRole", Call("dynamodb:UpdateItem", f"{TABLE}IndexTable", frozenset({"PROJECT#d"}))),
    ("ManageRole", Call("dynamodb:DeleteItem", f"{TABLE}IndexTable")),
    ("ManageRole", Call("dynamodb:DeleteItem", f"{TABLE}AccessTable")),
    ("ManageRole", Call("s3:PutObject", f"{BUCKET}FilesBucket/files/demo/x.whl")),
]


@pytest.mark.parametrize(("role", "call"), FORBIDDEN, ids=str)
def test_what_a_function_has_no_business_with_is_refused(
    resolution: Resolution, role: str, call: Call
) -> None:
    assert not allows(statements(resolution, role), call)


def test_a_restored_table_is_used_and_allowed_in_place_of_the_stack_s(
    translated: dict[str, Any],
) -> None:
    restored = Resolution(translated, RestoredIndexTable="saved", RestoredAccessTable="tokens")
    function = restored.properties("IngestFunction")["Environment"]["Variables"]
    granted = {r for s in statements(restored, "IngestRole") for r in s.resources if TABLE in r}

    assert (function["INDEX_TABLE"], function["ACCESS_TABLE"]) == ("saved", "tokens")
    assert granted == {f"{TABLE}saved", f"{TABLE}tokens"}
