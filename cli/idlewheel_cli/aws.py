"""AWS, for who owns the account: which one, what a stack is made of, its errors in our words."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idlewheel_cli.failures import CredentialsWanted, Failure, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

StackOption = Annotated[str, typer.Option("--stack", help="The CloudFormation stack.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Its AWS region.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="The AWS profile to use.")]
LocalOption = Annotated[
    Path | None,
    typer.Option(
        "--local",
        metavar="FOLDER",
        help="A local index that runs, by its data folder ('.idlewheel'), instead of AWS.",
    ),
]

EXTRA = "pip install 'idlewheel[aws]'"


class ExtraWanted(Failure):
    """What speaks to AWS is not installed."""


@contextmanager
def extra() -> Iterator[None]:
    """Import what only the extra brings. Raises ExtraWanted, which names it."""
    try:
        yield
    except ImportError as error:
        raise ExtraWanted(f"{error.name or 'what this needs'} is not installed: {EXTRA}") from None


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account in a region, or an emulator."""

    session: Any
    region: str
    stack: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its clients at run time
        """Open a client."""
        return self.session.create_client(service, region_name=self.region)

    def outputs(self) -> dict[str, str]:
        """What the stack tells of itself."""
        described = self.client("cloudformation").describe_stacks(StackName=self.stack)
        found = described["Stacks"][0].get("Outputs", ())
        return {it["OutputKey"]: it["OutputValue"] for it in found}

    def output(self, name: str) -> str:
        """Answer one output. Raises Failure where the stack is no Idlewheel."""
        outputs = self.outputs()
        if name not in outputs:
            raise Failure(f"the stack '{self.stack}' is no Idlewheel: it has no output {name}")
        return outputs[name]

    def resource(self, name: str) -> str:
        """Answer the physical id of one resource."""
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=name
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


@contextmanager
def account(
    stack: str, *, region: str | None, profile: str | None, local: Path | None = None
) -> Iterator[Account]:
    """Be in an account: in its environment, its errors told as ours.

    Raises:
        CredentialsWanted: nobody is logged in to AWS.
        Unreachable: AWS did not answer, or could not.
        Failure: what is asked for is not there, botocore is not, or no region is known.

    """
    with extra():
        from botocore.session import Session  # noqa: PLC0415 - optional
    with _environment(_facts(local) if local else {"AWS_PROFILE": profile}), _told():
        session = Session()
        found = region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        if not found:
            raise Failure("which AWS region? Give --region, or set AWS_REGION")
        yield Account(session, found, stack)


def _facts(local: Path) -> dict[str, str | None]:
    """Read how the emulator of a local index is reached."""
    path = local / "local.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))["aws"]
    except (OSError, ValueError, KeyError):
        raise Failure(
            f"no local index runs on {local}: {path} does not say how to reach it"
        ) from None
    return {str(name): str(value) for name, value in said.items()}


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, which botocore and pynamodb read, for as long as the block lasts."""
    wanted = {name: value for name, value in changes.items() if value is not None}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_MISSING = {"ResourceNotFoundException", "NoSuchBucket", "QueueDoesNotExist", "ValidationError"}
"""Codes of what will not be there the next time either; the last is CloudFormation's."""


@contextmanager
def _told() -> Iterator[None]:
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        ProfileNotFound,
    )

    try:
        yield
    except (NoCredentialsError, ProfileNotFound) as error:
        raise CredentialsWanted(f"{error}; log in to AWS first") from error
    except ClientError as error:
        code = error.response["Error"]["Code"].rpartition(".")[2]
        kind = Failure if code in _MISSING else Unreachable
        raise kind(f"AWS: {error}") from error
    except BotoCoreError as error:
        raise Unreachable(f"AWS: {error}") from error
