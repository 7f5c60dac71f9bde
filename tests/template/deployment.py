"""A real ``sam build`` and ``sam deploy``, into an AWS that runs on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from tests.emulator import free_port
from tests.template.translation import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REGION = "eu-west-1"
STACK = "idlewheel"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
SECONDS_TO_START = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running emulator that takes SAM templates."""

    url: str

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def resources(self) -> dict[str, str]:
        """The physical id of each resource of the stack."""
        found = self.client("cloudformation").describe_stack_resources(StackName=STACK)
        return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found["StackResources"]}

    def outputs(self) -> dict[str, str]:
        """What the stack tells."""
        [stack] = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask the deployed API; *url* is one of its own, whose host is nobody's."""
        host, _, path = url.removeprefix("https://").partition("/")
        request = urllib.request.Request(f"{self.url}/{path}", body, headers, method=method)
        request.add_header("Host", host.replace(f"{REGION}.amazonaws.com", "localhost"))
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Leave redirects to who asked."""


@contextlib.contextmanager
def cloud(programs: Path, folder: Path) -> Iterator[Cloud]:
    """Run the emulator of the environment *programs* on loopback; it forgets all at its end."""
    port = free_port()
    log = folder / "ministack.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": REGION,
        **CREDENTIALS,
    }
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [programs / "ministack"], env=environment, stdout=stream, stderr=stream
        )
    try:
        _wait(f"http://127.0.0.1:{port}/_ministack/health", process)
        yield Cloud(f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, "the emulator ended at once"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError("the emulator does not answer")


def build(sam: Path, target: Path) -> str:
    """Build the template into *target*; answer what sam said."""
    return _run(
        [sam, "build", "--build-dir", target, "--cache-dir", target.with_name("cache")],
        {"UV": str(ROOT / ".venv/bin/uv")},
    )


def deploy(sam: Path, built: Path, to: Cloud, *overrides: str) -> str:
    """Deploy what was built, with the options of samconfig.toml; answer what sam said."""
    return _run(
        [
            *(sam, "deploy", "--no-confirm-changeset"),
            *("--config-file", ROOT / "samconfig.toml"),
            *("--template-file", built / "template.yaml"),
            *(("--parameter-overrides", *overrides) if overrides else ()),
        ],
        {"AWS_ENDPOINT_URL": to.url, **CREDENTIALS},
    )


def _run(command: list[str | Path], more: Mapping[str, str]) -> str:
    """Run sam, knowing nothing of the AWS accounts of who runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    bundle = {name: v for name, v in os.environ.items() if name == "AWS_CA_BUNDLE"}
    environment = {**own, **bundle, "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0", **more}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def invoke(to: Cloud, function: str, event: object) -> Any:
    """Invoke a deployed function with AWS credentials."""
    answer = to.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return json.load(answer["Payload"])
