from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel_cli.main import run
from tests.localindex import local_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.localindex import LocalIndex

VARIABLES = (
    "IDLEWHEEL_URL",
    "IDLEWHEEL_TOKEN",
    "TWINE_REPOSITORY",
    "TWINE_REPOSITORY_URL",
    "TWINE_USERNAME",
    "TWINE_PASSWORD",
    "NETRC",
    "XDG_CONFIG_HOME",
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person with nothing configured, and without a keyring."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("IDLEWHEEL_CONFIG_DIR", str(folder / "idlewheel"))
    monkeypatch.setenv("COLUMNS", "120")
    return folder


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command line in this process."""

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        code = run([*arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def _index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with local_index(tmp_path_factory.mktemp("cli") / "state") as running:
        yield running


@pytest.fixture
def index(_index: LocalIndex, home: Path, monkeypatch: pytest.MonkeyPatch) -> LocalIndex:
    """A local index that the environment names, with an admin token."""
    monkeypatch.setenv("IDLEWHEEL_URL", _index.url)
    monkeypatch.setenv("IDLEWHEEL_TOKEN", _index.admin_token)
    return _index
