"""The template's tables, buckets and queues, made by MiniStack's CloudFormation.

Only what holds data is handed over, as the template says it; functions and API are ours.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import ClientError

from local.emulator import CREDENTIALS
from local.intrinsics import Unresolvable, resolve
from local.template import ACCOUNT, REGION, STACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.intrinsics import Scope
    from local.template import Template

TABLE, BUCKET, QUEUE = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"
KEPT = (TABLE, BUCKET, QUEUE)
_PATIENCE = 60.0


class StackFailed(Exception):
    """The resources could not be made; the message says which and why."""


def deploy(template: Template, endpoint: str) -> Scope:
    """Make or update the resources; give the scope that knows their names."""
    client = _client(endpoint)
    wanted = of_data(template)
    if not _exists(client):
        client.create_stack(StackName=STACK, TemplateBody=json.dumps(wanted))
    elif json.loads(json.dumps(client.get_template(StackName=STACK)["TemplateBody"])) != wanted:
        client.update_stack(StackName=STACK, TemplateBody=json.dumps(wanted))
    _wait(client)
    resources = client.describe_stack_resources(StackName=STACK)["StackResources"]
    made = {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in resources}
    return with_names(template, made, endpoint)


def of_data(template: Template) -> dict[str, Any]:
    """Give the part of a template that makes what holds data."""
    resources = {
        name: _depending_only_on_data(resource, template)
        for name, resource in template.resources.items()
        if resource["Type"] in KEPT
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": dict(template.parameters),
        "Conditions": dict(template.conditions),
        "Mappings": dict(template.mappings),
        "Resources": resources,
        "Outputs": _of_known(template, resources),
    }


def _of_known(template: Template, resources: Mapping[str, Any]) -> dict[str, Any]:
    """Give the outputs that tell of *resources* alone."""
    scope = template.scope()
    known = replace(scope, refs={**scope.refs, **dict.fromkeys(resources, "")})
    return {name: it for name, it in template.outputs.items() if _resolves(it, known)}


def _resolves(value: Any, scope: Scope) -> bool:  # noqa: ANN401
    try:
        resolve(value, scope)
    except Unresolvable:
        return False
    return True


def with_names(template: Template, made: Mapping[str, str], endpoint: str) -> Scope:
    """Give a scope in which `Ref` and `GetAtt` of the resources mean what was *made*."""
    scope = template.scope()
    refs, attributes = dict(scope.refs), dict(scope.attributes)
    for name, physical in made.items():
        kind = template.resources[name]["Type"]
        short = urlsplit(physical).path.rpartition("/")[2] if kind == QUEUE else physical
        # A queue's URL holds the port that MiniStack had when it was made.
        refs[name] = f"{endpoint}/{ACCOUNT}/{short}" if kind == QUEUE else physical
        for attribute, value in _attributes(kind, short).items():
            attributes[name, attribute] = value
    return replace(scope, refs=refs, attributes=attributes)


def queue_url(arn: str, endpoint: str) -> str:
    """Give the URL of a queue at the emulator."""
    return f"{endpoint}/{ACCOUNT}/{arn.rpartition(':')[2]}"


def _attributes(kind: str, name: str) -> dict[str, str]:
    if kind == TABLE:
        return {"Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"}
    if kind == QUEUE:
        return {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", "QueueName": name}
    return {"Arn": f"arn:aws:s3:::{name}"}


def _depending_only_on_data(resource: Mapping[str, Any], template: Template) -> dict[str, Any]:
    """Take policies out of `DependsOn`: who may do what is not asked on one machine."""
    said = resource.get("DependsOn", [])
    kept = [
        name
        for name in ([said] if isinstance(said, str) else said)
        if template.resources[name]["Type"] in KEPT
    ]
    others = {key: value for key, value in resource.items() if key != "DependsOn"}
    return others | ({"DependsOn": kept} if kept else {})


def _client(endpoint: str) -> Any:  # noqa: ANN401 - botocore makes its clients at run time
    return botocore.session.get_session().create_client(
        "cloudformation",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def _exists(client: Any) -> bool:  # noqa: ANN401
    try:
        client.describe_stacks(StackName=STACK)
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def _wait(client: Any) -> None:  # noqa: ANN401
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        status = client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.02)
    raise StackFailed(f"The template's tables, buckets and queues: {status}. {_reasons(client)}")


def _reasons(client: Any) -> str:  # noqa: ANN401
    events = client.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [it for it in events if it["ResourceStatus"].endswith("FAILED")]
    return " ".join(
        f"{it['LogicalResourceId']}: {it.get('ResourceStatusReason', '')}" for it in failed
    )
