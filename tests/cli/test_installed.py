"""The command as `pip install ./cli` leaves it, beside the real twine, keyring, pip and uv."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.factories import wheel
from tests.localindex import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localindex import LocalIndex

pytestmark = pytest.mark.e2e

UV = str(ROOT / ".venv/bin/uv")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=200,
    )


def done(*command: str, **environment: str) -> str:
    said = run(*command, **environment)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment with our wheel, twine and pip."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    done(UV, "venv", "--quiet", "--python", str(ROOT / ".venv/bin/python"), str(folder))
    install = (UV, "pip", "install", "--quiet", "--python", str(folder / "bin/python"))
    done(*install, "-r", "requirements/clients/twine.txt")
    done(*install, "-r", "requirements/cli.txt", "pip")
    done(*install, "--no-deps", "./cli")
    return folder / "bin"


@pytest.fixture
def logged_in(installed: Path, index: LocalIndex, monkeypatch: pytest.MonkeyPatch) -> LocalIndex:
    monkeypatch.delenv("IDLEWHEEL_URL")
    monkeypatch.delenv("IDLEWHEEL_TOKEN")
    done(str(installed / "idlewheel"), "login", index.url, "--token", index.token)
    return index


@pytest.fixture
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    project = "installed-" + request.node.name.removeprefix("test_").replace("_", "-")[:40]
    name, body = wheel(project.rstrip("-"))
    (tmp_path / name).write_bytes(body)
    return tmp_path / name


def test_the_wheel_holds_the_package_once_and_nothing_of_the_repository(tmp_path: Path) -> None:
    done(UV, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), "./cli")
    (path,) = tmp_path.glob("*.whl")

    names = zipfile.ZipFile(path).namelist()
    source = ROOT / "layers/idlewheel/idlewheel"
    held = {name for name in names if name.startswith("idlewheel/") and name.endswith(".py")}
    assert held == {f"idlewheel/{it.relative_to(source)}" for it in source.rglob("*.py")}
    assert {name.partition("/")[0] for name in names} == {
        "idlewheel",
        "idlewheel_cli",
        "idlewheel-0.1.0.dist-info",
    }


def test_a_wheel_built_from_the_sdist_is_the_same(tmp_path: Path) -> None:
    direct, around = tmp_path / "direct", tmp_path / "around"
    done(UV, "build", "--quiet", "--wheel", "--out-dir", str(direct), "./cli")
    done(UV, "build", "--quiet", "--out-dir", str(around), "./cli")
    wheels = [next(folder.glob("*.whl")) for folder in (direct, around)]

    first, second = (sorted(zipfile.ZipFile(path).namelist()) for path in wheels)
    assert first == second


def test_the_command_is_there_and_checks_with_what_it_brings(
    installed: Path, logged_in: LocalIndex, tmp_path: Path
) -> None:
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"bad")

    said = run(str(installed / "idlewheel"), "publish", "--json", str(tmp_path))

    assert json.loads(said.stdout)["files"][0]["problems"][0]["code"] == "zip-ends-in-an-end-record"
    assert "idlewheel 0.1.0" in done(str(installed / "idlewheel"), "--version")


def test_what_speaks_to_aws_names_the_extra_that_it_needs(installed: Path) -> None:
    said = run(str(installed / "idlewheel"), "verify", "--stack", "x")

    assert said.returncode == 1
    assert "is not installed: pip install 'idlewheel[aws]'" in said.stderr


def test_the_extra_is_all_that_verifying_needs(index: LocalIndex, tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    done(UV, "venv", "--quiet", "--python", str(ROOT / ".venv/bin/python"), str(folder))
    install = (UV, "pip", "install", "--quiet", "--python", str(folder / "bin/python"))
    done(*install, "--constraint", "requirements/dev.txt", "./cli[aws]")
    name = f"rebuilt-{tmp_path.name}"
    local = ("--local", str(index.state))
    command = str(folder / "bin/idlewheel")
    (tmp_path / wheel("extra")[0]).write_bytes(wheel("extra")[1])
    done(command, "publish", str(tmp_path / wheel("extra")[0]))

    said = json.loads(done(command, "verify", "--json", "--bytes", *local))
    rebuilt = json.loads(done(command, "rebuild", "--into", name, "--create", "--json", *local))
    redriven = json.loads(done(command, "redrive", "--json", *local))

    assert said["findings"] == []
    assert rebuilt["items"]["file"] == said["counts"]["files"] >= 1
    assert redriven["sent_again"] == 0


def test_shells_complete_the_command(installed: Path) -> None:
    said = done(
        str(installed / "idlewheel"),
        _IDLEWHEEL_COMPLETE="complete_bash",
        COMP_WORDS="idlewheel pub",
        COMP_CWORD="1",
    )

    assert said.split() == ["publish"]


@pytest.mark.parametrize("path", ["/simple/", "/legacy/", ""])
def test_the_keyring_command_answers_as_uv_and_pip_ask(
    installed: Path, logged_in: LocalIndex, path: str
) -> None:
    keyring, service = str(installed / "keyring"), logged_in.url + path
    as_json = ("--mode=creds", "--output=json", "get")

    assert done(keyring, "get", service, "__token__") == logged_in.token + "\n"
    assert done(keyring, "get", service, "--mode", "creds").split() == [
        "__token__",
        logged_in.token,
    ]
    assert json.loads(done(keyring, *as_json, service)) == {
        "username": "__token__",
        "password": logged_in.token,
    }
    host = logged_in.url.partition("://")[2]
    assert done(keyring, "get", host, "anybody") == logged_in.token + "\n"
    assert run(keyring, "get", "https://other.example/simple/", "__token__").stdout == ""


def test_twine_uploads_with_the_token_of_the_keyring(
    installed: Path, logged_in: LocalIndex, file: Path
) -> None:
    said = run(
        str(installed / "twine"),
        "upload",
        "--non-interactive",
        "--repository-url",
        logged_in.upload_url,
        str(file),
    )

    assert said.returncode == 0, said.stdout + said.stderr


def test_twine_has_our_command(installed: Path, logged_in: LocalIndex, file: Path) -> None:
    first = run(str(installed / "twine"), "idlewheel", str(file))
    again = run(str(installed / "twine"), "idlewheel", "--skip-existing", str(file))
    wrong = run(str(installed / "twine"), "idlewheel", "nope.whl")

    assert (first.returncode, again.returncode, wrong.returncode) == (0, 0, 1), first.stderr
    assert "1 published" in first.stdout
    assert "1 already there" in again.stdout
    assert "there is no file 'nope.whl'" in wrong.stderr


def test_pip_and_uv_install_with_the_token_of_the_keyring(
    installed: Path, logged_in: LocalIndex, file: Path, tmp_path: Path
) -> None:
    done(str(installed / "idlewheel"), "publish", str(file))
    project = file.name.partition("-")[0]
    path = f"{installed}{os.pathsep}{os.environ['PATH']}"

    # As a subprocess, pip never calls the keyring of its own environment.
    elsewhere = ("--python", str(ROOT / ".venv/bin/python"))
    for provider, where in (("import", ()), ("subprocess", elsewhere)):
        done(
            *(str(installed / "python"), "-m", "pip", *where, "install"),
            *("--no-deps", "--no-cache-dir", "--no-input"),
            *("--keyring-provider", provider, "--index-url", logged_in.index_url),
            *("--target", str(tmp_path / provider), project),
            PATH=path,
        )
    with_user = logged_in.index_url.replace("://", "://__token__@")
    done(
        *(UV, "pip", "install", "--no-deps", "--no-cache", "--keyring-provider", "subprocess"),
        *("--default-index", with_user, "--target", str(tmp_path / "uv"), project),
        *("--python", str(installed / "python")),
        PATH=path,
    )

    assert all(list((tmp_path / it).glob("*.dist-info")) for it in ("import", "subprocess", "uv"))


def test_uv_publishes_with_the_token_of_the_keyring(
    installed: Path, logged_in: LocalIndex, file: Path
) -> None:
    done(
        *(UV, "publish", "--keyring-provider", "subprocess", "-u", "__token__"),
        *("--publish-url", logged_in.upload_url, str(file)),
        PATH=f"{installed}{os.pathsep}{os.environ['PATH']}",
    )
