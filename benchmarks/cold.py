"""Cold starts: each function under Lambda's own runtime client, on a small Runtime API.

``awslambdaric`` is what runs in Lambda. Here it asks a server of ours for its next event; the init
ends when it does so for the first time. Beside them, in the same rounds, an empty handler that
imports pynamodb and opens its first client.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import functions
from benchmarks.emulators import ROOT, dump, moment

FUNCTIONS = ("authorizer", "index", "upload", "ingest", "manage", "drafts", "sweep", "announce")
"""An install meets the first two, an upload the next two as well."""
EMPTY = """
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model
class Item(Model):
    class Meta:
        table_name = "index"
        region = "eu-west-1"
    pk = UnicodeAttribute(hash_key=True)
client = Item._get_connection().connection.client
def handler(event, context):
    return None
"""
ENVIRONMENT = {
    "INDEX_TABLE": "index",
    "ACCESS_TABLE": "access",
    "INBOX_BUCKET": "inbox",
    "FILES_BUCKET": "files",
    "FORM_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/1/form",
    "LARGE_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/1/large",
    "EVENT_BUS": "default",
    "RELEASE_CLOSES_AFTER_DAYS": "14",
    "ATTESTATIONS": "record",
    "S3_READ_TIMEOUT": "20",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Idlewheel",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class RuntimeApi(BaseHTTPRequestHandler):
    """Knows one thing: that the runtime asked for its next event, or failed to start."""

    asked: threading.Event
    failure: list[bytes]

    def do_GET(self) -> None:
        """The runtime is ready; it is let wait for an event that never comes."""
        self.asked.set()
        threading.Event().wait(30)

    def do_POST(self) -> None:
        """The runtime says that its init failed."""
        self.failure.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.set()
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def start(handler: str, paths: list[Path]) -> tuple[float, float]:
    """Start a function once: CPU milliseconds until it is ready, and its peak memory in MB."""
    failure: list[bytes] = []
    asked = threading.Event()
    kind = type("Api", (RuntimeApi,), {"asked": asked, "failure": failure})
    server = HTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
    }
    command = [sys.executable, "-m", "awslambdaric", handler]
    process = subprocess.Popen(command, env=environment, cwd="/", stderr=subprocess.DEVNULL)
    try:
        if not asked.wait(60) or failure:
            raise RuntimeError(f"{handler} does not start: {failure}")
        stat = Path(f"/proc/{process.pid}/schedstat").read_text().split()
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(stat[0]) / 1e6, int(peak.split()[1]) / 1024
    finally:
        process.kill()
        process.wait()
        threading.Thread(target=server.shutdown, daemon=True).start()


def bundle(folder: Path) -> list[Path]:
    """Lay the code out as in Lambda, with bytecode that is checked by nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "layers/idlewheel/idlewheel", folder / "layer/idlewheel")
    shutil.copytree(ROOT / "functions", folder / "code/functions")
    (folder / "code/empty.py").write_text(EMPTY)
    command = [*(sys.executable, "-m", "compileall", "-q"), "--invalidation-mode=unchecked-hash"]
    subprocess.run([*command, str(folder)], check=True)
    return [folder / "code", folder / "layer"]


def profile(name: str, paths: list[Path], most: int = 12) -> list[tuple[float, str]]:
    """The dearest imports of a function: milliseconds of their own at the least, and which."""
    least: dict[str, float] = {}
    for _ in range(5):
        for taken, module in imports(name, paths):
            least[module] = min(taken, least.get(module, taken))
    return sorted(((taken, module) for module, taken in least.items()), reverse=True)[:most]


def imports(name: str, paths: list[Path]) -> list[tuple[float, str]]:
    """Import a function once: milliseconds of its own for each module."""
    command = [sys.executable, "-X", "importtime", "-c", f"import functions.{name}.app"]
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    said = subprocess.run(
        command, env=environment, cwd="/", check=True, capture_output=True, text=True
    ).stderr
    rows = [line.removeprefix("import time:").split("|") for line in said.splitlines()[1:]]
    return [(int(row[0]) / 1000, row[2].strip()) for row in rows if len(row) == 3]


def main() -> None:
    """Start each function by turns, and write what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    started = moment()
    paths = bundle(functions.temporary("cold"))
    handlers = {"empty": "empty.handler"}
    handlers |= {name: f"functions.{name}.app.handler" for name in FUNCTIONS}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in handlers}
    for _ in range(rounds):
        for name, handler in handlers.items():
            found[name].append(start(handler, paths))
    base = min(cpu for cpu, _ in found["empty"])
    rows: list[dict[str, Any]] = []
    for name, starts in found.items():
        cpus = [cpu for cpu, _ in starts]
        rows.append(
            {
                "name": name,
                "cpu_ms": round(min(cpus)),
                "median_ms": round(median(cpus)),
                "ratio": round(min(cpus) / base, 2),
                "megabytes": round(max(peak for _, peak in starts)),
                "imports": profile(name, paths) if name in FUNCTIONS else [],
            }
        )
        print(json.dumps({**rows[-1], "imports": rows[-1]["imports"][:6]}))
    dump(functions.temporary("cold.json"), {**started, "rows": rows})


if __name__ == "__main__":
    main()
