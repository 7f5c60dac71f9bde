"""What a wheel is made of (PEP 427), and what it must be beside a sound archive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from idlewheel.distribution import filenames
from idlewheel.distribution.entry_points import INTERPRETER
from idlewheel.distribution.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from idlewheel.distribution.filenames import DistributionName

SUFFIX = ".dist-info"
NEEDED = ("METADATA", "WHEEL", "RECORD")
SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})
"""The keys of a .data folder: the install paths that every interpreter has (PEP 427)."""
DATA = ".data"
INTO_LIBRARIES = re.compile(
    r"[^/]*\.data/(?:(?:pure|plat)lib|data/(?:.*/)?(?:site|dist)-packages)/[^/]*\.dist-info/",
    re.IGNORECASE,
)
COMMANDS = re.compile(r"scripts|data/(?:bin|scripts)", re.IGNORECASE)
"""Where the commands of an environment are, from a .data folder."""
WHEEL_FIELD = re.compile(r"[A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Wheel:
    """The members of a wheel beside its filename."""

    name: DistributionName
    paths: tuple[str, ...]
    """Every member, in order; a folder ends in a slash."""
    about: Mapping[str, tuple[str, ...]]
    """The fields of the WHEEL file by lower-case name; empty where there is none."""

    @property
    def files(self) -> frozenset[str]:
        """Every member that is not a folder."""
        return frozenset(path for path in self.paths if not path.endswith("/"))

    @property
    def dist_info(self) -> str:
        """The .dist-info folder that fits the filename, or the one that there should be."""
        fitting = (folder for folder in dist_infos(self.paths) if fits(folder, self.name))
        return next(fitting, self.name.stem + SUFFIX)

    @property
    def licenses(self) -> str:
        """The folder that License-Files are relative to (PEP 639)."""
        return f"{self.dist_info}/licenses/"


def dist_infos(paths: tuple[str, ...]) -> list[str]:
    """Return the top-level .dist-info folders, each once, in order."""
    tops = dict.fromkeys(path.partition("/")[0] for path in paths)
    return [top for top in tops if top.lower().endswith(SUFFIX)]


def fits(folder: str, name: DistributionName) -> bool:
    """Whether *folder* is ``{name}-{version}.dist-info``, however both are spelled."""
    project, _, version = folder.removesuffix(SUFFIX).rpartition("-")
    found = filenames.version_of(version) if len(version) <= filenames.LENGTH_LIMIT else None
    return canonicalize_name(project) == name.project and str(found) == name.version


def read_about(content: bytes) -> dict[str, tuple[str, ...]]:
    """Return the fields of a WHEEL file; lines that are none come under the empty name."""
    fields: dict[str, list[str]] = {}
    for line in content.decode("utf-8", "replace").split("\n"):
        if line.strip():
            name, colon, value = line.partition(":")
            is_field = colon and WHEEL_FIELD.fullmatch(name)
            fields.setdefault(name.lower() if is_field else "", []).append(value.strip())
    return {name: tuple(values) for name, values in fields.items()}


def wheel_has_its_dist_info(wheel: Wheel) -> Iterator[str]:
    """There is one .dist-info folder, named after the filename, with METADATA, WHEEL, RECORD."""
    for name in NEEDED:
        if f"{wheel.dist_info}/{name}" not in wheel.files:
            yield f"The wheel has no {wheel.dist_info}/{name}"


def wheel_has_no_foreign_dist_info(wheel: Wheel) -> Iterator[str]:
    """No other .dist-info would be installed: it would pass for another distribution."""
    for folder in dist_infos(wheel.paths):
        if folder != wheel.dist_info:
            yield f"{shown(folder)} is not the .dist-info of {wheel.name.filename}"
    for path in wheel.paths:
        if INTO_LIBRARIES.match(f"{path}/"):
            yield f"{shown(path)} would be installed as the .dist-info of something else"


def wheel_file_is_readable(wheel: Wheel) -> Iterator[str]:
    """WHEEL consists of ``Name: value`` lines."""
    for line in wheel.about.get("", ()):
        yield f"WHEEL has a line that is no field: {shown(line)}"


def wheel_version_is_1(wheel: Wheel) -> Iterator[str]:
    """Wheel-Version is 1.x: installers refuse another major version (PEP 427)."""
    versions = wheel.about.get("wheel-version", ())
    if wheel.about and (len(versions) != 1 or not re.fullmatch(r"1\.[0-9]{1,3}", versions[0])):
        yield f"Wheel-Version must be 1.x, once; WHEEL has {shown(', '.join(versions))}"


def wheel_says_where_it_goes(wheel: Wheel) -> Iterator[str]:
    """Root-Is-Purelib is ``true`` or ``false``."""
    said = wheel.about.get("root-is-purelib", ())
    if wheel.about and [value.lower() for value in said] not in (["true"], ["false"]):
        yield f"Root-Is-Purelib must be true or false; WHEEL has {shown(', '.join(said))}"


def wheel_tags_are_those_of_the_filename(wheel: Wheel) -> Iterator[str]:
    """WHEEL names every tag that the filename stands for, so that renaming changes nothing."""
    said = wheel.about.get("tag", ())
    many = sum(prod(column.count(".") + 1 for column in tag.split("-")) for tag in said)
    if many > filenames.TAG_LIMIT:
        yield f"WHEEL has more than {filenames.TAG_LIMIT} tags"
    elif wheel.about:
        expanded = {single for tag in said for single in filenames.expand(tag)}
        for tag in sorted(wheel.name.tags - expanded):
            yield f"The filename is for {tag}, WHEEL is not"


def wheel_build_is_that_of_the_filename(wheel: Wheel) -> Iterator[str]:
    """A build tag in WHEEL is that of the filename."""
    said = wheel.about.get("build", ())
    if said and said != (wheel.name.build,):
        yield f"The build tag of the filename is not that of WHEEL, {shown(', '.join(said))}"


def wheel_has_no_foreign_data(wheel: Wheel) -> Iterator[str]:
    """At the top, only the wheel's own .data folder has a name that ends in ``.data``.

    pip takes each such name for a .data folder, and other installers do not (PEP 427).
    """
    own = wheel.dist_info.removesuffix(SUFFIX) + DATA
    for top in dict.fromkeys(path.partition("/")[0] for path in wheel.paths):
        if top.endswith(DATA) and (top != own or top in wheel.files):
            yield f"{shown(top)} is not the .data folder of {wheel.name.filename}"


def wheel_data_goes_to_known_places(wheel: Wheel) -> Iterator[str]:
    """A .data folder has ``purelib``, ``platlib``, ``headers``, ``scripts``, ``data`` only."""
    for path in data_paths(wheel):
        key, slash, _ = path.partition("/")
        if key not in SCHEMES or not slash:
            yield f"The .data folder has {shown(path)}, which installers have no place for"


def wheel_scripts_are_no_interpreters(wheel: Wheel) -> Iterator[str]:
    """No script in .data is called ``python``: it would stand in for the interpreter.

    Nor is there another ``pyvenv.cfg``, which says where the interpreter is.
    """
    for path in data_paths(wheel):
        folder, _, name = path.rpartition("/")
        is_command = COMMANDS.fullmatch(folder) and INTERPRETER.fullmatch(name)
        if is_command or path.lower() == "data/pyvenv.cfg":
            yield f"The file {shown(name)} in .data would replace the interpreter"


def data_paths(wheel: Wheel) -> Iterator[str]:
    """Yield what is in a .data folder, the wheel's own or not, without the folder's name."""
    for path in wheel.paths:
        folder, _, inside = path.partition("/")
        if folder.endswith(DATA) and inside:
            yield inside


RULES = (
    wheel_has_its_dist_info,
    wheel_has_no_foreign_dist_info,
    wheel_version_is_1,
    wheel_data_goes_to_known_places,
    wheel_scripts_are_no_interpreters,
)

UPLOAD_RULES = (
    wheel_file_is_readable,
    wheel_says_where_it_goes,
    wheel_tags_are_those_of_the_filename,
    wheel_build_is_that_of_the_filename,
    wheel_has_no_foreign_data,
)
"""These bind new uploads; older files, which a mirror carries, may break them."""
