"""``~/.pypirc``, which twine and others read (Python Packaging User Guide, "The .pypirc file")."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

from idlewheel_cli.failures import Failure

DEFAULT = Path("~/.pypirc")


@dataclass(frozen=True, slots=True)
class Repository:
    """One section of the file."""

    url: str | None
    username: str | None
    password: str | None


def find(name: str, path: Path = DEFAULT) -> Repository | None:
    """Read the section *name*; None where there is no such section or file."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path.expanduser(), encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Failure(f"{path} cannot be read: {error}") from None
    if not parser.has_section(name):
        return None
    return Repository(
        *(parser.get(name, key, fallback=None) for key in ("repository", "username", "password"))
    )
