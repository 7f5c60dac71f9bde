"""A machine for a client to run on: nothing of the real one but its Python, no network but us."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / ".venvs" / "clients"
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    output: str
    """Standard output and standard error as they came, without colours."""

    def succeeded(self) -> str:
        """The output of a command that has to have worked."""
        assert self.code == 0, self.output

        return self.output

    def failed(self) -> str:
        """The output of a command that has to have failed, and to have said so."""
        assert self.code != 0, self.output

        return self.output


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A home that no one has used before, and an environment that says nothing of this machine.

    Nor does it name a Python: hatch's uv would take UV_PYTHON for where to install to.

    Every other host is behind a proxy that writes down who was asked for, and refuses.
    """

    folder: Path
    proxy: str
    settings: dict[str, str] = field(default_factory=dict)
    """More of the environment, for every command."""

    def __post_init__(self) -> None:
        for folder in (self.home, self.work):
            folder.mkdir(parents=True)

    @property
    def home(self) -> Path:
        """Where clients look for their settings, and keep their caches."""
        return self.folder / "home"

    @property
    def work(self) -> Path:
        """Where commands run."""
        return self.folder / "work"

    def copy(self, name: str) -> Sandbox:
        """Make one more machine of this kind, beside this one."""
        return Sandbox(self.folder.with_name(name), self.proxy, self.settings)

    def run(self, client: str, *command: str | Path, **environment: str) -> Ran:
        """Run *command* with the programs of *client* first on the path."""
        completed = subprocess.run(
            [str(part) for part in command],
            cwd=self.work,
            env=self._environment(self.programs(client)) | self.settings | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        text = completed.stdout.decode(errors="replace")
        return Ran(completed.returncode, _COLOURS.sub("", text))

    def venv(self, folder: Path) -> Path:
        """Make an empty virtual environment in *folder*, without pip; answer its Python."""
        self.run("uv", "uv", "venv", "--quiet", "--python", sys.executable, folder).succeeded()
        return folder / "bin" / "python"

    def programs(self, client: str) -> list[str]:
        """Folders of the programs that *client* finds, its own first."""
        return [str(CLIENTS / client / "bin"), "/usr/bin", "/bin"]

    def installed(self) -> dict[str, str]:
        """Every distribution in ``.venv``, by name, with its version; nothing without one."""
        paths = self.work.glob(".venv/lib/python*/site-packages/*.dist-info")
        pairs = (path.name.removesuffix(".dist-info").rsplit("-", 1) for path in paths)
        return {name.replace("_", "-"): version for name, version in pairs}

    def _environment(self, programs: list[str]) -> dict[str, str]:
        return {
            "PATH": ":".join(programs),
            "HOME": str(self.home),
            "XDG_CONFIG_DIRS": str(self.home / "nobodys"),
            "TMPDIR": str(self.folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "250",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "HTTP_PROXY": self.proxy,
            "HTTPS_PROXY": self.proxy,
            "NO_PROXY": "127.0.0.1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COMPILE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "PDM_CHECK_UPDATE": "0",
            "PDM_NON_INTERACTIVE": "1",
            "POETRY_NO_INTERACTION": "1",
            "POETRY_VIRTUALENVS_IN_PROJECT": "1",
            "PIPENV_VENV_IN_PROJECT": "1",
            "PIPENV_NOSPIN": "1",
            "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
            "HATCH_INTERACTIVE": "0",
            "FLIT_NO_NETWORK": "1",  # it would ask for the list of classifiers
        }
