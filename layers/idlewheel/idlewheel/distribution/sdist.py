"""What an sdist is made of (PEP 625, PEP 643), beside a sound archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from idlewheel.distribution import filenames
from idlewheel.distribution.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.filenames import DistributionName

PKG_INFO = "PKG-INFO"
END_MARK, CENTRAL_MARK = b"PK\5\6", b"PK\1\2"
END_SEARCH_BYTES = 65_535 + 22
"""How far from the end readers of ZIP look for an end record."""


@dataclass(frozen=True, slots=True)
class Sdist:
    """The members of an sdist beside its filename."""

    name: DistributionName
    paths: tuple[str, ...]
    """Every member, in order; a folder ends in a slash."""

    @property
    def files(self) -> frozenset[str]:
        """Every member that is not a folder."""
        return frozenset(path for path in self.paths if not path.endswith("/"))

    @property
    def roots(self) -> list[str]:
        """The top-level names, each once, in order."""
        return list(dict.fromkeys(path.partition("/")[0] for path in self.paths))

    @property
    def root(self) -> str:
        """The top-level folder, or the one that there should be."""
        return self.roots[0] if len(self.roots) == 1 else self.name.stem

    @property
    def licenses(self) -> str:
        """The folder that License-Files are relative to (PEP 639)."""
        return f"{self.root}/"


def sdist_has_one_root(sdist: Sdist) -> Iterator[str]:
    """Everything is in one top-level folder (PEP 625)."""
    if len(sdist.roots) != 1:
        yield f"An sdist has one top-level folder, this one {shown(', '.join(sdist.roots))}"


def sdist_root_is_named_after_it(sdist: Sdist) -> Iterator[str]:
    """The top-level folder is ``{name}-{version}`` (PEP 625), in whatever spelling."""
    project, _, version = sdist.root[: filenames.LENGTH_LIMIT].rpartition("-")
    found = (canonicalize_name(project), str(filenames.version_of(version)))
    if found != (sdist.name.project, sdist.name.version):
        yield f"The top-level folder is {shown(sdist.root)}, not {sdist.name.stem}"


def sdist_has_pkg_info(sdist: Sdist) -> Iterator[str]:
    """There is a PKG-INFO in the top-level folder (PEP 643)."""
    if f"{sdist.root}/{PKG_INFO}" not in sdist.files:
        yield f"The sdist has no {shown(f'{sdist.root}/{PKG_INFO}')}"


def sdist_is_not_a_zip(end: bytes, directory: bytes) -> Iterator[str]:
    """The file is not a ZIP at the same time: readers look for its end record from the end."""
    if END_MARK in end and directory == CENTRAL_MARK:
        yield "The file is a gzip and a ZIP at the same time"


GATES = (sdist_is_not_a_zip,)
RULES = (sdist_has_one_root, sdist_has_pkg_info)
UPLOAD_RULES = (sdist_root_is_named_after_it,)
"""These bind new uploads; older files, which a mirror carries, may break them."""
