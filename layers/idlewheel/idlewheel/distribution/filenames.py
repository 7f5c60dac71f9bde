"""What the filename of a distribution says, and what it may look like.

The forms are those of PEP 427 (wheels, with the tags of PEP 425) and PEP 625 (sdists). They are
taken apart here and not by `packaging.utils`, which lets through too much for an index: capitals,
``.zip``, other spellings of one name, and tag sets that multiply into millions. This module is
loaded by the function that takes uploads, so it imports nothing that reads archives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name
from packaging.version import Version

from idlewheel.distribution.rules import broken, shown
from idlewheel.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.errors import Problem

Kind = Literal["wheel", "sdist"]

LENGTH_LIMIT = 255
"""Bytes: what common file systems take."""
TAG_LIMIT = 1_000
"""How many single tags a compressed tag set may stand for; real ones stay under a hundred."""

EXTENSIONS: dict[str, Kind] = {".whl": "wheel", ".tar.gz": "sdist"}
CHARACTERS = re.compile(r"[A-Za-z0-9._+!-]+")
NAME = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
BUILD = re.compile(r"[0-9][A-Za-z0-9_.]*")
PYTHON_TAG = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TAG = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class DistributionName:
    """The filename of a distribution, understood."""

    filename: str
    project: str
    """The normalized name (PEP 503)."""
    version: str
    """The canonical spelling (PEP 440)."""
    kind: Kind
    python_tag: str
    """The first part of a wheel's tag, such as ``py2.py3``; ``source`` for sdists."""
    tag: str = ""
    """The (compressed) tag of a wheel, such as ``py2.py3-none-any``; empty for sdists."""
    build: str = ""

    @property
    def stem(self) -> str:
        """``name-version`` as PEP 427 and 625 spell it: the stem of .dist-info and of sdists."""
        return f"{escaped(self.project)}-{self.version}"

    @property
    def tags(self) -> frozenset[str]:
        """Every single tag that the wheel is for."""
        return expand(self.tag)


@dataclass(frozen=True, slots=True)
class Parts:
    """A filename taken apart, not yet judged."""

    filename: str
    kind: Kind | None
    fields: tuple[str, ...]

    @property
    def is_split(self) -> bool:
        """Whether there are as many parts as its kind has."""
        wanted = {"wheel": (5, 6), "sdist": (2,)}.get(self.kind or "", ())
        return len(self.fields) in wanted

    @property
    def name(self) -> str:
        """The part before the version, as spelled."""
        return self.fields[0]

    @property
    def version(self) -> str:
        """The version, as spelled."""
        return self.fields[1]

    @property
    def build(self) -> str:
        """The build tag of a wheel, or nothing."""
        return self.fields[2] if len(self.fields) == 6 else ""

    @property
    def tag(self) -> tuple[str, ...]:
        """The three parts of a wheel's tag; nothing for sdists."""
        return self.fields[-3:] if self.kind == "wheel" else ()


def parse(filename: str, *, as_mirror: bool = False) -> DistributionName:
    """Return what *filename* says, or raise `Rejected` with every problem of it.

    *as_mirror* lets through spellings that were usual before PEP 625 and its like.
    """
    parts = split(filename)
    problems = tuple(judge(parts, as_mirror=as_mirror))
    if problems:
        raise Rejected(problems)
    return DistributionName(
        filename=filename,
        project=canonicalize_name(parts.name),
        version=str(Version(parts.version)),
        kind=parts.kind or "wheel",
        python_tag=parts.tag[0] if parts.tag else "source",
        tag="-".join(parts.tag),
        build=parts.build,
    )


def split(filename: str) -> Parts:
    """Take *filename* apart at its dashes."""
    for extension, kind in EXTENSIONS.items():
        if filename.endswith(extension):
            stem = filename.removesuffix(extension)
            fields = stem.split("-") if kind == "wheel" else stem.rsplit("-", 1)
            return Parts(filename, kind, tuple(fields))
    return Parts(filename, None, ())


def judge(parts: Parts, *, as_mirror: bool) -> Iterator[Problem]:
    """Yield every problem; what a later rule rests on comes first and stops the rest."""
    blocking = tuple(broken(TEXT_RULES, parts))
    yield from blocking
    if not blocking:
        rules = RULES if as_mirror else RULES + UPLOAD_RULES
        yield from broken(rules, parts)


def escaped(project: str) -> str:
    """Return a normalized name as filenames spell it."""
    return project.replace("-", "_")


def expand(tag: str) -> frozenset[str]:
    """Return the single tags of a compressed tag set (PEP 425); the caller bounds their number."""
    columns = [column.split(".") for column in tag.split("-")] if tag else []
    return frozenset("-".join(single) for single in product(*columns) if single)


def version_of(text: str) -> Version | None:
    """Return the version, or None where *text* is none; a huge number is no version either."""
    try:
        return Version(text)
    except ValueError:
        return None


def filename_is_plain_text(parts: Parts) -> Iterator[str]:
    """A filename has only ASCII letters and digits and ``. _ + ! -``, and at most 255 bytes.

    So it can never be a path, a header, a key or markup. (PEP 427, 440 and 625 need no others.)
    """
    if len(parts.filename) > LENGTH_LIMIT:
        yield f"The filename is longer than {LENGTH_LIMIT} bytes"
    elif not CHARACTERS.fullmatch(parts.filename):
        yield f"{shown(parts.filename)} has characters that no distribution filename has"


def filename_has_a_known_extension(parts: Parts) -> Iterator[str]:
    """Wheels end in ``.whl``, sdists in ``.tar.gz``; PEP 625 knows no ``.zip``."""
    if parts.kind is None:
        yield f"{shown(parts.filename)} is neither a wheel (.whl) nor an sdist (.tar.gz)"


def filename_has_all_its_parts(parts: Parts) -> Iterator[str]:
    """A wheel is ``name-version[-build]-python-abi-platform``, an sdist ``name-version``."""
    if parts.kind is not None and not parts.is_split:
        form = "name-version(-build)-python-abi-platform.whl"
        form = form if parts.kind == "wheel" else "name-version.tar.gz"
        yield f"{shown(parts.filename)} is not of the form {form}"


def filename_has_a_valid_name(parts: Parts) -> Iterator[str]:
    """The name part is a project name: it begins and ends with a letter or digit (PEP 508)."""
    if not NAME.fullmatch(parts.name):
        yield f"{shown(parts.name)} is not a valid project name"


def filename_has_a_valid_version(parts: Parts) -> Iterator[str]:
    """The version part is a version (PEP 440); local versions and epochs are welcome."""
    if version_of(parts.version) is None:
        yield f"{shown(parts.version)} is not a valid version"


def filename_has_a_valid_build_tag(parts: Parts) -> Iterator[str]:
    """A build tag begins with a digit (PEP 427)."""
    if len(parts.fields) == 6 and not BUILD.fullmatch(parts.build):
        yield f"{shown(parts.build)} is not a build tag: it must begin with a digit"


def filename_has_valid_tags(parts: Parts) -> Iterator[str]:
    """Each tag is made of letters, digits and ``_`` (PEP 425); a platform may be unknown to us."""
    for pattern, column in zip((PYTHON_TAG, TAG, TAG), parts.tag, strict=False):
        if not all(pattern.fullmatch(tag) for tag in column.split(".")):
            yield f"{shown(column)} is not a tag, or a set of tags joined by dots"


def filename_tags_are_few(parts: Parts) -> Iterator[str]:
    """A compressed tag set stands for at most 1000 single tags: sets multiply (PEP 425)."""
    if prod(column.count(".") + 1 for column in parts.tag) > TAG_LIMIT:
        yield f"The tags of {shown(parts.filename)} stand for more than {TAG_LIMIT} single tags"


def filename_is_normalized(parts: Parts) -> Iterator[str]:
    """Name and version are in their one normal spelling, ``_`` for ``-`` (PEP 427, 625)."""
    version = version_of(parts.version)
    if version is None or not NAME.fullmatch(parts.name):
        return
    expected = (escaped(canonicalize_name(parts.name)), str(version))
    if parts.fields[:2] != expected:
        end = parts.filename[len(parts.name) + len(parts.version) + 1 :]
        yield f"{shown(parts.filename)} must be spelled {shown('-'.join(expected) + end)}"


TEXT_RULES = (
    filename_is_plain_text,
    filename_has_a_known_extension,
    filename_has_all_its_parts,
)
"""Without these the others mean nothing."""

RULES = (
    filename_has_a_valid_name,
    filename_has_a_valid_version,
    filename_has_a_valid_build_tag,
    filename_has_valid_tags,
    filename_tags_are_few,
)

UPLOAD_RULES = (filename_is_normalized,)
"""These bind new uploads; older files, which a mirror carries, may break them."""
