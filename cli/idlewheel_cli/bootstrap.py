"""`idlewheel bootstrap`: the first token, for whoever owns the AWS account."""

from __future__ import annotations

import json
import shlex
from typing import Annotated, Any

import typer

from idlewheel_cli import aws, vault
from idlewheel_cli.aws import ProfileOption, RegionOption, StackOption
from idlewheel_cli.config import Config
from idlewheel_cli.failures import Failure
from idlewheel_cli.index import Index
from idlewheel_cli.options import JsonOption, say, say_json

Principal = Annotated[str, typer.Option("--for", "-f", help="Who will use the token.")]
Days = Annotated[float, typer.Option("--days", "-d", help="How long it is good; 30 at most.")]
Name = Annotated[str | None, typer.Option("--name", help="What to call the index.")]

SCOPES = ("admin:*", "read:*", "publish:*", "yank:*")


def bootstrap(
    stack: StackOption = "idlewheel",
    region: RegionOption = None,
    profile: ProfileOption = None,
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
    try:
        with aws.account(stack, region=region, profile=profile) as account:
            url, made = _make(account, wish)
    except aws.ExtraWanted as missing:
        raise Failure(f"{missing}. {by_hand(stack, wish)}") from None
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


def _make(account: aws.Account, wish: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Find the index of the stack and have its function make a token."""
    url = account.output("IndexUrl")
    function = account.resource("ManageFunction")
    payload = json.dumps({"issue": wish}).encode()
    answer = account.client("lambda").invoke(FunctionName=function, Payload=payload)
    return url, _token(json.loads(answer["Payload"].read()))


def _token(said: dict[str, Any]) -> dict[str, Any]:
    if "token" not in said:
        problems = "; ".join(it["message"] for it in said.get("problems", ()))
        raise Failure(f"the index made no token: {problems or json.dumps(said)}")
    return said
