"""Every place where a client keeps a token: its own file, netrc, a keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.installers import POETRY, UV_PIP
from tests.e2e.publishers import project
from tests.factories import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.index import Index
    from tests.e2e.sandbox import Ran, Sandbox

PIP_INSTALL = ["python", "-m", "pip", "--python", ".venv/bin/python", "install", "--no-input"]

NETRC = "machine 127.0.0.1 login __token__ password {token}\n"
PYPIRC = """[distutils]
index-servers = ours

[ours]
repository = {upload_url}
username = __token__
password = {token}
"""
KEYRING = """#!/bin/sh
# keyring --mode=creds --output=json get URL, as pip asks; keyring get URL USER, as uv does
case "$*" in
  *127.0.0.1*json*|*json*127.0.0.1*) echo '{{"username": "__token__", "password": "{token}"}}' ;;
  *127.0.0.1*) echo '{token}' ;;
  *) exit 1 ;;
esac
"""


@pytest.mark.shows("reads the token from its own configuration", by="pip")
def test_pip_reads_the_token_from_pip_conf(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    write(sandbox.home / "pip.conf", f"[global]\nindex-url = {index.read_url}\n")
    pip_install(sandbox, name, PIP_CONFIG_FILE=str(sandbox.home / "pip.conf")).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("reads the token from netrc", by="pip")
def test_pip_reads_the_token_from_netrc(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    write(sandbox.home / ".netrc", NETRC.format(token=index.read_token))
    pip_install(sandbox, "--index-url", index.url, name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("asks a keyring for the token", by="pip")
def test_pip_asks_the_keyring_program(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    path = keyring(sandbox, index.read_token)
    options = ["--keyring-provider", "subprocess", "--index-url", index.url]
    pip_install(sandbox, *options, name, PATH=path).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("reads the token from netrc", by="uv")
def test_uv_reads_the_token_from_netrc(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    write(sandbox.home / ".netrc", NETRC.format(token=index.read_token))
    UV_PIP.install(sandbox, index.url, name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("asks a keyring for the token", by="uv")
def test_uv_asks_the_keyring_program(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    path = keyring(sandbox, index.read_token)
    url = index.url.replace("://", "://__token__@")
    sandbox.venv(sandbox.work / ".venv")
    options = ["--python", ".venv", "--keyring-provider", "subprocess", "--default-index", url]
    sandbox.run("uv", *["uv", "pip", "install"], *options, name, PATH=path).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("reads the token from its own configuration", by="uv")
def test_uv_reads_the_token_from_uv_toml(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    write(
        sandbox.home / ".config/uv/uv.toml",
        f'[[index]]\nurl = "{index.read_url}"\ndefault = true\n',
    )
    sandbox.venv(sandbox.work / ".venv")
    sandbox.run("uv", *f"uv pip install --python .venv {name}".split()).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("reads the token from its own configuration", by="poetry")
def test_poetry_keeps_the_token_that_it_was_told(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    told = ["http-basic.ours", "__token__", index.read_token]
    POETRY.write(sandbox.work, index.url, [name])
    sandbox.run("poetry", "poetry", "config", *told).succeeded()
    sandbox.run("poetry", *POETRY.installing).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("reads where to upload to from .pypirc", by="twine")
def test_twine_reads_the_token_from_pypirc(index: Index, sandbox: Sandbox, name: str) -> None:
    project(sandbox.work, name)
    write_pypirc(sandbox, index)
    options = ["--non-interactive", "--disable-progress-bar", "--repository", "ours"]
    dist = [str(path) for path in (sandbox.work / "dist").iterdir()]
    sandbox.run("twine", "twine", "upload", *options, *dist).succeeded()

    assert len(index.files(name)) == 2


@pytest.mark.shows("reads where to upload to from .pypirc", by="flit")
def test_flit_reads_the_token_from_pypirc(index: Index, sandbox: Sandbox, name: str) -> None:
    project(sandbox.work, name)
    write_pypirc(sandbox, index)
    sandbox.run("flit", "flit", "publish", "--repository", "ours").succeeded()

    assert len(index.files(name)) == 2


@pytest.mark.shows("reads where to upload to from .pypirc", by="hatch")
def test_hatch_reads_the_token_from_pypirc(index: Index, sandbox: Sandbox, name: str) -> None:
    project(sandbox.work, name)
    write_pypirc(sandbox, index)
    sandbox.run("hatch", "hatch", "publish", "--no-prompt", "--repo", index.upload_url).succeeded()

    assert len(index.files(name)) == 2


@pytest.mark.shows("reads where to upload to from its own configuration", by="pdm")
def test_pdm_keeps_where_to_upload_to(index: Index, sandbox: Sandbox, name: str) -> None:
    project(sandbox.work, name)
    for key, value in (
        ("url", index.upload_url),
        ("username", "__token__"),
        ("password", index.publish_token),
    ):
        sandbox.run("pdm", "pdm", "config", f"repository.ours.{key}", value).succeeded()
    sandbox.run("pdm", *["pdm", "publish", "--no-build", "--repository", "ours"]).succeeded()

    assert len(index.files(name)) == 2


@pytest.mark.shows("reads where to upload to from its own configuration", by="poetry")
def test_poetry_keeps_where_to_upload_to(index: Index, sandbox: Sandbox, name: str) -> None:
    project(sandbox.work, name)
    for told in (
        ["repositories.ours", index.upload_url],
        ["http-basic.ours", "__token__", index.publish_token],
    ):
        sandbox.run("poetry", "poetry", "config", *told).succeeded()
    sandbox.run("poetry", "poetry", "publish", "--repository", "ours").succeeded()

    assert len(index.files(name)) == 2


def pip_install(sandbox: Sandbox, *arguments: str, **environment: str) -> Ran:
    """Run `pip install` in a new virtual environment."""
    sandbox.venv(sandbox.work / ".venv")
    return sandbox.run("pip", *PIP_INSTALL, *arguments, **environment)


def keyring(sandbox: Sandbox, token: str) -> str:
    """Put a keyring program that knows the token of this host on the path; answer the path."""
    program = sandbox.home / "bin" / "keyring"
    write(program, KEYRING.format(token=token))
    program.chmod(0o755)
    return ":".join([*sandbox.programs("pip"), *sandbox.programs("uv"), str(program.parent)])


def write_pypirc(sandbox: Sandbox, index: Index) -> None:
    """Tell in ~/.pypirc where to upload to, and with what."""
    text = PYPIRC.format(upload_url=index.upload_url, token=index.publish_token)
    write(sandbox.home / ".pypirc", text)


def write(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
