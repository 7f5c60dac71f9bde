"""What the tests of the local index share: a small system, requests to it, and its processes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.localindex import LocalIndex

TEMPLATE = Path(__file__).with_name("localapp") / "template.yaml"


def do(index: LocalIndex, what: str, method: str = "GET", **query: Any) -> httpx.Response:
    """Ask the handler `index` of the small system to do something."""
    content = query.pop("content", b"")
    headers = {"Authorization": query.pop("authorization", "let me in")}
    url = f"{index.url}/{what}" if what == "hasty" else f"{index.url}/do/{what}"
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.request(method, url, params=query, headers=headers, content=content)


def processes_of(state: Path) -> list[int]:
    """The processes that have *state* in their environment: all but the gateway itself."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if str(state) in _environment(pid)]


def ends(pid: int, seconds: float = 10.0) -> bool:
    """Wait for a process to end, and say whether it has."""
    deadline = time.monotonic() + seconds
    while _environment(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _environment(pid)


def json_of(path: Path) -> Any:
    """What a JSON file holds."""
    return json.loads(path.read_text())


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
