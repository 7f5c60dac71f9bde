"""Sixty packages resolved by the real pip and the real uv: what our functions' processes take.

They are published to a local index first. CPU is that of the processes of each function, the one
that imports the handler and the workers it forks; the gateway and the emulated AWS are apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks import functions
from benchmarks.emulators import ROOT, cpu_of, dump, moment
from benchmarks.load import wait
from benchmarks.peers import tree
from benchmarks.publishing import BOUNDARY, form, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES, VERSIONS = 60, 8
CAPPED = range(2, PACKAGES, 9)
"""Packages whose newest version is excluded by one that is met later: the client turns back."""
LEAST = 0.5
"""CPU milliseconds; who has taken less waited for work and got none."""
SHOWN = {1: "first", 2: "second", 3: "third", 8: "eighth"}
"""Which times are told. uv asks in parallel: each of many instances has to see every page once."""
SETTLED = 3
"""Seconds after which nothing is left to do for what was published."""


def requirements(number: int) -> list[str]:
    """What a package asks for: two more, as in a binary tree; some cap their neighbour."""
    wanted = [child for child in (2 * number + 1, 2 * number + 2) if child < PACKAGES]
    caps = [f"tree{one}<1.{VERSIONS - 1}" for one in CAPPED if number == one + 1]
    return [f"tree{child}" for child in wanted] + caps


def publish(facts: dict[str, Any]) -> None:
    """Upload every version of every package, four at a time."""

    def one(number: int, version: str) -> None:
        name = f"tree{number}"
        filename, content = wheel(name, version, requirements(number))
        answer = http.post(
            facts["upload_url"],
            content=form(name, version, filename, content),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        )
        if answer.status_code != 200:
            raise RuntimeError(f"{filename}: {answer.status_code} {answer.text}")

    auth = httpx.BasicAuth("__token__", facts["token"])
    with (
        httpx.Client(auth=auth, timeout=60, trust_env=False) as http,
        ThreadPoolExecutor(4) as pool,
    ):
        uploads = [
            pool.submit(one, number, f"1.{version}")
            for version in range(VERSIONS)
            for number in range(PACKAGES)
        ]
        for upload in uploads:
            upload.result()


class Processes:
    """What the processes of each function have taken, also of those that have ended since."""

    def __init__(self, gateway: int) -> None:
        self._gateway = gateway
        self._taken: dict[int, tuple[str, float]] = {}

    def look(self) -> None:
        """Note how much each process has taken until now."""
        for pid in tree(self._gateway):
            with contextlib.suppress(OSError):
                if name := _function(pid):
                    self._taken[pid] = (name, cpu_of(pid))

    def totals(self) -> dict[str, float]:
        """CPU milliseconds by function."""
        self.look()
        totals: defaultdict[str, float] = defaultdict(float)
        for name, taken in self._taken.values():
            totals[name] += taken
        return totals

    @property
    def count(self) -> int:
        """How many processes have been seen."""
        return len(self._taken)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look again and again: a worker that has nothing to do is let go."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.5):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _function(pid: int) -> str:
    """The function that a process belongs to, by its logical id; nothing for any other process."""
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    found = re.search(r"(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=[^\0]*?(\w+)Function", environment)
    return found[1] if found else ""


def reader(facts: dict[str, Any]) -> str:
    """An index URL with a new token that may read: the gateway has to ask the authorizer once."""
    wish = {"kind": "read", "principal": "bench", "scopes": ["read:*"], "days": 1}
    auth = httpx.BasicAuth("__token__", facts["admin_token"])
    with httpx.Client(auth=auth, timeout=60, trust_env=False) as http:
        answer = http.post(f"{facts['manage_url']}tokens", json=wish)
    token = answer.raise_for_status().json()["token"]
    return str(facts["index_url"]).replace("://", f"://__token__:{token}@")


def pip(url: str) -> list[str]:
    """The command that resolves by pip; nothing is kept from one time to the next."""
    program = [str(ROOT / ".venvs/clients/pip/bin/python"), "-I", "-m", "pip", "install"]
    quiet = ("--isolated", "--ignore-installed", "--disable-pip-version-check", "--no-cache-dir")
    return [*program, "--dry-run", *quiet, "--index-url", url, "tree0"]


def uv(url: str) -> list[str]:
    """The command that resolves by uv, from what its standard input says."""
    program = [str(ROOT / ".venvs/clients/uv/bin/uv"), "pip", "compile", "-"]
    quiet = ("--no-config", "--no-cache", "--no-annotate", "--no-header")
    return [*program, *quiet, "--default-index", url]


def environment() -> dict[str, str]:
    """What this process was given, without what configures a client or sends it elsewhere."""
    foreign = re.compile(r"(PIP|UV|AWS)_|.*_proxy$", re.IGNORECASE)
    return {key: value for key, value in os.environ.items() if not foreign.match(key)}


KINDS = {r"/simple/.+": "pages", r".*\.metadata": "metadata", r"/files/.*": "files"}
LINE = re.compile(r" (?P<status>\d{3}) (?:GET|HEAD) (?P<path>/\S*) ")


def requested(lines: list[str]) -> Counter[str]:
    """Count what a client asked the gateway for. Raises RuntimeError where it was refused."""
    counted = Counter[str]()
    for found in filter(None, map(LINE.search, lines)):
        path = found["path"].removeprefix("/prod")
        if found["status"] not in {"200", "302", "304"}:
            raise RuntimeError(f"{found['status']} for {path}")
        kind = next((kind for rule, kind in KINDS.items() if re.fullmatch(rule, path)), "others")
        counted[kind] += 1
    return counted


def conclusion(said: str) -> str:
    """What a client would install: the last line of pip, everything that uv prints."""
    return said.rpartition("Would install")[2]


def resolve(command: list[str], state: Path, processes: Processes) -> dict[str, Any]:
    """Resolve once: what it took, and what was asked for."""
    log = state / "logs/gateway.log"
    known, before, existed = len(log.read_text()), processes.totals(), processes.count
    started = time.monotonic()
    with processes.watched():
        done = subprocess.run(
            command,
            input="tree0\n",
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    wall = time.monotonic() - started
    resolved = len(set(re.findall(r"\b(tree\d+)(?:-|==)1\.\d\b", conclusion(done.stdout))))
    if done.returncode or resolved != PACKAGES:
        raise RuntimeError(f"{command[0]} resolved {resolved}: {done.stdout}{done.stderr}")
    taken = {name: cpu - before.get(name, 0) for name, cpu in processes.totals().items()}
    return {
        "cpu_ms": sum(taken.values()),
        "functions": {name: cpu for name, cpu in taken.items() if cpu >= LEAST},
        "started": processes.count - existed,
        "requests": dict(requested(log.read_text()[known:].splitlines())),
        "seconds": wall,
    }


HEAD = ("", "CPU ms", "by function", "processes started", "requests", "wall s")


def line(title: str, found: dict[str, Any]) -> list[str]:
    """One line of the table."""
    shares = ", ".join(f"{name} {cpu:.0f}" for name, cpu in sorted(found["functions"].items()))
    asked = ", ".join(f"{count} {kind}" for kind, count in sorted(found["requests"].items()))
    count = sum(found["requests"].values())
    started, wall = str(found["started"]), f"{found['seconds']:.1f}"
    return [title, f"{found['cpu_ms']:.0f}", shares, started, f"{count}: {asked}", wall]


def measure(facts: dict[str, Any], state: Path) -> Iterator[list[str]]:
    """Resolve by each client: on pages that nobody has asked for, and again and again."""
    processes = Processes(facts["pids"]["gateway"])
    for client in (pip, uv):
        for number in range(1, max(SHOWN) + 1):
            found = resolve(client(reader(facts)), state, processes)
            if number in SHOWN:
                yield line(f"{client.__name__}, {SHOWN[number]}", found)


def main() -> None:
    """Start a local index, publish, resolve, and write what it took."""
    state = functions.temporary(f"resolve-{os.getpid()}")
    program = str(ROOT / ".venvs/run/bin/python")
    command = [program, "-m", "local", "--port=0", f"--state={state}"]
    started = moment()
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
    try:
        facts = wait(state / "local.json", process)
        publish(facts)
        time.sleep(SETTLED)
        rows = []
        for row in measure(facts, state):
            rows.append(row)
            print(json.dumps(row), flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(state, ignore_errors=True)
    dump(functions.temporary("resolve.json"), {**started, "head": HEAD, "rows": rows})


if __name__ == "__main__":
    main()
