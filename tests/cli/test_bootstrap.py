"""The first token, through AWS as a scripted server plays it, or by hand."""

from __future__ import annotations

import builtins
import json
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel_cli import serve, vault
from idlewheel_cli.bootstrap import by_hand
from idlewheel_cli.config import Config
from idlewheel_cli.index import Index
from tests.cli.scripted import Answer, Server, serving
from tests.localindex import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Said

INDEX = Index("https://abc.example/prod")
MADE = {"token": "iw_a_x", "id": "x", "expires_at": "2026-12-01T00:00:00+00:00"}


def stacks(*outputs: tuple[str, str]) -> Answer:
    members = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
        for key, value in outputs
    )
    return Answer(
        200,
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
        f"<Outputs>{members}</Outputs></member></Stacks>"
        "</DescribeStacksResult></DescribeStacksResponse>",
    )


STACK = stacks(("IndexUrl", INDEX.simple))
RESOURCE = Answer(
    200,
    "<DescribeStackResourceResponse><DescribeStackResourceResult><StackResourceDetail>"
    "<PhysicalResourceId>manage-123</PhysicalResourceId>"
    "</StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>",
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(STACK, RESOURCE, Answer(200, MADE)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        yield server


def test_the_owner_of_the_account_gets_a_token_and_is_logged_in(
    cli: Callable[..., Said], aws: Server
) -> None:
    said = cli("bootstrap", "--stack", "pkgs", "--region", "eu-west-1", "--for", "ann")

    wish = json.loads(aws.asked[2][3])["issue"]
    assert said.code == 0, said.err
    assert (wish["kind"], wish["principal"], wish["days"]) == ("admin", "ann", 1)
    assert b"StackName=pkgs" in aws.asked[0][3]
    assert aws.lines[2] == "POST /2015-03-31/functions/manage-123/invocations"
    assert vault.load(INDEX) == "iw_a_x"
    assert Config.load().usual() == INDEX


def test_programs_get_the_token_itself(cli: Callable[..., Said], aws: Server) -> None:
    said = cli("bootstrap", "--region", "eu-west-1", "--json").json()

    assert (said["index"], said["token"]) == (INDEX.base, "iw_a_x")


def test_a_wish_that_the_index_refuses_is_told(cli: Callable[..., Said], aws: Server) -> None:
    problems = [{"code": "invalid-expiry", "message": "too long"}]
    aws.answers[2] = Answer(200, {"error": "rejected", "problems": problems})

    said = cli("bootstrap", "--region", "eu-west-1")

    assert (said.code, said.err) == (1, "error: the index made no token: too long\n")


def test_another_stack_is_no_index(cli: Callable[..., Said], aws: Server) -> None:
    aws.answers[0] = stacks(("Other", "x"))

    assert "has no output IndexUrl" in cli("bootstrap", "--region", "eu-west-1").err


def test_what_aws_says_is_told(cli: Callable[..., Said], aws: Server) -> None:
    aws.answers[0] = Answer(
        403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    )

    said = cli("bootstrap", "--region", "eu-west-1")

    assert said.code == 4
    assert "AccessDenied" in said.err


def test_without_botocore_the_commands_are_printed(
    cli: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("botocore"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)

    said = cli("bootstrap", "--stack", "my pkgs")

    assert said.code == 1
    assert "--stack-name 'my pkgs'" in said.err
    assert "aws lambda invoke" in said.err


def test_the_commands_carry_the_wish() -> None:
    assert '\'{"issue": {"kind": "admin"}}\'' in by_hand("x", {"kind": "admin"})


def test_the_local_index_is_started_in_the_checkout(
    cli: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.chdir(ROOT / "tests")
    monkeypatch.setattr("os.execv", lambda path, arguments: started.append(arguments))
    monkeypatch.setattr("os.chdir", started.append)

    said = cli("serve", "--port", "8123")

    assert said.code == 0, said.err
    assert started == [ROOT, ["make", "run", "PORT=8123"]]


def test_elsewhere_it_says_what_it_needs(cli: Callable[..., Said], tmp_path: Path) -> None:
    said = cli("serve", "--checkout", str(tmp_path))

    assert said.code == 1
    assert "runs from a checkout" in said.err
    assert serve.find_checkout(tmp_path) is None
