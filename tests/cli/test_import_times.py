"""An import from another running index: what it knows of the past of its files comes along."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import pytest

from idlewheel_cli.api import SIMPLE_JSON
from tests.factories import sdist, wheel
from tests.localindex import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Said
    from tests.localindex import LocalIndex

    Cli = Callable[..., Said]

UV = ROOT / ".venv/bin/uv"
MAY_2020, MAY_2021, MAY_2023 = (f"{year}-05-06T07:08:09.123456Z" for year in (2020, 2021, 2023))
OLD = "2012-01-02T03:04:05.000000Z"


@dataclass
class Origin:
    """Any index: one project, its files with the times at which they were uploaded."""

    project: str
    url: str = ""
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def add(self, file: tuple[str, bytes], time: str) -> None:
        self.files[file[0]] = (file[1], time)

    def answer(self, path: str) -> tuple[str, bytes]:
        """The type and the body at *path*; no body where there is nothing."""
        if path.startswith("/f/"):
            return "application/octet-stream", self.files[unquote(path.rpartition("/")[2])][0]
        if path not in {"/simple/", f"/simple/{self.project}/"}:
            return SIMPLE_JSON, b""
        files = [
            {
                "filename": name,
                "url": f"/f/{name}",
                "hashes": {"sha256": hashlib.sha256(body).hexdigest()},
                "size": len(body),
                "upload-time": time,
            }
            for name, (body, time) in self.files.items()
        ]
        page: dict[str, Any] = {"meta": {"api-version": "1.1"}, "name": self.project}
        page |= {"files": files, "versions": []}
        root = {"meta": {"api-version": "1.1"}, "projects": [{"name": self.project}]}
        return SIMPLE_JSON, json.dumps(root if path == "/simple/" else page).encode()


@contextlib.contextmanager
def serving(origin: Origin) -> Iterator[Origin]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = origin.answer(self.path)
            self.send_response_only(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.send_error(405)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin.url = f"http://127.0.0.1:{http.server_address[1]}/simple/"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield origin
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def origin() -> Iterator[Origin]:
    made = Origin(f"past-{uuid.uuid4().hex[:8]}")
    times = {"1.0": MAY_2020, "1.1": MAY_2021, "2.0": MAY_2023}
    for version, time in times.items():
        made.add(wheel(made.project, version), time)
    name, body = sdist(made.project, "1.1")
    made.add((name, body), MAY_2021)
    with serving(made) as running:
        yield running


def with_an_old_spelling(origin: Origin) -> str:
    """An sdist as they were named before PEP 625."""
    _, body = sdist(origin.project, "0.9")
    name = f"{origin.project}-0.9.tar.gz"
    origin.add((name, body), OLD)
    return name


def page(index: LocalIndex, project: str) -> dict[str, str]:
    """The upload time of each file that the index lists."""
    url, accept = f"{index.index_url}{project}/", {"Accept": SIMPLE_JSON}
    answer = httpx.get(url, auth=("", index.admin_token), headers=accept)
    if answer.status_code == 404:
        return {}
    return {it["filename"]: it["upload-time"] for it in answer.json()["files"]}


def times_of(origin: Origin) -> dict[str, str]:
    return {name: time for name, (_, time) in origin.files.items()}


def resolved(index_url: str, project: str, *options: str) -> str:
    """What uv would install of *project* and from an index alone."""
    done = subprocess.run(
        [
            *(UV, "pip", "compile", "--quiet", "--no-cache", "--no-header", "--no-annotate"),
            *("--no-config", "--default-index", index_url, *options, "-"),
        ],
        input=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_import_keeps_times_so_that_uv_resolves_as_it_did(
    cli: Cli, index: LocalIndex, origin: Origin
) -> None:
    old = with_an_old_spelling(origin)

    said = cli("import", origin.url)
    again = cli("import", origin.url)

    assert said.code == 0, said.err
    assert "5 published" in said.out
    assert said.out.endswith("5 kept their upload times\n")
    assert "nothing to do" in again.out
    assert page(index, origin.project) == times_of(origin)
    assert old in page(index, origin.project)
    ours = index.index_url_with_token
    for options in ((), ("--exclude-newer", "2022-01-01"), ("--exclude-newer", "2020-12-31")):
        was = resolved(origin.url, origin.project, *options)
        assert resolved(ours, origin.project, *options) == was
    assert was == f"{origin.project}==1.0"
    assert resolved(ours, origin.project) == f"{origin.project}==2.0"


def test_who_may_only_publish_imports_without_the_past(
    cli: Cli, index: LocalIndex, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_an_old_spelling(origin)
    monkeypatch.setenv("IDLEWHEEL_TOKEN", index.token)

    said = cli("import", origin.url)
    insisting = cli("import", "--as-mirror", origin.url)

    assert (said.code, insisting.code) == (1, 3)
    assert "4 published" in said.out
    assert "4 have the time of this import" in said.out
    assert "filename" in said.err
    assert f"needs the scope admin:project:{origin.project}" in insisting.err
    assert {time[:4] for time in page(index, origin.project).values()}.isdisjoint({"2020", "2021"})


def test_old_rules_can_be_declined_and_times_are_kept_all_the_same(
    cli: Cli, index: LocalIndex, origin: Origin
) -> None:
    old = with_an_old_spelling(origin)

    said = cli("import", "--no-as-mirror", "--json", origin.url)

    told, listed = said.json(), page(index, origin.project)
    refused = [it["filename"] for it in told["files"] if it["verdict"] == "refused"]
    assert (said.code, told["times_kept"], told["times_lost"]) == (1, 4, 0)
    assert refused == [old]
    assert listed == {name: time for name, time in times_of(origin).items() if name != old}


def test_the_audit_and_the_feed_tell_of_the_past(
    cli: Cli, index: LocalIndex, origin: Origin
) -> None:
    cli("import", origin.url)

    records = cli("audit", "--project", origin.project, "--json").json()
    feed = httpx.get(
        f"{index.url}/rss/project/{origin.project}/releases.xml", auth=("", index.admin_token)
    ).text

    assert all(record["detail"]["as_mirror"] for record in records)
    assert {record["detail"]["upload_time"][:4] for record in records} == {"2020", "2021", "2023"}
    assert [feed.index(f"May {year}") for year in (2023, 2021, 2020)] == sorted(
        feed.index(f"May {year}") for year in (2023, 2021, 2020)
    )
