from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

import pytest

from tests.e2e.index import Index
from tests.e2e.sandbox import CLIENTS, Sandbox
from tests.e2e.wire import Wire, wire
from tests.localindex import local_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    state = tmp_path_factory.mktemp("index") / "state"
    with local_index(state) as running, contextlib.closing(Index(running)) as known:
        yield known


@pytest.fixture(scope="session")
def _wire() -> Iterator[Wire]:
    with wire() as seen:
        yield seen


@pytest.fixture
def outside(_wire: Wire) -> Iterator[Wire]:
    """The proxy in front of everything that is not ours; no client may ask for that."""
    _wire.take()
    yield _wire
    refused, _wire.refused = _wire.refused, []
    assert refused == [], "somebody was asked who is not the index"


@pytest.fixture
def sandbox(tmp_path: Path, outside: Wire) -> Sandbox:
    return Sandbox(tmp_path / "machine", outside.url)


@pytest.fixture
def another(tmp_path: Path, outside: Wire) -> Sandbox:
    """A second machine, with nothing in its caches."""
    return Sandbox(tmp_path / "another", outside.url)


@pytest.fixture
def name() -> str:
    """The name of a project that no other test has."""
    return f"demo-{next(_numbers)}"


@pytest.fixture(scope="session")
def backends(index: Index) -> Index:
    """The index with what others build with: wheels that nobody here has made."""
    for path in sorted((CLIENTS / "backends").glob("*.whl")):
        index.has((path.name, path.read_bytes()))
    return index


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shows(*features, by): lines of the grid of docs/clients.md")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "e2e":
            item.add_marker(pytest.mark.e2e)
