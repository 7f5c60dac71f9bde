"""entry_points.txt: what a wheel adds to the commands and plugins of an environment.

Installers make an executable of each script, so its name is a path that somebody else chose.
"""

from __future__ import annotations

import re
from configparser import ConfigParser
from configparser import Error as ConfigError
from typing import TYPE_CHECKING

from idlewheel.distribution.rules import printable, require, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Groups = Mapping[str, Mapping[str, str]]

LINE_BYTES = 4096
SCRIPT_GROUPS = ("console_scripts", "gui_scripts")
SCRIPT_NAME = re.compile(r"[\w.-]+")
INTERPRETER = re.compile(r"python[0-9.]*[a-z]?(\.exe)?", re.IGNORECASE)
REFERENCE = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*\s*(\[\s*[\w-]+(,\s*[\w-]+)*\s*\])?")
"""No more than pip takes; it ends in an exception at anything else."""


class CaseSensitive(ConfigParser):
    """INI as entry points are written: ``=`` only, case counts, nothing is interpolated."""

    def __init__(self) -> None:
        """Take duplicates for errors."""
        super().__init__(delimiters=("=",), interpolation=None, default_section="\0")

    def optionxform(self, optionstr: str) -> str:
        """Keep the case of names."""
        return optionstr


def read_entry_points(content: bytes) -> Groups:
    """Return the entry points by group and name, or raise `Unreadable`."""
    require(entry_points_have_short_lines, content)
    require(entry_points_are_ini, content)
    groups = parsed(content)
    require(entry_points_are_read_alike, content, groups)
    return groups


def parsed(content: bytes) -> Groups:
    """Return the entry points, or raise what `configparser` does."""
    parser = CaseSensitive()
    parser.read_string(content.decode(), "entry_points.txt")
    return {group: dict(parser.items(group)) for group in parser.sections()}


def entry_points_have_short_lines(content: bytes) -> Iterator[str]:
    """No line of entry_points.txt is longer than 4096 bytes: the parser's time is quadratic."""
    if any(len(line) > LINE_BYTES for line in content.split(b"\n")):
        yield f"entry_points.txt has a line of more than {LINE_BYTES} bytes"


def entry_points_are_ini(content: bytes) -> Iterator[str]:
    """entry_points.txt is INI in UTF-8: groups, and in them ``name = value``, each name once."""
    try:
        parsed(content)
    except (UnicodeDecodeError, ConfigError) as error:
        yield f"entry_points.txt cannot be read: {printable(' '.join(str(error).split()))}"


def entry_points_are_read_alike(content: bytes, groups: Groups) -> Iterator[str]:
    """Each line of entry_points.txt is a group, ``name = value``, or a comment after ``#``.

    `importlib.metadata`, and so pip, reads it line by line; others read INI, where a value may go
    on in the next line and ``;`` begins a comment. Both must find the same.
    """
    as_ini = [(group.strip(), *pair) for group, pairs in groups.items() for pair in pairs.items()]
    if as_ini != [*line_by_line(content.decode())]:
        yield (
            "Installers would not agree on entry_points.txt; each line of it must be a [group], "
            "name = value, or a comment after #"
        )


def line_by_line(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield group, name and value as `importlib.metadata` reads them."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield group, name.strip(), value.strip()


def scripts_have_plain_names(groups: Groups) -> Iterator[str]:
    """The name of a script has letters, digits, ``_ . -`` only: it becomes a file on the path."""
    for name in scripts(groups):
        if not SCRIPT_NAME.fullmatch(name) or set(name) <= {"."}:
            yield f"The script name {shown(name)} is not a plain file name"


def scripts_are_no_interpreters(groups: Groups) -> Iterator[str]:
    """No script is called ``python``: it would stand in for the interpreter."""
    for name in scripts(groups):
        if INTERPRETER.fullmatch(name):
            yield f"The script {shown(name)} would replace the interpreter"


def scripts_refer_to_objects(groups: Groups) -> Iterator[str]:
    """A script refers to an object as ``module:attribute``, perhaps with ``[extras]``.

    Installers refuse one without an attribute: there would be nothing to call.
    """
    for group in SCRIPT_GROUPS:
        for name, value in groups.get(group, {}).items():
            if len(value) > LINE_BYTES or not REFERENCE.fullmatch(value.strip()):
                yield f"The script {shown(name)} refers to {shown(value)}, which is no object"


def scripts(groups: Groups) -> Iterator[str]:
    """Yield the names of the executables that an installer makes."""
    for group in SCRIPT_GROUPS:
        yield from groups.get(group, {})


GATES = (entry_points_have_short_lines, entry_points_are_ini, entry_points_are_read_alike)
RULES = (scripts_have_plain_names, scripts_are_no_interpreters, scripts_refer_to_objects)
