"""Which index a command is about, and with which token: options, variables, files, keyring."""

from __future__ import annotations

import netrc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from idlewheel_cli import pypirc, vault
from idlewheel_cli.config import Config
from idlewheel_cli.failures import CredentialsWanted, Failure
from idlewheel_cli.index import Index, user_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USER = "__token__"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says of the index; anything may be missing."""

    index: str | None = None
    """A URL, or a name: of `idlewheel login`, or of ``~/.pypirc``."""
    username: str | None = None
    password: str | None = None
    pypirc: Path = pypirc.DEFAULT
    interactive: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """An index, and what opens it."""

    index: Index
    password: str
    username: str = USER


def find_index(wanted: Wanted) -> Index:
    """Say which index is meant. Raises Failure where nobody has said."""
    return Index.of(_place(wanted)[0])


def resolve(wanted: Wanted) -> Target:
    """Say which index is meant and what opens it.

    Raises:
        CredentialsWanted: there is no token, and nobody to ask for one.

    """
    url, section = _place(wanted)
    index = Index.of(url)
    username = wanted.username or os.environ.get("TWINE_USERNAME")
    for found, password in _credentials(wanted, url, section):
        if password:
            return Target(index, password, username or found or USER)
    if wanted.interactive and sys.stdin.isatty():
        return Target(index, _prompt(index), username or USER)
    raise CredentialsWanted(
        f"there is no token for {index.base}: run 'idlewheel login {index.base}', or set "
        "IDLEWHEEL_TOKEN"
    )


def _place(wanted: Wanted) -> tuple[str, pypirc.Repository | None]:
    """Answer the URL of the index, and the section of ~/.pypirc that it came from, if any."""
    config = Config.load()
    environment = os.environ
    urls = (environment.get("TWINE_REPOSITORY_URL"), environment.get("IDLEWHEEL_URL"))
    said = wanted.index or next(filter(None, urls), None) or environment.get("TWINE_REPOSITORY")
    if said is None:
        if usual := config.usual():
            return usual.base, None
        raise Failure(
            "which index? Run 'idlewheel login URL' once, or set IDLEWHEEL_URL, or give --index"
        )
    if said in config.indexes:
        return config.indexes[said].base, None
    section = pypirc.find(said, wanted.pypirc)
    if section is not None:
        if not section.url:
            raise Failure(f"the section [{said}] of {wanted.pypirc} names no repository")
        return section.url, section
    if "." not in said and ":" not in said and "/" not in said:
        raise Failure(f"there is no index '{said}': neither logged in to nor in {wanted.pypirc}")
    return said, None


def _credentials(
    wanted: Wanted, url: str, section: pypirc.Repository | None
) -> Iterator[tuple[str | None, str | None]]:
    """Yield user names and passwords, the strongest first; later ones are slower to find."""
    index = Index.of(url)
    yield wanted.username, wanted.password
    yield None, os.environ.get("IDLEWHEEL_TOKEN")
    yield None, os.environ.get("TWINE_PASSWORD")
    yield user_info(url)
    if section is not None:
        yield section.username, section.password
    yield None, vault.load(index)
    for look in _OTHERS:
        yield look(index)


def _from_keyring(index: Index) -> tuple[str | None, str | None]:
    """Ask other backends as twine does: by the URL of the upload."""
    import keyring  # noqa: PLC0415 - slow, and only asked where nothing else is known
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        found = keyring.get_credential(index.legacy, None)
    except KeyringError:
        return None, None
    return (found.username, found.password) if found else (None, None)


def _from_netrc(index: Index) -> tuple[str | None, str | None]:
    path = os.environ.get("NETRC") or Path("~/.netrc").expanduser()
    try:
        found = netrc.netrc(str(path)).authenticators(urlsplit(index.base).hostname or "")
    except (OSError, netrc.NetrcParseError):
        return None, None
    return (found[0], found[2]) if found else (None, None)


_OTHERS: tuple[Callable[[Index], tuple[str | None, str | None]], ...] = (_from_keyring, _from_netrc)


def _prompt(index: Index) -> str:
    import getpass  # noqa: PLC0415

    return getpass.getpass(f"Token for {index.base}: ").strip()
