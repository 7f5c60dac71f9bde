"""Clients that read an index and install nothing: libraries, and the mirror."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.index import Index
    from tests.e2e.sandbox import Ran, Sandbox

PYPI_SIMPLE = """
import json, sys
from pypi_simple import ACCEPT_HTML_ONLY, ACCEPT_JSON_ONLY, PyPISimple
url, token, name = sys.argv[1:]
with PyPISimple(url, auth=("__token__", token)) as client:
    page = client.get_project_page(name, accept=ACCEPT_JSON_ONLY)
    html = client.get_project_page(name, accept=ACCEPT_HTML_ONLY)
    [wheel] = [it for it in page.packages if it.package_type == "wheel"]
    client.download_package(wheel, wheel.filename, verify=True)
    print(json.dumps({
        "projects": [it for it in client.get_index_page().projects if it == name],
        "api": page.repository_version,
        "versions": page.versions,
        "json": {it.filename: [it.digests, it.requires_python] for it in page.packages},
        "html": {it.filename: [it.digests, it.requires_python] for it in html.packages},
        "size": wheel.size,
        "dated": wheel.upload_time is not None,
        "metadata": client.get_package_metadata(wheel, verify=True),
        "yanked": {it.filename: it.yanked_reason for it in page.packages if it.is_yanked},
    }))
"""

MOUSEBENDER = """
import json, sys, urllib.request
from mousebender import simple
url, name = sys.argv[1:]
pages = {}
for accept in (simple.ACCEPT_JSON_V1, simple.ACCEPT_HTML):
    address = simple.create_project_url(url, name)
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": accept})) as it:
        kind, text = it.headers["Content-Type"], it.read()
    pages[accept] = simple.parse_project_details(text.decode(), kind, name)
print(json.dumps({
    "json": sorted(it["filename"] for it in pages[simple.ACCEPT_JSON_V1]["files"]),
    "html": sorted(it["filename"] for it in pages[simple.ACCEPT_HTML]["files"]),
    "hashes": [it["hashes"] for it in pages[simple.ACCEPT_JSON_V1]["files"]],
}))
"""

BANDERSNATCH = """[mirror]
directory = {folder}
master = {url}
download-mirror = {url}
download-mirror-no-fallback = true
allow-non-https = true
api-method = simple
json = true
stop-on-error = true
workers = 2

[plugins]
enabled = allowlist_project

[allowlist]
packages = {name}
"""


def python(sandbox: Sandbox, program: str, *arguments: str) -> Any:
    """What a program in the readers' environment printed, which is JSON."""
    ran = sandbox.run("readers", "python", "-W", "ignore", "-c", program, *arguments)
    return json.loads(ran.succeeded())


@pytest.mark.shows("reads pages, metadata and files, and finds them consistent", by="pypi-simple")
def test_pypi_simple_reads_pages_metadata_and_files(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    filename, content = wheel(name, "1.0", requires_python=">=3.11")
    index.has((filename, content), sdist(name, "0.9"))
    index.yank(name, "0.9", "too <old>")
    seen = python(sandbox, PYPI_SIMPLE, index.url, index.read_token, name)

    assert seen["projects"] == [name]
    assert (seen["api"], seen["versions"], seen["dated"]) == ("1.4", ["0.9", "1.0"], True)
    assert seen["json"] == seen["html"]
    assert seen["json"][filename] == [{"sha256": hashlib.sha256(content).hexdigest()}, ">=3.11"]
    assert (sandbox.work / filename).read_bytes() == content
    assert seen["size"] == len(content)
    assert f"Name: {name}" in seen["metadata"]
    assert list(seen["yanked"].values()) == ["too <old>"]


@pytest.mark.shows("reads pages, metadata and files, and finds them consistent", by="mousebender")
def test_mousebender_reads_the_same_from_json_and_html(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(name, requires_python=">=3.11")
    program = f"{ASK_WITH_A_TOKEN.format(url=index.url, token=index.read_token)}{MOUSEBENDER}"
    seen = python(sandbox, program, index.url, name)

    assert seen["json"] == seen["html"] == sorted(index.files(name))
    assert all(len(hashes["sha256"]) == 64 for hashes in seen["hashes"])


ASK_WITH_A_TOKEN = """
import urllib.request
passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
passwords.add_password(None, "{url}", "__token__", "{token}", is_authenticated=True)
handlers = urllib.request.ProxyHandler({{}}), urllib.request.HTTPBasicAuthHandler(passwords)
urllib.request.install_opener(urllib.request.build_opener(*handlers))
"""
"""mousebender leaves the asking to others: urllib asks. It warns that it knows api-version 1.1."""


@pytest.mark.shows("mirrors a project, and then what has changed of it", by="bandersnatch")
def test_bandersnatch_mirrors_a_project_and_then_only_what_has_changed(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    first, second = wheel(name, "1.0"), sdist(name, "1.1")
    index.has(first)
    mirror(index, sandbox, name).succeeded()
    mirror(index, sandbox, name).succeeded()
    asked_without_change = len(index.asked_for(f"pypi/{name}"))
    index.has(second)
    mirror(index, sandbox, name).succeeded()

    assert asked_without_change == 1
    assert len(index.asked_for(f"pypi/{name}")) == 2
    assert mirrored(sandbox.work / "mirror") == dict([first, second])
    page = json.loads((sandbox.work / f"mirror/web/simple/{name}/index.v1_json").read_text())
    assert {it["filename"] for it in page["files"]} == {first[0], second[0]}


def mirror(index: Index, sandbox: Sandbox, name: str) -> Ran:
    """Run bandersnatch once."""
    url = index.read_url.removesuffix("/simple/")
    text = BANDERSNATCH.format(folder=sandbox.work / "mirror", url=url, name=name)
    (sandbox.work / "bandersnatch.conf").write_text(text)
    return sandbox.run("bandersnatch", "bandersnatch", "-c", "bandersnatch.conf", "mirror")


def mirrored(folder: Path) -> dict[str, bytes]:
    """The distributions that a mirror holds."""
    files = (folder / "web" / "packages").rglob("*.*")
    return {path.name: path.read_bytes() for path in files if path.is_file()}
