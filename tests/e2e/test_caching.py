"""What a second installation costs: every request and every byte, counted on the wire."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.e2e.installers import INSTALLERS, Installer
from tests.e2e.sandbox import Sandbox
from tests.factories import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.index import Index
    from tests.e2e.wire import Exchange, Wire

PAYLOAD = 200_000
"""Bytes of the wheel that are not worth compressing: a page is far smaller."""

KEEPS_PAGES = [client for client in INSTALLERS if client.name not in {"pdm", "pipenv"}]
"""pdm's cache takes itself for a shared one, and keeps nothing that needs a token; pipenv has none
for pages."""

KEEPS_FILES = {"uv", "poetry"}
"""They know a file by its place on the page; pip by the signed URL, which is new each time."""


class Cost(NamedTuple):
    """What an installation took from the index, and what from the store behind it."""

    pages: list[int]
    """Statuses of the project's page."""
    page_bytes: int
    file_bytes: int


@pytest.mark.checklist("CACHE-02", "CACHE-06")
@pytest.mark.shows("asks for an unchanged page at the price of a 304")
@pytest.mark.parametrize("client", KEEPS_PAGES, ids=lambda it: it.name)
def test_a_second_installation_asks_again_and_is_told_that_nothing_has_changed(
    client: Installer, index: Index, tmp_path: Path, outside: Wire, name: str
) -> None:
    index.has(wheel(name, "1.0", files={f"{name}/noise.bin": noise(PAYLOAD)}))
    sandbox = Sandbox(tmp_path / "machine", outside.url, {"NO_PROXY": "", "no_proxy": ""})
    client.install(sandbox, index.read_url, name).succeeded()
    first = cost(outside.take(), name)
    forget_the_project(sandbox)
    time.sleep(1.1)  # a URL signed within the same second would be the same, and kept by all
    client.install(sandbox, index.read_url, name).succeeded()
    second = cost(outside.take(), name)

    assert first.file_bytes >= PAYLOAD
    assert second.page_bytes == 0
    assert set(second.pages) == {304}
    assert second.file_bytes == (0 if client.name in KEEPS_FILES else first.file_bytes)


def cost(exchanges: list[Exchange], name: str) -> Cost:
    """Add up what was exchanged about a project."""
    pages = [it for it in exchanges if it.path == f"/simple/{name}/"]
    files = [it for it in exchanges if ".whl" in it.path and ".metadata" not in it.path]
    return Cost(
        [it.status for it in pages],
        sum(it.size for it in pages if it.status == 200),
        sum(it.size for it in files if it.status == 200),
    )


def forget_the_project(sandbox: Sandbox) -> None:
    """Start again in an empty folder, with what is in the caches."""
    sandbox.work.rename(sandbox.work.with_name("before"))
    sandbox.work.mkdir()


def noise(size: int) -> bytes:
    """Bytes that no compression makes fewer, the same every time."""
    import random

    return random.Random(1).randbytes(size)
