"""What only uv has: commands and options of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.installers import UV_PIP
from tests.e2e.publishers import project
from tests.factories import wheel

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Sandbox


@pytest.mark.shows("takes nothing uploaded after an instant", by="uv")
def test_what_was_uploaded_after_an_instant_is_left_alone(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    instant = datetime.now(UTC).isoformat()
    index.has(wheel(name, "2.0"))
    UV_PIP.install(sandbox, index.read_url, "--exclude-newer", instant, name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("downloads what has the hash, and nothing else", by="uv")
def test_compiled_requirements_install_with_their_hashes_and_with_no_others(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(name)
    (sandbox.work / "wanted.in").write_text(f"{name}\n")
    compiled = [
        "--generate-hashes",
        "--default-index",
        index.read_url,
        "wanted.in",
        "-o",
        "wanted.txt",
    ]
    sandbox.run("uv", *["uv", "pip", "compile", "--quiet", "--no-annotate"], *compiled).succeeded()
    text = (sandbox.work / "wanted.txt").read_text()
    (sandbox.work / "forged.txt").write_text(re.sub("sha256:..", "sha256:00", text))
    refused = UV_PIP.install(
        sandbox, index.read_url, "--require-hashes", "-r", "forged.txt"
    ).failed()
    UV_PIP.install(sandbox, index.read_url, "--require-hashes", "-r", "wanted.txt").succeeded()

    assert text.count("sha256:") == 2
    assert "hash" in refused.lower()
    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("skips what is published already (uv publish --check-url)", by="uv")
def test_publishing_with_a_check_url_skips_what_is_there_and_fails_on_other_bytes(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    def publish() -> list[str]:
        url = index.url_with(index.publish_token)
        options = ["--publish-url", index.upload_url, "--token", index.publish_token]
        return ["uv", "publish", *options, "--check-url", url]

    project(sandbox.work, name)
    sandbox.run("uv", *publish()).succeeded()
    again = sandbox.run("uv", *publish()).succeeded()
    posts = [it for it in index.asked_for(name) if it.method == "POST"]
    project(sandbox.work, name, text="other bytes")
    other = sandbox.run("uv", *publish()).failed()

    assert again.count("already exists, skipping") == 2
    assert posts == []
    assert "do not match" in other


@pytest.mark.shows("lets a token be kept by the client (uv auth login)", by="uv")
def test_uv_remembers_a_token_and_uses_it_for_pages_and_files(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    token = index.token("read:*")
    sandbox.run("uv", "uv", "auth", "login", index.url, "--token", token).succeeded()
    UV_PIP.install(sandbox, index.url, name).succeeded()
    sandbox.run("uv", "uv", "auth", "logout", index.url).succeeded()

    assert sandbox.installed()[name] == "1.0"
    UV_PIP.install(sandbox, index.url, "--reinstall", "--no-cache", name).failed()


@pytest.mark.shows("says that a token was refused", by="uv")
def test_a_refused_token_is_called_so(index: Index, sandbox: Sandbox, name: str) -> None:
    index.has(wheel(name, "1.0"))
    said = UV_PIP.install(sandbox, index.url_with("iw_r_wrong"), name).failed()

    assert "401" in said


@pytest.mark.shows("reads where to upload to from its own configuration", by="uv")
def test_uv_publishes_to_the_index_that_the_project_names(
    index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    manifest = sandbox.work / "pyproject.toml"
    manifest.write_text(manifest.read_text() + NAMED.format(index.url, index.upload_url))
    sandbox.run(
        "uv",
        *["uv", "publish", "--index", "ours"],
        UV_PUBLISH_TOKEN=index.publish_token,
        UV_INDEX_OURS_USERNAME="__token__",
        UV_INDEX_OURS_PASSWORD=index.read_token,
    ).succeeded()

    assert len(index.files(name)) == 2


NAMED = """
[[tool.uv.index]]
name = "ours"
url = "{}"
publish-url = "{}"
default = true
authenticate = "always"
"""
