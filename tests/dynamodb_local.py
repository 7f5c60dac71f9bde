"""DynamoDB Local beside the emulator: transactions that really conflict.

It listens on every interface and cannot be told otherwise, so it runs in a network namespace of
its own, where there is nothing but a loopback; whoever uses it has to be in there too. That is
what `command` is for: it runs the tests in one, with DYNAMODB_LOCAL set.

The jar is Amazon's, under its own licence, and never part of this repository: `make` fetches it
(`.venvs/ddblocal`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".venvs/ddblocal/emulator"
PORT = 8099


def missing() -> list[str]:
    """What this machine lacks to run it."""
    lacks = [name for name in ("java", "unshare", "ip") if shutil.which(name) is None]
    if not (FOLDER / "DynamoDBLocal.jar").exists():
        lacks.append("the jar (make .venvs/ddblocal/installed)")
    if not lacks and subprocess.run(namespace("true"), check=False, capture_output=True).returncode:
        lacks.append("the right to make a network namespace")
    return lacks


def namespace(*command: str) -> list[str]:
    """*command*, in a network namespace of its own that has a loopback and nothing else."""
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = 'ip link set lo up && exec "$@"'
    return ["unshare", *own, "--net", "sh", "-c", inside, "sh", *command]


def command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """How to run pytest with DynamoDB Local: the command and its environment."""
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return namespace(*pytest, *arguments), {**os.environ, "DYNAMODB_LOCAL": "1"}


def server(folder: Path | None = None) -> Server:
    """DynamoDB Local, with its data in *folder*, where it survives; without one in memory.

    Raises AssertionError outside of a namespace of its own.
    """
    interfaces = [name for _, name in socket.if_nameindex()]
    assert interfaces == ["lo"], f"DynamoDB Local would listen on {interfaces}: use command()"
    return Server(
        name="DynamoDB Local",
        url=f"http://127.0.0.1:{PORT}",
        command=[
            *("java", "-Xmx512m", f"-Djava.library.path={FOLDER / 'DynamoDBLocal_lib'}"),
            *("-jar", FOLDER / "DynamoDBLocal.jar", "-disableTelemetry", "-port", str(PORT)),
            *(["-inMemory"] if folder is None else ["-sharedDb", "-dbPath", folder]),
        ],
        answers=_answers,
        cwd=folder or FOLDER,  # it leaves a file where it runs
    )


def _answers() -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORT), 1):
        return True
    return False


@contextlib.contextmanager
def running() -> Iterator[str | None]:
    """Run it for as long as the block lasts, if DYNAMODB_LOCAL asks for it; answer its URL."""
    if not os.environ.get("DYNAMODB_LOCAL"):
        yield None
        return
    found = server()
    with found.running():
        yield found.url
