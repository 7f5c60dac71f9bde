"""SeaweedFS beside the emulator: an S3 that checks signatures, checksums and conditions.

It starts if SEAWEEDFS is set, on loopback only, on a folder of its own.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

WEED = Path(__file__).parent.parent / ".venvs/seaweed/bin/weed"
SECONDS_TO_START = 60


def missing() -> list[str]:
    """What this machine lacks to run it."""
    return [] if WEED.exists() else ["SeaweedFS (make .venvs/seaweed/installed)"]


@contextlib.contextmanager
def running() -> Iterator[str | None]:
    """Run it for as long as the block lasts, if SEAWEEDFS asks for it; answer its URL."""
    if not os.environ.get("SEAWEEDFS"):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="seaweed-") as folder:
        ports = {name: free_port() for name in ("s3", "master", "volume", "filer")}
        process = subprocess.Popen(
            [
                WEED,
                "mini",
                f"-dir={folder}",
                *LOOPBACK,
                *(f"-{n}.port={p}" for n, p in ports.items()),
            ],
            env={**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{ports['s3']}"
            _wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(20)


LOOPBACK = ("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false", "-webdav=false")


def free_port() -> int:
    """A port that nobody listens on now, nor on the one for gRPC, ten thousand above."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 50_000:
            return port


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for a whole round: a bucket that takes an object and gives it back."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    s3 = boto3.client("s3", endpoint_url=url, region_name="eu-west-1", **keys)
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, "SeaweedFS stopped at once"
        with contextlib.suppress(BotoCoreError, ClientError):
            with contextlib.suppress(s3.exceptions.BucketAlreadyExists):
                s3.create_bucket(Bucket="ready")
            s3.put_object(Bucket="ready", Key="x", Body=b"x")
            s3.get_object(Bucket="ready", Key="x")
            return
        time.sleep(0.3)
    raise AssertionError(f"no SeaweedFS after {SECONDS_TO_START} s")
