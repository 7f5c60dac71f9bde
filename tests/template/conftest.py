from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.translation import ROOT, read_template, translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return read_template()


@pytest.fixture(scope="session")
def translated(template: dict[str, Any]) -> dict[str, Any]:
    return translate(template)


@pytest.fixture(scope="session")
def tools() -> Callable[[str], Path]:
    """Where the programs of an environment are; it is made first if it is not there."""

    def bin_of(environment: str) -> Path:
        installed = f".venvs/{environment}/installed"
        subprocess.run(["make", "--silent", installed], cwd=ROOT, check=True, timeout=240)
        return ROOT / ".venvs" / environment / "bin"

    return bin_of
