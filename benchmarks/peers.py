"""Other servers on the same files in the same run: CPU of their processes for each page.

The limit is nginx with pages that were written and compressed before. Each peer has an environment
of its own and is asked on 127.0.0.1 with what pip sends. devpi keeps files in a database and takes
seconds for each upload into a long project, so it gets short projects only.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks import functions
from benchmarks.emulators import ROOT, cpu_of, dump, free_port, moment
from benchmarks.functions import INSTALLER, JSON
from benchmarks.publishing import BOUNDARY, form, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG, SHORT = 2_000, 5
PROJECTS = 2_000
"""Folders in the list of projects; more would take minutes to make and scan for each request."""


def lay_out(folder: Path) -> Path:
    """Put the same small wheels into one folder for each project."""
    packages = folder / "packages"
    if packages.exists():
        return packages
    counts = {"long": LONG, "short": SHORT, **{f"other{n}": 1 for n in range(PROJECTS)}}
    for name, count in counts.items():
        (packages / name).mkdir(parents=True)
        for number in range(count):
            filename, content = wheel(name, f"{number // 10}.{number % 10}")
            (packages / name / filename).write_bytes(content)
    return packages


def tool(name: str, program: str) -> str:
    """A program of a peer's environment."""
    return str(ROOT / f".venvs/peer-{name}/bin/{program}")


@contextlib.contextmanager
def running(command: list[str], url: str) -> Iterator[int]:
    """Run a server until the block ends."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                ask(url)
                break
            time.sleep(0.2)
        else:
            raise RuntimeError(f"{command[0]} does not answer")
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def ask(url: str, headers: dict[str, str] | None = None) -> tuple[int, int]:
    """Get a page: its status and its bytes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", parts.path, headers=headers or INSTALLER)
    answer = connection.getresponse()
    size = len(answer.read())
    connection.close()
    return answer.status, size


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{one}/task/{one}/children").read_text()
            found.extend(int(child) for child in children.split())
    return found


def measure(pid: int, url: str, most: int = 200) -> tuple[float, int]:
    """CPU milliseconds of the process tree for one request, and the bytes answered."""
    status, size = ask(url)
    if status != 200:
        raise RuntimeError(f"{url} answered {status}")
    before, started, count = sum(map(cpu_of, tree(pid))), time.monotonic(), 0
    while count < most and time.monotonic() - started < 5:
        ask(url)
        count += 1
    return (sum(map(cpu_of, tree(pid))) - before) / count, size


def pypiserver(packages: Path) -> Iterator[tuple[str, float, int]]:
    """The standard small one."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/simple/"
    program = tool("pypiserver", "pypi-server")
    command = [program, "run", "-p", str(port), "-i", "127.0.0.1", "--disable-fallback"]
    with running([*command, str(packages)], url) as pid:
        for page in ("long/", "short/", ""):
            yield page, *measure(pid, url + page)


def simple_repository_server(packages: Path) -> Iterator[tuple[str, float, int]]:
    """The PyPA-near reference of PEP 691."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/simple/"
    program = tool("simple-repository-server", "simple-repository-server")
    command = [program, "--host", "127.0.0.1", "--port", str(port), str(packages)]
    with running(command, url) as pid:
        for page in ("long/", "short/", ""):
            yield page, *measure(pid, url + page)


def devpi(folder: Path) -> Iterator[tuple[str, float, int]]:
    """The one with a database; a short project only, see above."""
    port, state = free_port(), folder / "devpi"
    shutil.rmtree(state, ignore_errors=True)
    made = [tool("devpi-server", "devpi-init"), "--serverdir", str(state), "--no-root-pypi"]
    subprocess.run([*made, "--root-passwd", "bench"], check=True, capture_output=True)
    url = f"http://127.0.0.1:{port}"
    program = tool("devpi-server", "devpi-server")
    command = [program, "--serverdir", str(state), "--host", "127.0.0.1", "--port", str(port)]
    with running(command, url) as pid:
        _devpi_index(url)
        before = sum(map(cpu_of, tree(pid)))
        for number in range(SHORT):
            _devpi_upload(url, *wheel("short", f"1.{number}"), f"1.{number}")
        yield "upload", (sum(map(cpu_of, tree(pid))) - before) / SHORT, 0
        yield "short/", *measure(pid, f"{url}/root/bench/+simple/short/")


NGINX = """
user root; daemon off; master_process off; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; gzip_static on; types {{ }} default_type {kind};
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/pages; index index.json; }}
}}
"""


# `user`: in a user namespace root is the only one there is, and nginx would give files to nobody.


def prewrite(packages: Path, pages: Path) -> None:
    """Write every page as an index would answer it, plain and compressed."""
    names = sorted(path.name for path in packages.iterdir())
    head = {"meta": {"api-version": "1.0"}}
    _prewrite(pages / "simple", {**head, "projects": [{"name": name} for name in names]})
    for name in ("long", "short"):
        files = [_file(path) for path in sorted((packages / name).iterdir())]
        _prewrite(pages / "simple" / name, {**head, "name": name, "files": files})


def _file(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    url = f"../../files/{path.parent.name}/{path.name}"
    return {"filename": path.name, "url": url, "hashes": {"sha256": digest}}


def _prewrite(folder: Path, page: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(page, separators=(",", ":")).encode()
    (folder / "index.json").write_bytes(content)
    (folder / "index.json.gz").write_bytes(gzip.compress(content, 9))


def nginx(packages: Path, folder: Path, program: str) -> Iterator[tuple[str, float, int]]:
    """The limit: nothing is computed, files are sent. One process, stopped by its number."""
    folder.mkdir(parents=True, exist_ok=True)
    prewrite(packages, folder / "pages")
    port, settings = free_port(), folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, port=port, kind=JSON))
    url = f"http://127.0.0.1:{port}/simple/"
    with running([program, "-p", str(folder), "-e", "stderr", "-c", str(settings)], url) as pid:
        for page in ("long/", "short/", ""):
            yield page, *measure(pid, url + page, most=5_000)


DEVPI = {"Authorization": "Basic cm9vdDpiZW5jaA==", "Accept": "application/json"}


def _devpi_send(url: str, method: str, path: str, body: bytes, kind: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request(method, path, body, {**DEVPI, "Content-Type": kind})
    answer = connection.getresponse()
    if answer.status not in {200, 201}:
        raise RuntimeError(f"{path}: {answer.status} {answer.read()[:200]!r}")
    connection.close()


def _devpi_index(url: str) -> None:
    body = b'{"type":"stage","bases":[],"volatile":false}'
    _devpi_send(url, "PUT", "/root/bench", body, "application/json")


def _devpi_upload(url: str, filename: str, content: bytes, version: str) -> None:
    body = form("short", version, filename, content)
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    _devpi_send(url, "POST", "/root/bench/", body, kind)


TITLES = {
    "long/": f"page of {LONG} files",
    "short/": f"page of {SHORT} files",
    "": f"list of {PROJECTS} projects",
    "upload": "upload of a small wheel",
}


HEAD = ("", "", "CPU ms", "of nginx", "of Idlewheel", "bytes")
OURS = {
    "long/": "page of 2000 files",
    "short/": "page of 5 files",
    "upload": "publish a small wheel into a new project",
}
"""What `make bench` measured of the functions a moment before; a list of this length it did not."""


def ours() -> Iterator[tuple[str, float, int]]:
    """The functions, as they were measured last: on this machine, without a server around them."""
    path = functions.temporary("functions.json")
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    measured = {row["name"]: row["cpu_ms"] for row in rows}
    for page, name in OURS.items():
        if name in measured:
            yield page, measured[name], 0


def main() -> None:
    """Measure every peer that is installed."""
    folder = functions.temporary("peers")
    packages = lay_out(folder)
    measured: dict[str, Iterator[tuple[str, float, int]]] = {}
    if program := shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
        measured["nginx, pages written before"] = nginx(packages, folder / "nginx", program)
    else:
        print("NGINX IS NOT INSTALLED: there is no limit to compare with", flush=True)
    measured |= {
        "Idlewheel's functions": ours(),
        "pypiserver": pypiserver(packages),
        "simple-repository-server": simple_repository_server(packages),
        "devpi-server": devpi(folder),
    }
    started = moment()
    found: dict[str, dict[str, float]] = {}
    rows = []
    for name, pages in measured.items():
        for page, cpu, size in pages:
            found.setdefault(page, {})[name] = cpu
            rows.append(_row(name, page, size, found[page]))
            print(*rows[-1], flush=True)
    dump(functions.temporary("peers.json"), {**started, "head": HEAD, "rows": rows})


def _row(name: str, page: str, size: int, found: dict[str, float]) -> list[str]:
    """One line of the table; a ratio where there is what to compare with."""
    bases = (found.get("nginx, pages written before"), found.get("Idlewheel's functions"))
    ratios = [f"{found[name] / base:,.1f}" if base else "" for base in bases]
    return [name, TITLES[page], f"{found[name]:.2f}", *ratios, f"{size:,}" if size else ""]


if __name__ == "__main__":
    main()
