"""The emulated AWS that benchmarks run on: DynamoDB Local, whose capacity units are right, and S3.

Both are reached on this machine only. DynamoDB Local listens on every interface and has no option
against it, so benchmarks run in a network namespace of their own (`make bench` makes it).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SIMULATOR = ROOT / ".venvs/ddblocal/emulator"
REGION = "eu-west-1"
SECONDS_TO_START = 60
SCHEDULED = 2
"""CPUCLOCK_SCHED of Linux: the time that the scheduler gave."""


class Missing(Exception):
    """Something that a benchmark runs on is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Emulated:
    """AWS at two addresses."""

    dynamodb: str
    s3: str
    pids: dict[str, int]

    def environment(self) -> dict[str, str]:
        """What a function's process is given to reach them."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb,
            "AWS_ENDPOINT_URL_S3": self.s3,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_alone() -> bool:
    """Say whether this process sees the loopback interface and no other."""
    return {name for _, name in socket.if_nameindex()} == {"lo"}


def simulator() -> Path:
    """Find DynamoDB Local."""
    if (SIMULATOR / "DynamoDBLocal.jar").exists():
        return SIMULATOR
    raise Missing("DynamoDB Local is not there: run `make bench`, which fetches it")


@contextlib.contextmanager
def emulated() -> Iterator[Emulated]:
    """Start both, empty; they forget everything at the end."""
    if not is_alone():
        raise Missing("run this by `make bench`: it needs a network namespace of its own")
    with _dynamodb() as (dynamodb, first), _s3() as (s3, second):
        yield Emulated(dynamodb, s3, {"dynamodb": first, "s3": second})


@contextlib.contextmanager
def _dynamodb() -> Iterator[tuple[str, int]]:
    folder, port = simulator(), free_port()
    java = shutil.which("java")
    if java is None:
        raise Missing("DynamoDB Local needs Java")
    command = [
        *(java, "-Xmx1g", f"-Djava.library.path={folder}/DynamoDBLocal_lib"),
        *("-jar", str(folder / "DynamoDBLocal.jar")),
        *("-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)),
    ]
    with _running(command, {}, f"http://127.0.0.1:{port}") as process:
        yield f"http://127.0.0.1:{port}", process.pid


@contextlib.contextmanager
def _s3() -> Iterator[tuple[str, int]]:
    port = free_port()
    command = [str(ROOT / ".venvs/aws/bin/ministack")]
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0"}
    with _running(command, environment, f"http://127.0.0.1:{port}") as process:
        yield f"http://127.0.0.1:{port}", process.pid


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], url: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(url, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Missing(f"{process.args!r} stopped at once")
        with contextlib.suppress(ConnectionError, TimeoutError, urllib.error.URLError):
            with contextlib.suppress(urllib.error.HTTPError):  # an answer is an answer
                urllib.request.urlopen(url, timeout=1).close()
            return
        time.sleep(0.05)
    raise Missing(f"nothing answers at {url}")


def cpu_of(pid: int) -> float:
    """CPU milliseconds, user and system, of all threads that a process has had so far.

    /proc/PID/stat tells them in steps of ten milliseconds. The clock that clock_getcpuclockid(3)
    names for a process (Linux: its number inverted, then the kind of clock) tells nanoseconds.
    """
    return time.clock_gettime_ns((~pid << 3) | SCHEDULED) / 1e6


def moment() -> dict[str, object]:
    """Say when something is measured, and how busy the machine is with other work before it."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"at": at, "load": os.getloadavg()[0]}


def dump(path: Path, document: object) -> None:
    """Write a result, readable and in a stable order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")
