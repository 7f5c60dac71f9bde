"""`idlewheel bootstrap`: the first token, for whoever owns the AWS account."""

from __future__ import annotations

import json
import shlex
from typing import Annotated, Any

import typer

from idlewheel_cli import vault
from idlewheel_cli.config import Config
from idlewheel_cli.failures import CredentialsWanted, Failure, Unreachable
from idlewheel_cli.index import Index
from idlewheel_cli.options import JsonOption, say, say_json

Stack = Annotated[str, typer.Option("--stack", help="The CloudFormation stack.")]
Region = Annotated[str | None, typer.Option("--region", help="Its AWS region.")]
Profile = Annotated[str | None, typer.Option("--profile", help="The AWS profile to use.")]
Principal = Annotated[str, typer.Option("--for", "-f", help="Who will use the token.")]
Days = Annotated[float, typer.Option("--days", "-d", help="How long it is good; 30 at most.")]
Name = Annotated[str | None, typer.Option("--name", help="What to call the index.")]

SCOPES = ("admin:*", "read:*", "publish:*", "yank:*")


def bootstrap(
    stack: Stack = "idlewheel",
    region: Region = None,
    profile: Profile = None,
    principal: Principal = "owner",
    days: Days = 1,
    name: Name = None,
    as_json: JsonOption = False,
) -> None:
    """Make the first admin token with AWS credentials, and log in with it.

    Needs cloudformation:DescribeStacks, cloudformation:DescribeStackResource and
    lambda:InvokeFunction. Where botocore is not installed, prints the aws commands instead.

    Example:

      idlewheel bootstrap --stack idlewheel --region eu-west-1

    """
    wish = {"kind": "admin", "principal": principal, "scopes": list(SCOPES), "days": days}
    connect = _connector(profile, region)
    if connect is None:
        raise Failure(f"botocore is not installed ('pip install botocore'). {by_hand(stack, wish)}")
    url, made = _make(connect, stack, wish)
    index = Index.of(url)
    place = vault.save(index, str(made["token"]))
    config = Config.load()
    config.add(name or index.host, index)
    config.save()
    if as_json:
        say_json({"index": index.base, **made})
        return
    say(f"logged in to {index.base} as {principal}, until {made['expires_at']}")
    say(f"the token is in {place}; make others with 'idlewheel token create'")


def by_hand(stack: str, wish: dict[str, Any]) -> str:
    """Write the commands that do the same with the AWS command line."""
    name = shlex.quote(stack)
    payload = shlex.quote(json.dumps({"issue": wish}))
    return f"""With the AWS command line:

  aws cloudformation describe-stacks --stack-name {name} --query 'Stacks[0].Outputs'
  aws lambda invoke --function-name "$(aws cloudformation describe-stack-resource \\
    --stack-name {name} --logical-resource-id ManageFunction \\
    --query StackResourceDetail.PhysicalResourceId --output text)" \\
    --cli-binary-format raw-in-base64-out --payload {payload} /dev/stdout

Then: idlewheel login IndexUrl"""


def _connector(profile: str | None, region: str | None) -> Any:  # noqa: ANN401
    """Answer what opens a client by the name of its service; None without botocore."""
    try:
        from botocore.session import Session  # noqa: PLC0415 - optional
    except ImportError:
        return None
    session = Session(profile=profile)
    return lambda service: session.create_client(service, region_name=region)


def _make(connect: Any, stack: str, wish: dict[str, Any]) -> tuple[str, dict[str, Any]]:  # noqa: ANN401
    """Find the index of the stack and have its function make a token."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError  # noqa: PLC0415

    try:
        formation = connect("cloudformation")
        described = formation.describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {it["OutputKey"]: it["OutputValue"] for it in described.get("Outputs", ())}
        function = formation.describe_stack_resource(
            StackName=stack, LogicalResourceId="ManageFunction"
        )["StackResourceDetail"]["PhysicalResourceId"]
        payload = json.dumps({"issue": wish}).encode()
        answer = connect("lambda").invoke(FunctionName=function, Payload=payload)
    except NoCredentialsError as error:
        raise CredentialsWanted(f"{error}; log in to AWS first") from error
    except (BotoCoreError, ClientError) as error:
        raise Unreachable(f"AWS: {error}") from error
    if "IndexUrl" not in outputs:
        raise Failure(f"the stack '{stack}' is no Idlewheel: it has no output IndexUrl")
    return outputs["IndexUrl"], _token(json.loads(answer["Payload"].read()))


def _token(said: dict[str, Any]) -> dict[str, Any]:
    if "token" not in said:
        problems = "; ".join(it["message"] for it in said.get("problems", ()))
        raise Failure(f"the index made no token: {problems or json.dumps(said)}")
    return said
