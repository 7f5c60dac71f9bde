"""A crowd at a local index: pages, unchanged pages, redirects and uploads, all at the same time.

Nothing may fail, every upload that was answered 200 must be listed, memory must stay flat.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks import functions
from benchmarks.emulators import ROOT, dump, moment
from benchmarks.functions import INSTALLER
from benchmarks.publishing import BOUNDARY, form, wheel

PROJECTS = 20
MIX = ("page", "page", "page", "unchanged", "unchanged", "file", "file", "file", "root")
UPLOAD_SHARE = 0.03


class Crowd:
    """Clients, what they got, and what they published."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.auth = httpx.BasicAuth("__token__", token)
        self.statuses: Counter[str] = Counter()
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.published: list[tuple[str, str]] = []
        self.tags: dict[str, str] = {}
        self.files: list[str] = []
        self._numbers = iter(range(1, 1_000_000))

    async def client(self, until: float) -> None:
        """Ask for one thing after the other until it is time to go."""
        async with httpx.AsyncClient(auth=self.auth, timeout=60) as http:
            while time.monotonic() < until:
                what = "upload" if random.random() < UPLOAD_SHARE else random.choice(MIX)
                started = time.monotonic()
                try:
                    status: object = await getattr(self, what)(http)
                except httpx.HTTPError as error:
                    status = type(error).__name__
                self.seconds[what].append(time.monotonic() - started)
                self.statuses[f"{what} {status}"] += 1

    async def page(self, http: httpx.AsyncClient) -> int:
        """Ask for a page."""
        name = f"crowd{random.randrange(PROJECTS)}"
        answer = await http.get(f"{self.url}/simple/{name}/", headers=INSTALLER)
        if answer.status_code == 200:
            self.tags[name] = answer.headers["etag"]
            self.files = [one["url"] for one in answer.json()["files"]] or self.files
        return answer.status_code

    async def unchanged(self, http: httpx.AsyncClient) -> int:
        """Ask for a page that is at hand; it may have changed since."""
        name = f"crowd{random.randrange(PROJECTS)}"
        headers = {**INSTALLER, "If-None-Match": self.tags.get(name, '"none"')}
        return (await http.get(f"{self.url}/simple/{name}/", headers=headers)).status_code

    async def file(self, http: httpx.AsyncClient) -> int:
        """Ask where a file is."""
        if not self.files:
            return await self.page(http)
        path = random.choice(self.files).removeprefix("../..")
        return (await http.get(f"{self.url}{path}", follow_redirects=False)).status_code

    async def root(self, http: httpx.AsyncClient) -> int:
        """Ask for the list of projects."""
        return (await http.get(f"{self.url}/simple/", headers=INSTALLER)).status_code

    async def upload(self, http: httpx.AsyncClient, name: str = "") -> int:
        """Publish a small wheel of its own version."""
        name = name or f"crowd{random.randrange(PROJECTS)}"
        version = f"1.{next(self._numbers)}"
        filename, content = wheel(name, version)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        body = form(name, version, filename, content)
        answer = await http.post(f"{self.url}/legacy/", content=body, headers=kind)
        if answer.status_code == 200:
            self.published.append((name, filename))
        return answer.status_code

    async def lost(self) -> list[str]:
        """Find what was published and is not listed."""
        listed: set[str] = set()
        async with httpx.AsyncClient(auth=self.auth, timeout=60) as http:
            for name in {name for name, _ in self.published}:
                answer = await http.get(f"{self.url}/simple/{name}/", headers=INSTALLER)
                listed.update(one["filename"] for one in answer.json()["files"])
        return [filename for _, filename in self.published if filename not in listed]


def megabytes(pid: int) -> float:
    """Proportional memory of a process and its descendants."""
    found, total = [pid], 0
    for one in found:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{one}/task/{one}/children").read_text()
            found.extend(int(child) for child in children.split())
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += next(int(x.split()[1]) for x in text.splitlines() if x.startswith("Pss:"))
    return total / 1024


def spread(seconds: list[float]) -> list[float]:
    """Median, 99th percentile and longest of some times, in seconds."""
    found = sorted(seconds)
    late = found[min(len(found) - 1, int(len(found) * 0.99))]
    return [round(one, 2) for one in (median(found), late, found[-1])]


async def crowd(facts: dict[str, Any], clients: int, seconds: float, pid: int) -> dict[str, Any]:
    """Let the clients in, and watch the memory."""
    made = Crowd(facts["index_url"].removesuffix("/simple/"), facts["token"])
    async with httpx.AsyncClient(auth=made.auth, timeout=60) as http:
        for number in range(PROJECTS):
            await made.upload(http, f"crowd{number}")
    until = time.monotonic() + seconds
    tasks = [asyncio.create_task(made.client(until)) for _ in range(clients)]
    memory = []
    while time.monotonic() < until:
        await asyncio.sleep(seconds / 12)
        memory.append(round(megabytes(pid)))
    await asyncio.gather(*tasks)
    return {
        "clients": clients,
        "seconds": seconds,
        "answers": dict(sorted(made.statuses.items())),
        "times": {what: spread(found) for what, found in sorted(made.seconds.items())},
        "published": len(made.published),
        "lost": await made.lost(),
        "megabytes": memory,
    }


def main() -> int:
    """Start a local index, crowd it, and say what happened; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    state = functions.temporary(f"load-{os.getpid()}")
    command = [str(ROOT / ".venvs/run/bin/python"), "-m", "local", "--port=0", f"--state={state}"]
    started = moment()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        facts = wait(state / "local.json", process)
        result = asyncio.run(crowd(facts, options.clients, options.seconds, process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    print(json.dumps(result, indent=2))
    dump(functions.temporary("load.json"), {**started, **result})
    good = {"200", "302", "304"}
    failed = [answer for answer in result["answers"] if answer.split()[1] not in good]
    return 1 if failed or result["lost"] else 0


def wait(path: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait until the index has said where it is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            facts: dict[str, Any] = json.loads(path.read_text())
            return facts
        time.sleep(0.1)
    raise RuntimeError("the local index does not start")


if __name__ == "__main__":
    sys.exit(main())
