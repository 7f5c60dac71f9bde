"""The clients that upload, each with the command its own manual gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.e2e.sandbox import Ran, Sandbox

    Arguments = Callable[[str, str | None, Sequence[str]], list[str]]

_NO_TIME = {"SOURCE_DATE_EPOCH": "1577836800"}
"""Built twice, a file has the same bytes twice."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """A client, and how it is told to upload."""

    name: str
    arguments: Arguments
    """The command for an upload URL, a token or none, and the files."""
    says_why: bool
    """Whether it shows the body of a refusal, and not just its status."""
    needs: Callable[[str, str | None], dict[str, str]] = lambda _url, _token: {}
    """What it reads from its environment."""

    def publish(self, sandbox: Sandbox, url: str, token: str | None) -> Ran:
        """Upload what is in ``dist`` of the project in the working folder."""
        dist = (sandbox.work / "dist").iterdir()
        files = sorted(str(path.relative_to(sandbox.work)) for path in dist)
        command = self.arguments(url, token, files)
        return sandbox.run(self.name, *command, **self.needs(url, token))


def _twine(url: str, token: str | None, files: Sequence[str]) -> list[str]:
    options = ["--non-interactive", "--disable-progress-bar", "--verbose", "--repository-url", url]
    return ["twine", "upload", *options, *_as("-u", "-p", token), *files]


def _uv(url: str, token: str | None, files: Sequence[str]) -> list[str]:
    # Without a token uv asks the host for one by trusted publishing, with https and many retries.
    credentials = ["--token", token] if token else ["--trusted-publishing", "never"]
    return ["uv", "publish", "--publish-url", url, *credentials, *files]


def _poetry(_url: str, token: str | None, _files: Sequence[str]) -> list[str]:
    return ["poetry", "publish", "--repository", "ours", *_as("-u", "-p", token)]


def _pdm(url: str, token: str | None, _files: Sequence[str]) -> list[str]:
    return ["pdm", "publish", "--no-build", "--repository", url, *_as("-u", "-P", token)]


def _hatch(url: str, token: str | None, files: Sequence[str]) -> list[str]:
    return ["hatch", "publish", "--no-prompt", "--repo", url, *_as("-u", "-a", token), *files]


def _flit(_url: str, _token: str | None, _files: Sequence[str]) -> list[str]:
    return ["flit", "publish"]


def _as(user_option: str, password_option: str, token: str | None) -> list[str]:
    return [user_option, "__token__", password_option, token] if token else []


def _flit_needs(url: str, token: str | None) -> dict[str, str]:
    credentials = {"FLIT_USERNAME": "__token__", "FLIT_PASSWORD": token} if token else {}
    return {"FLIT_INDEX_URL": url, **credentials, **_NO_TIME}


PUBLISHERS = [
    Publisher("twine", _twine, says_why=True),
    Publisher("uv", _uv, says_why=True),
    Publisher("poetry", _poetry, True, lambda url, _: {"POETRY_REPOSITORIES_OURS_URL": url}),
    Publisher("pdm", _pdm, says_why=False),
    Publisher("hatch", _hatch, says_why=False),
    Publisher("flit", _flit, False, _flit_needs),
]


def project(folder: Path, name: str, version: str = "1.0", text: str = "1") -> Path:
    """Lay out a project with something to upload in ``dist``; answer its folder.

    flit always builds anew what it uploads, from the source; the others take ``dist`` as it is.
    """
    package = name.replace("-", "_")
    source = {f"{package}/__init__.py": f'"""{text}."""\n\n__version__ = "{version}"\n'}
    (folder / "dist").mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\ndescription = "A test"\n'
        'requires-python = ">=3.11"\n'
    )
    (folder / package).mkdir(exist_ok=True)
    (folder / package / "__init__.py").write_text(source[f"{package}/__init__.py"])
    for filename, content in (
        wheel(name, version, files=source),
        sdist(name, version, files={"pyproject.toml": "", **source}),
    ):
        (folder / "dist" / filename).write_bytes(content)
    return folder
