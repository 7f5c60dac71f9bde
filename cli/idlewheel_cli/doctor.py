"""`idlewheel doctor`: what may keep clients from the index, and what to do about it."""

from __future__ import annotations

import netrc
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import typer

from idlewheel_cli import target
from idlewheel_cli.api import USER_AGENT, Api, own_version
from idlewheel_cli.failures import Failure
from idlewheel_cli.login import until
from idlewheel_cli.options import IndexOption, JsonOption, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel_cli.index import Index

OK, WARNING, BAD = "ok", "warning", "bad"
MARKS = {OK: "✓", WARNING: "!", BAD: "✗"}

SKEW = 300
"""Seconds that a clock may be wrong before S3 refuses signed requests (it allows 15 minutes)."""

SOON = 3 * 86_400
"""Seconds before its end at which a token is worth a warning."""

OLDEST = {"pip": (24, 0), "uv": (0, 5), "twine": (6, 1), "poetry": (1, 8), "pdm": (2, 15)}
"""Versions from which clients read JSON pages and metadata files, and upload Metadata 2.4."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: str
    text: str


def doctor(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Check the URL, the credentials, the clocks and the clients, and say what is wrong.

    Exit code 1 if something is.
    """
    findings = list(examine(index))
    if as_json:
        say_json([{"level": it.level, "text": it.text} for it in findings])
    for it in () if as_json else findings:
        say(f"{MARKS[it.level]} {it.text}")
    raise typer.Exit(int(any(it.level == BAD for it in findings)))


def examine(index: str | None) -> Iterator[Finding]:
    """Look at everything; what cannot be looked at ends it."""
    yield Finding(OK, f"idlewheel {own_version()}")
    wanted = target.Wanted(index, interactive=False)
    try:
        place = target.find_index(wanted)
    except Failure as error:
        yield Finding(BAD, str(error))
        return
    yield from look_at_url(place)
    yield from look_at_credentials(wanted)
    yield from look_at_keyring(place)
    yield from look_at_netrc()
    yield from look_at_clients()


def look_at_url(index: Index) -> Iterator[Finding]:
    """Ask without credentials: an index says 401, and what time it is."""
    try:
        answer = httpx.get(index.simple, headers={"User-Agent": USER_AGENT}, timeout=15)
    except httpx.HTTPError as error:
        yield Finding(BAD, f"{index.base} does not answer: {error}")
        return
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        yield Finding(OK, f"{index.simple} answers, and wants credentials")
    elif answer.status_code == httpx.codes.OK:
        yield Finding(WARNING, f"{index.simple} answers anybody: this is no Idlewheel")
    else:
        yield Finding(BAD, f"{index.simple} answers {answer.status_code}; is the stage in the URL?")
    yield from _clock(answer)


def _clock(answer: httpx.Response) -> Iterator[Finding]:
    try:
        skew = time.time() - parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return
    if abs(skew) > SKEW:
        yield Finding(
            BAD, f"the clock here is {skew:+.0f} s from the index's; signed URLs will fail"
        )
    else:
        yield Finding(OK, f"the clocks agree within {max(abs(skew), 1):.0f} s")


def look_at_credentials(wanted: target.Wanted) -> Iterator[Finding]:
    """Ask who we are, and whether we may read."""
    try:
        with Api(target.resolve(wanted)) as asked:
            who = asked.ask("GET", "/manage/whoami")
    except Failure as error:
        yield Finding(BAD, str(error))
        return
    left = (datetime.fromisoformat(who["expires_at"]) - datetime.now(UTC)).total_seconds()
    level = OK if left > SOON else WARNING
    yield Finding(level, f"the token is {who['principal']}'s, {until(who['expires_at'])}")
    yield from _scopes(who)


def _scopes(who: dict[str, Any]) -> Iterator[Finding]:
    actions = {str(scope).partition(":")[0] for scope in who["scopes"]}
    yield Finding(OK, f"it may {', '.join(sorted(actions))}: {' '.join(who['scopes'])}")
    if "read" not in actions:
        yield Finding(WARNING, "it may not read: installers need a token with read:*")


def look_at_keyring(index: Index) -> Iterator[Finding]:
    """See whether other tools would find the token."""
    from idlewheel_cli import keyring_backend  # noqa: PLC0415 - keyring is slow to import

    installed = {it.value for it in entry_points(group="keyring.backends")}
    if keyring_backend.__name__ not in installed:
        yield Finding(WARNING, "the keyring backend is not installed; run 'pip install idlewheel'")
    elif keyring_backend.token_for(index.simple) is None:
        yield Finding(WARNING, f"the keyring has no token; run 'idlewheel login {index.base}'")
    else:
        yield Finding(OK, "pip, uv, twine, poetry and pdm find the token in the keyring")


def look_at_netrc() -> Iterator[Finding]:
    """Look for the one line that breaks downloads: credentials for every host, S3 included."""
    path = os.environ.get("NETRC") or str(Path("~/.netrc").expanduser())
    try:
        hosts = netrc.netrc(path).hosts
    except (OSError, netrc.NetrcParseError):
        return
    if "default" in hosts:
        yield Finding(
            BAD,
            f"{path} has a 'default' entry: pip sends it to S3, which refuses; "
            "name the index's host instead ('machine …')",
        )


def look_at_clients() -> Iterator[Finding]:
    """Tell which clients there are, and which are too old."""
    for name, oldest in OLDEST.items():
        if (path := shutil.which(name)) is None:
            continue
        found = _version(path)
        if found is None:
            yield Finding(WARNING, f"{name} does not say its version ({path})")
        elif found < oldest:
            least = ".".join(map(str, oldest))
            yield Finding(WARNING, f"{name} {_dotted(found)} is old: {least} or later reads it all")
        else:
            yield Finding(OK, f"{name} {_dotted(found)}")


def _version(path: str) -> tuple[int, ...] | None:
    try:
        said = subprocess.run(  # noqa: S603 - a tool of the user's PATH
            [path, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    for word in said.replace("(", " ").replace(")", " ").replace(",", " ").split():
        parts = word.removeprefix("twine/").split(".")
        if len(parts) > 1 and all(part.isdigit() for part in parts[:2]):
            return tuple(int(part) for part in parts[:3] if part.isdigit())
    return None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
