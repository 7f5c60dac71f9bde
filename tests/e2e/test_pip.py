"""What only pip has: commands and options of its own, in three of its major versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.installers import PIPS, Pip
from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Ran, Sandbox

every_pip = pytest.mark.parametrize("client", PIPS, ids=lambda it: it.name)
newest_pip = pytest.mark.parametrize("client", PIPS[:1], ids=lambda it: it.name)


def pip(client: Pip, sandbox: Sandbox, command: str, *arguments: str) -> Ran:
    """Run a command of pip."""
    program = ["python", "-m", "pip", *command.split(), "--no-input"]
    return sandbox.run(client.name, *program, *arguments)


@every_pip
@pytest.mark.shows("downloads what has the hash, and nothing else")
def test_a_download_with_hashes_takes_the_file_that_has_one_and_no_other(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(name)
    [(filename, file)] = [it for it in index.files(name).items() if it[0].endswith(".whl")]
    good = f"{name}==1.0 --hash=sha256:{file['hashes']['sha256']}\n"
    (sandbox.work / "good.txt").write_text(good)
    (sandbox.work / "bad.txt").write_text(good.replace("sha256:", "sha256:0")[:-2] + "\n")

    def download(requirements: str, folder: str) -> Ran:
        options = ["--require-hashes", "--no-deps", "--index-url", index.read_url]
        return pip(client, sandbox, "download", *options, "-r", requirements, "-d", folder)

    download("good.txt", "files").succeeded()
    refused = download("bad.txt", "none").failed()

    assert (sandbox.work / "files" / filename).read_bytes() == index.download(name, filename)
    assert "DO NOT MATCH" in refused


@every_pip
@pytest.mark.shows("lists the versions of a project (pip index versions)")
def test_the_versions_of_a_project_can_be_listed(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"), wheel(name, "1.10"), wheel(name, "1.9"), wheel(name, "2.0rc1"))
    listed = pip(client, sandbox, "index versions", "--index-url", index.read_url, name)

    assert "Available versions: 1.10, 1.9, 1.0" in listed.succeeded()


@every_pip
@pytest.mark.shows("downloads a local version under its right name")
def test_a_local_version_is_saved_under_its_own_name(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    filename, content = wheel(name, "1.0+cu121")
    index.has((filename, content))
    pip(
        client, sandbox, "download", "--index-url", index.read_url, "--dest", "files", name
    ).succeeded()

    assert (sandbox.work / "files" / filename).read_bytes() == content


@every_pip
@pytest.mark.shows("builds an sdist without isolation")
def test_an_sdist_is_built_with_the_backend_that_is_installed_already(
    client: Pip, backends: Index, sandbox: Sandbox, name: str
) -> None:
    backends.has(sdist(name, "1.0"))
    client.install(sandbox, backends.read_url, "setuptools", "wheel").succeeded()
    client.install(sandbox, backends.read_url, "--no-build-isolation", name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@newest_pip
@pytest.mark.shows("takes nothing uploaded after an instant")
def test_what_was_uploaded_after_an_instant_is_left_alone(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    instant = datetime.now(UTC).isoformat()
    index.has(wheel(name, "2.0"))
    client.install(sandbox, index.read_url, "--uploaded-prior-to", instant, name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@newest_pip
@pytest.mark.shows("locks with the hashes of every file")
def test_pip_locks_into_a_pylock_file_without_the_secret(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    filename, content = wheel(name, "1.0")
    index.has((filename, content))
    pip(client, sandbox, "lock", "--index-url", index.read_url, name).succeeded()
    text = (sandbox.work / "pylock.toml").read_text()

    assert index.files(name)[filename]["hashes"]["sha256"] in text
    assert "X-Amz" not in text
    assert "iw_r_" not in text


@newest_pip
@pytest.mark.shows("resolves from metadata alone, without downloading")
def test_what_would_be_installed_is_known_from_the_metadata_alone(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(name, requires_dist=[f"{name}-base"])
    index.has_release(f"{name}-base", "1.5")
    sandbox.venv(sandbox.work / ".venv")
    client.install(
        sandbox, index.read_url, "--dry-run", "--report", "report.json", name
    ).succeeded()
    report = json.loads((sandbox.work / "report.json").read_text())
    files = [
        it.path.rpartition("/")[2] for it in index.asked_for(f"files/{name}") if it.status < 400
    ]

    assert {it["metadata"]["name"] for it in report["install"]} == {name, f"{name}-base"}
    assert files
    assert all(file.endswith(".whl.metadata") for file in files)


@newest_pip
@pytest.mark.shows("says that a token was refused")
def test_a_refused_token_is_called_so(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    said = client.install(sandbox, index.url_with("iw_r_wrong"), name).failed()

    assert "401 Error, Credentials not correct" in said
