from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.clients import Index, fresh
from tests.localindex import local_index
from tests.openapi.answers import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A local index of this session's own, seen from outside; every answer is as described."""
    with (
        local_index(tmp_path_factory.mktemp("conformance") / "state") as running,
        Asking(running.url, timeout=60) as http,
    ):
        yield Index(running, http)


@pytest.fixture
def name() -> str:
    """A project that nobody has used."""
    return fresh()
