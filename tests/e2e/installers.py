"""The clients that install, each from a project or a command line as its own manual has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.e2e.sandbox import Ran, Sandbox


class Installer(Protocol):
    """Installs requirements from an index into ``.venv`` of the working folder."""

    @property
    def name(self) -> str:
        """Its environment, and its column of the grid."""
        ...

    def install(self, sandbox: Sandbox, url: str, *requirements: str, upgrade: bool = False) -> Ran:
        """Install *requirements*, from the index *url*, which holds credentials."""
        ...


@dataclass(frozen=True, slots=True)
class Pip:
    """pip, or uv in its place."""

    name: str
    command: Callable[[Path, str], list[str]]
    """The command that installs into the environment of a Python, from an index."""

    def install(self, sandbox: Sandbox, url: str, *requirements: str, upgrade: bool = False) -> Ran:
        """Install into a new environment, or into the one that is there."""
        python = sandbox.work / ".venv" / "bin" / "python"
        if not python.exists():
            sandbox.venv(sandbox.work / ".venv")
        options = ["--upgrade"] if upgrade else []
        return sandbox.run(self.name, *self.command(python, url), *options, *requirements)


def _pip(python: Path, url: str) -> list[str]:
    options = ["--no-input", "--trusted-host", "127.0.0.1"]  # trusted: then http is cached as well
    return ["python", "-m", "pip", "--python", str(python), "install", *options, "--index-url", url]


def _uv(python: Path, url: str) -> list[str]:
    return ["uv", "pip", "install", "--python", str(python), "--default-index", url]


@dataclass(frozen=True, slots=True)
class Manager:
    """A client that keeps a project, a lock file and an environment."""

    name: str
    manifest: str
    """What it reads; braces stand for the index and for the requirements."""
    requirement: Callable[[str], str]
    lock_file: str
    locking: Sequence[str]
    """Writes the lock file."""
    syncing: Sequence[str]
    """Installs what the lock file says, and fails if it has to change it."""
    installing: Sequence[str]
    """Locks if that is needed, and installs."""
    upgrading: Sequence[str]
    """Locks again with the newest versions, and installs."""

    @property
    def file(self) -> str:
        """The name of the file that it reads."""
        return "Pipfile" if self.name == "pipenv" else "pyproject.toml"

    def write(self, folder: Path, url: str, requirements: Sequence[str]) -> None:
        """Write the project's own file, without the secret."""
        host = url.rpartition("@")[2].removeprefix("http://")
        wanted = ", ".join if self.name != "pipenv" else "\n".join
        text = self.manifest.replace("{host}", host)
        lines = wanted(self.requirement(it) for it in requirements)
        (folder / self.file).write_text(text.replace("{requirements}", lines))

    def run(self, sandbox: Sandbox, url: str, command: Sequence[str]) -> Ran:
        """Run one of its commands with the credentials of *url* in the environment."""
        token = url.rpartition("@")[0].rpartition(":")[2]
        return sandbox.run(
            self.name,
            *command,
            INDEX_TOKEN=token,
            UV_INDEX_OURS_USERNAME="__token__",
            UV_INDEX_OURS_PASSWORD=token,
            POETRY_HTTP_BASIC_OURS_USERNAME="__token__",
            POETRY_HTTP_BASIC_OURS_PASSWORD=token,
        )

    def install(self, sandbox: Sandbox, url: str, *requirements: str, upgrade: bool = False) -> Ran:
        """Install into a new environment, or into the one that is there."""
        self.write(sandbox.work, url, requirements)
        return self.run(sandbox, url, self.upgrading if upgrade else self.installing)

    def lock(self, sandbox: Sandbox, url: str, *requirements: str) -> str:
        """Write the lock file; answer its text."""
        self.write(sandbox.work, url, requirements)
        self.run(sandbox, url, self.locking).succeeded()
        return (sandbox.work / self.lock_file).read_text()

    def sync(self, sandbox: Sandbox, url: str) -> Ran:
        """Install what the lock file says."""
        return self.run(sandbox, url, self.syncing)


def _quoted(requirement: str) -> str:
    return f'"{requirement}"'


def _pipfile_line(requirement: str) -> str:
    name, _, version = requirement.partition("==")
    return f'"{name}" = "{f"=={version}" if version else "*"}"'


_PROJECT = """[project]
name = "app"
version = "0"
requires-python = ">=3.11"
dependencies = [{requirements}]
"""

UV = Manager(
    name="uv",
    manifest=_PROJECT
    + '\n[[tool.uv.index]]\nname = "ours"\nurl = "http://{host}"\ndefault = true\n'
    'authenticate = "always"\n',
    requirement=_quoted,
    lock_file="uv.lock",
    locking=["uv", "lock"],
    syncing=["uv", "sync", "--locked"],
    installing=["uv", "sync"],
    upgrading=["uv", "sync", "--upgrade"],
)
POETRY = Manager(
    name="poetry",
    manifest=_PROJECT
    + "\n[tool.poetry]\npackage-mode = false\n"
    + '\n[[tool.poetry.source]]\nname = "ours"\nurl = "http://{host}"\npriority = "primary"\n',
    requirement=_quoted,
    lock_file="poetry.lock",
    locking=["poetry", "lock"],
    syncing=["poetry", "sync"],
    installing=["poetry", "update"],
    upgrading=["poetry", "update"],
)
PDM = Manager(
    name="pdm",
    manifest=_PROJECT
    + "\n[tool.pdm]\ndistribution = false\n"
    + '\n[[tool.pdm.source]]\nname = "pypi"\n'
    + 'url = "http://__token__:${INDEX_TOKEN}@{host}"\nverify_ssl = true\n',
    requirement=_quoted,
    lock_file="pdm.lock",
    locking=["pdm", "lock"],
    syncing=["pdm", "sync"],
    installing=["pdm", "install"],
    upgrading=["pdm", "update"],
)
PIPENV = Manager(
    name="pipenv",
    manifest='[[source]]\nname = "ours"\nurl = "http://__token__:${INDEX_TOKEN}@{host}"\n'
    "verify_ssl = true\n\n[packages]\n{requirements}\n",
    requirement=_pipfile_line,
    lock_file="Pipfile.lock",
    locking=["pipenv", "lock"],
    syncing=["pipenv", "sync"],
    installing=["pipenv", "install"],
    upgrading=["pipenv", "update"],
)

PIPS = [Pip("pip", _pip), Pip("pip24", _pip), Pip("pip23", _pip)]
UV_PIP = Pip("uv", _uv)
MANAGERS = [UV, POETRY, PDM, PIPENV]
INSTALLERS: list[Installer] = [*PIPS, UV_PIP, POETRY, PDM, PIPENV]
