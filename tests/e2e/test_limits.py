"""The size where the gateway ends: what plain twine sees there, and that below it all is well."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.factories import wheel

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Ran, Sandbox

MEGABYTE = 1_000_000


@pytest.mark.shows("uploads 4 MB", by="twine")
def test_a_wheel_of_four_megabytes_is_published(index: Index, sandbox: Sandbox, name: str) -> None:
    filename, content = wheel_of(name, 4 * MEGABYTE)
    upload(index, sandbox, filename, content).succeeded()

    assert index.download(name, filename) == content


@pytest.mark.shows("upload of 5 MB: refused, with the way that works", by="twine")
@pytest.mark.parametrize("megabytes", [5, 11])
def test_a_wheel_over_the_limit_is_refused_with_the_command_that_works(
    index: Index, sandbox: Sandbox, name: str, megabytes: int
) -> None:
    filename, content = wheel_of(name, megabytes * MEGABYTE)
    said = upload(index, sandbox, filename, content).failed()

    assert "413" in said
    assert "idlewheel publish" in said
    assert index.files(name) == {}


@pytest.mark.shows("upload of 5 MB: refused, with the way that works", by="uv")
def test_uv_too_is_told_the_command_that_works(index: Index, sandbox: Sandbox, name: str) -> None:
    filename, content = wheel_of(name, 5 * MEGABYTE)
    (sandbox.work / filename).write_bytes(content)
    options = ["--publish-url", index.upload_url, "--token", index.publish_token, filename]
    said = sandbox.run("uv", "uv", "publish", *options).failed()

    assert "413" in said
    assert "idlewheel publish" in said
    assert index.files(name) == {}


def upload(index: Index, sandbox: Sandbox, filename: str, content: bytes) -> Ran:
    """Upload with twine and nothing but the options that everybody uses, and --verbose."""
    (sandbox.work / filename).write_bytes(content)
    options = ["--non-interactive", "--verbose", "--disable-progress-bar"]
    options += ["--repository-url", index.upload_url, "-u", "__token__", "-p", index.publish_token]
    return sandbox.run("twine", "twine", "upload", *options, filename)


def wheel_of(name: str, size: int) -> tuple[str, bytes]:
    """Make a wheel of about *size* bytes, which no compression makes fewer."""
    package = name.replace("-", "_")
    return wheel(name, files={f"{package}/noise.bin": random.Random(1).randbytes(size)})
