"""The clients that build a project, each with the backend that it recommends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.sandbox import Ran, Sandbox


@dataclass(frozen=True, slots=True)
class Builder:
    """A client, and the project that it would make for us."""

    name: str
    requires: str
    backend: str
    command: tuple[str, ...]
    """Builds an sdist and a wheel into ``dist``."""
    publisher: str
    """The publisher that goes with it."""

    def lay_out(self, folder: Path, name: str) -> None:
        """Write a project with a README, a script, an extra and one module."""
        package = name.replace("-", "_")
        (folder / "src" / package).mkdir(parents=True)
        (folder / "src" / package / "__init__.py").write_text('"""Built."""\n\nANSWER = 42\n')
        (folder / "README.md").write_text(f"# {name}\n\nÜber *alles*.\n")
        (folder / "LICENSE").write_text("Do as you like.\n")
        (folder / "pyproject.toml").write_text(
            PROJECT.format(name=name, package=package, requires=self.requires, backend=self.backend)
        )

    def build(self, sandbox: Sandbox, url: str) -> Ran:
        """Build; what the backend needs comes from the index *url*."""
        return sandbox.run(
            self.name,
            *self.command,
            PIP_INDEX_URL=url,
            UV_DEFAULT_INDEX=url,
            PDM_PYPI_URL=url,
            SOURCE_DATE_EPOCH="1577836800",
        )


PROJECT = """[build-system]
requires = ["{requires}"]
build-backend = "{backend}"

[project]
name = "{name}"
version = "1.0.post1"
description = "Everything that metadata can say"
readme = "README.md"
requires-python = ">=3.11"
license = "MIT"
license-files = ["LICENSE"]
authors = [{{ name = "Zoë", email = "zoe@example.com" }}]
keywords = ["one", "two words"]
classifiers = ["Programming Language :: Python :: 3", "Private :: Do Not Upload"]
dependencies = []

[project.optional-dependencies]
more = ["packaging>=20; python_version >= '3.11'"]

[project.urls]
Homepage = "https://example.com/{name}"

[project.scripts]
{name} = "{package}:ANSWER.bit_length"
"""

BUILDERS = [
    Builder("build", "setuptools>=77", "setuptools.build_meta", ("pyproject-build",), "twine"),
    Builder("uv", "setuptools>=77", "setuptools.build_meta", ("uv", "build"), "uv"),
    Builder("poetry", "poetry-core>=2", "poetry.core.masonry.api", ("poetry", "build"), "poetry"),
    Builder("pdm", "pdm-backend", "pdm.backend", ("pdm", "build"), "pdm"),
    Builder("hatch", "hatchling", "hatchling.build", ("hatch", "build"), "hatch"),
    Builder("flit", "flit_core>=3.12", "flit_core.buildapi", ("flit", "build"), "flit"),
]
