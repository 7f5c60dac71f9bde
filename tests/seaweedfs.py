"""SeaweedFS beside the emulator: an S3 that checks signatures, checksums and conditions.

It starts if SEAWEEDFS is set, on loopback only, on a folder of its own.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

WEED = Path(__file__).parent.parent / ".venvs/seaweed/bin/weed"


def missing() -> list[str]:
    """What this machine lacks to run it."""
    return [] if WEED.exists() else ["SeaweedFS (make .venvs/seaweed/installed)"]


def server(folder: Path, key: str = "test") -> Server:
    """SeaweedFS with its data in *folder*, where it survives; *key* is its secret, too."""
    ports = {name: free_port() for name in ("s3", "master", "volume", "filer")}
    url = f"http://127.0.0.1:{ports['s3']}"
    return Server(
        name="SeaweedFS",
        url=url,
        command=[
            *(WEED, "mini", f"-dir={folder}", *LOOPBACK, *WITHOUT),
            *(f"-{name}.port={port}" for name, port in ports.items()),
        ],
        answers=lambda: _answers(url, key),
        environment={"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": key},
        cwd=folder,
    )


@contextlib.contextmanager
def running() -> Iterator[str | None]:
    """Run it for as long as the block lasts, if SEAWEEDFS asks for it; answer its URL."""
    if not os.environ.get("SEAWEEDFS"):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="seaweed-") as folder:
        found = server(Path(folder))
        with found.running():
            yield found.url


LOOPBACK = ("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-admin.ui=false", "-webdav=false")
WITHOUT = ("-s3.port.iceberg=0", "-s3.port.lance=0")


def free_port() -> int:
    """A port that nobody listens on now, nor on the one for gRPC, ten thousand above."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 50_000:
            return port


def _answers(url: str, key: str) -> bool:
    """Whether a whole round succeeds: a bucket that takes an object and gives it back."""
    s3 = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key=key,
        config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}),
    )
    with contextlib.suppress(BotoCoreError, ClientError):
        with contextlib.suppress(ClientError):  # it is there
            s3.create_bucket(Bucket="ready")
        s3.put_object(Bucket="ready", Key="x", Body=b"x")
        s3.get_object(Bucket="ready", Key="x")
        return True
    return False
