"""A local index for tests: `python -m local` on a free port and a folder of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SECONDS_TO_START = 60
SECONDS_TO_STOP = 40


@dataclass(frozen=True, slots=True)
class LocalIndex:
    """A running local index: what its local.json says, and its process."""

    index_url: str
    upload_url: str
    json_url: str
    manage_url: str
    token: str
    admin_token: str
    pids: dict[str, int]
    aws: dict[str, str]
    state: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return self.index_url.removesuffix("/simple/")

    @property
    def index_url_with_token(self) -> str:
        """What pip and uv take as index URL."""
        return self.index_url.replace("://", f"://__token__:{self.token}@")

    def log(self, name: str) -> str:
        """The log of a function, of `gateway` or of `aws`."""
        return (self.state / "logs" / f"{name}.log").read_text()

    def stop(self) -> int:
        """Stop it as a service manager does; give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS_TO_STOP)

    def kill(self) -> None:
        """End the gateway without a chance to clean up."""
        self.process.kill()
        self.process.wait(SECONDS_TO_STOP)


def start(state: Path, *, port: int = 0, template: Path = ROOT / "template.yaml") -> LocalIndex:
    """Start a local index on *state* and wait until it answers; port 0 is a free one."""
    process = spawn(state, port=port, template=template)
    try:
        facts = _wait(process, state / "local.json")
    except BaseException:
        process.kill()
        raise
    return LocalIndex(**facts, state=state, process=process)


def spawn(
    state: Path, *, port: int = 0, template: Path = ROOT / "template.yaml"
) -> subprocess.Popen[str]:
    """Start the process and wait for nothing. What it prints goes to *state*.out."""
    with state.with_suffix(".out").open("a") as output:
        return subprocess.Popen(
            [
                sys.executable,
                *("-m", "local"),
                *(f"--port={port}", f"--state={state}", f"--template={template}"),
            ],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if "AWS" not in name},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )


@contextlib.contextmanager
def local_index(state: Path, *, template: Path = ROOT / "template.yaml") -> Iterator[LocalIndex]:
    """Run a local index for as long as the block lasts."""
    running = start(state, template=template)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def _wait(process: subprocess.Popen[str], path: Path) -> dict[str, Any]:
    """Give the facts of this very process: a killed one may have left its own behind."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            facts: dict[str, Any] = json.loads(path.read_text())
            if facts["pids"]["gateway"] == process.pid:
                return facts
        output = path.parent.with_suffix(".out").read_text()
        assert process.poll() is None, f"the local index stopped at once: {output}"
        time.sleep(0.02)
    raise AssertionError(f"no local index after {SECONDS_TO_START} s")
