"""Telling other tools of an index: a few lines in their own files, or their own commands.

No token is written anywhere: they find it through the keyring. Poetry and pdm ask the keyring by
themselves; pip and uv have to be told to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from idlewheel_cli.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from idlewheel_cli.index import Index


class Tool(StrEnum):
    """A tool that can be told."""

    PIP = "pip"
    UV = "uv"
    TWINE = "twine"
    POETRY = "poetry"
    PDM = "pdm"


def tell(tool: Tool, name: str, index: Index) -> Iterator[str]:
    """Tell *tool* of an index under *name*; answer what was done, a line each."""
    yield from _TELLERS[tool](name, index)


def _with_user(url: str) -> str:
    """Name the user in a URL: uv asks the keyring only for a user."""
    return url.replace("://", "://__token__@", 1)


def _pip(_name: str, index: Index) -> Iterator[str]:
    # An extra index would let a stranger's public package of the same name win (dependency
    # confusion), so it takes the place of the public one.
    pip = _command("pip")
    provider = _pip_provider(Path(pip[0]))
    _run(pip, "config", "set", "global.index-url", index.simple)
    _run(pip, "config", "set", "global.keyring-provider", provider)
    yield f"pip installs from {index.simple}, and from nowhere else; keyring-provider {provider}"


def _pip_provider(pip: Path) -> str:
    """Say how pip asks the keyring: its own environment's by import, another one's by command.

    As a subprocess it never calls the command of its own environment.
    """
    keyring = shutil.which("keyring")
    return "subprocess" if keyring and Path(keyring).parent != pip.parent else "import"


def _uv(name: str, index: Index) -> Iterator[str]:
    path = _config_home() / "uv" / "uv.toml"
    lines = (
        "",
        "[[index]]",
        f'name = "{name}"',
        f'url = "{_with_user(index.simple)}"',
        f'publish-url = "{index.legacy}"',
        'authenticate = "always"',
        "",
    )
    if _append(path, f'name = "{name}"', "\n".join(lines)):
        yield f"uv knows the index '{name}' ({path})"
    else:
        yield f"uv knew an index '{name}' already ({path})"
    yield "uv asks the keyring where UV_KEYRING_PROVIDER=subprocess is set"


def _twine(name: str, index: Index) -> Iterator[str]:
    path = Path("~/.pypirc").expanduser()
    text = f"\n[{name}]\nrepository = {index.legacy}\nusername = __token__\n"
    known = not _append(path, f"[{name}]", text)
    yield f"twine {'knew' if known else 'knows'} '{name}': twine upload -r {name} dist/*"


def _poetry(name: str, index: Index) -> Iterator[str]:
    poetry = _command("poetry")
    _run(poetry, "config", f"repositories.{name}", index.legacy)
    yield f"poetry knows '{name}': poetry publish -r {name} -u __token__"
    yield f"in a project: poetry source add --priority=explicit {name} {index.simple}"


def _pdm(name: str, index: Index) -> Iterator[str]:
    pdm = _command("pdm")
    _run(pdm, "config", f"repository.{name}.url", index.legacy)
    _run(pdm, "config", f"repository.{name}.username", "__token__")
    yield f"pdm knows '{name}': pdm publish -r {name}"


_TELLERS: dict[Tool, Callable[[str, Index], Iterator[str]]] = {
    Tool.PIP: _pip,
    Tool.UV: _uv,
    Tool.TWINE: _twine,
    Tool.POETRY: _poetry,
    Tool.PDM: _pdm,
}


def _config_home() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home())
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())


def _append(path: Path, mark: str, text: str) -> bool:
    """Add *text* to a file that does not have *mark* yet; answer whether it was added."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if mark in before.splitlines():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text if before else text.lstrip("\n"))
    return True


def _command(name: str) -> list[str]:
    found = shutil.which(name)
    if found is None:
        raise Failure(f"{name} is not installed, or not on the PATH")
    return [found]


def _run(command: list[str], *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - the user's own tool
        [*command, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        what = " ".join([Path(command[-1]).name, *arguments[:3]])
        raise Failure(f"'{what}' failed: {done.stderr.strip() or done.stdout.strip()}")
