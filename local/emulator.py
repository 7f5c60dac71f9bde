"""MiniStack: DynamoDB, S3 and SQS on a loopback port, a process of its own.

It writes its tables when it stops, so it is always asked to stop, never just ended; see `keeper`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import IO

from local.processes import Identity
from local.template import REGION

REPOSITORY = Path(__file__).resolve().parent.parent
PYTHON = REPOSITORY / ".venvs" / "aws" / "bin" / "python"
_KEEPER = Path(__file__).with_name("keeper.py")
_SECONDS_TO_START = 30.0
_SECONDS_TO_STOP = 20.0
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
"""What functions sign with, and what MiniStack checks presigned URLs against."""


class EmulatorFailed(Exception):
    """MiniStack did not come up."""


class Emulator:
    """A running MiniStack."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self._log = log
        self.endpoint = f"http://127.0.0.1:{port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Say whether it still runs."""
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        """Wait until it answers. Raises EmulatorFailed."""
        deadline = time.monotonic() + _SECONDS_TO_START
        while not _answers(f"{self.endpoint}/_ministack/health"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise EmulatorFailed(f"MiniStack did not start; {self._log} says why.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Let it write its data and end."""
        with self._process as process:  # which closes its standard input
            process.terminate()
            try:
                process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()


def start(state: Path) -> Emulator:
    """Start MiniStack with its data under *state*, after what an earlier run may have left."""
    folder = state / "aws"
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "process.json"
    port = _free_port(_stop_left_over(record))
    log = state / "logs" / "aws.log"
    with log.open("ab") as stream:
        process = _spawn(folder, port, stream)
    identity = Identity.of(process.pid)
    emulator = Emulator(process, port, log)
    known = identity.to_json() if identity else {}
    record.write_text(json.dumps({"port": port, "endpoint": emulator.endpoint, **known}))
    return emulator


def _spawn(folder: Path, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        "PATH": os.defpath,
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # its own default is every interface
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "LOG_LEVEL": "ERROR",
        **CREDENTIALS,
    }
    return subprocess.Popen(
        [str(PYTHON), "-P", str(_KEEPER)],
        env=environment,
        stdin=subprocess.PIPE,  # its end tells that we are gone
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C is for us, who then ask it to stop
    )


def _stop_left_over(record: Path) -> int | None:
    """Stop the MiniStack of a run that was killed, and give the port it had."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        written = json.loads(record.read_text())
        Identity.from_json(written).stop(_SECONDS_TO_STOP)
        return int(written["port"])
    return None


def _free_port(wanted: int | None) -> int:
    """Give a free port, the *wanted* one if it is free: presigned URLs then outlive a restart."""
    for port in (wanted or 0, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise EmulatorFailed("no port of 127.0.0.1 is free")


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
