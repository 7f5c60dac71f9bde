"""MiniStack for tests: AWS at an address of this machine, with the template's resources."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tests import dynamodb_local, seaweedfs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
MINISTACK = ROOT / ".venvs/aws/bin/ministack"
REGION = "eu-west-1"
SECONDS_TO_START = 30


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator."""

    url: str
    dynamodb: str | None = None
    """Where DynamoDB is, if it is another's."""
    s3: str | None = None
    """Where S3 is, if it is another's."""
    key: str = "test"
    """Access key and secret, both."""
    region: str = REGION

    @property
    def bucket_url(self) -> str:
        """Where the buckets are."""
        return self.s3 or self.url

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""
        own = {"dynamodb": self.dynamodb, "s3": self.s3}.get(service)
        return boto3.client(
            service,
            endpoint_url=own or self.url,
            region_name=self.region,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.key,
            config=Config(signature_version="s3v4") if service == "s3" else None,
        )

    def environment(self) -> dict[str, str]:
        """What a function's process is given to reach it."""
        own = {"AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb, "AWS_ENDPOINT_URL_S3": self.s3}
        return {name: url for name, url in own.items() if url} | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.key,
        }


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def emulator() -> Iterator[Emulator]:
    """Start an emulator that forgets everything at its end."""
    port = free_port()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
    }
    process = subprocess.Popen(
        [MINISTACK],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        with dynamodb_local.running() as dynamodb, seaweedfs.running() as s3:
            yield Emulator(url, dynamodb, s3)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS_TO_START)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, "the emulator stopped at once; run `make test`"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError(f"no emulator at {url} after {SECONDS_TO_START} s")


def make_index_table(emulator: Emulator, name: str) -> None:
    """Make a table as template.yaml declares IndexTable."""
    emulator.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "revision", "AttributeType": "N"},
        ],
        KeySchema=_KEYS,
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-revision",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "revision", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def make_access_table(emulator: Emulator, name: str) -> None:
    """Make a table as template.yaml declares AccessTable."""
    emulator.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=_KEYS,
    )


_KEYS = [
    {"AttributeName": "pk", "KeyType": "HASH"},
    {"AttributeName": "sk", "KeyType": "RANGE"},
]


def make_bucket(emulator: Emulator, name: str) -> None:
    """Make a versioned bucket."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
