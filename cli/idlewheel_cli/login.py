"""`login`, `logout`, `whoami`: tokens come into the keyring, and go."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from idlewheel_cli import configure, target, vault
from idlewheel_cli.api import Api
from idlewheel_cli.config import Config
from idlewheel_cli.failures import CredentialsWanted, Failure
from idlewheel_cli.index import Index, user_info
from idlewheel_cli.options import IndexOption, JsonOption, api, say, say_json

Url = Annotated[str, typer.Argument(metavar="URL", help="The index: https://host/stage")]
Name = Annotated[str | None, typer.Option("--name", help="What to call it; its host if unsaid.")]
Token = Annotated[str | None, typer.Option("--token", help="The token; asked for if unsaid.")]
Stdin = Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")]
Tools = Annotated[
    list[configure.Tool] | None,
    typer.Option("--configure", "-c", help="Tell this tool of the index; may be repeated."),
]


def login(
    url: Url,
    name: Name = None,
    token: Token = None,
    token_stdin: Stdin = False,
    tools: Tools = None,
) -> None:
    """Keep a token for an index, so that other commands and tools find it.

    It is kept in the keyring of the system; where there is none, in a file that only you can
    read. pip, uv, twine, poetry and pdm then get it from the keyring backend of this package.

    Examples:

      idlewheel login https://index.example/prod

      echo "$TOKEN" | idlewheel login https://index.example/prod --token-stdin

      idlewheel login https://index.example/prod --configure uv --configure twine

    """
    index = Index.of(url)
    text = _token(index, token or user_info(url)[1], from_stdin=token_stdin)
    who = _whoami(target.Target(index, text))
    place = vault.save(index, text)
    config = Config.load()
    config.add(name or index.host, index)
    config.save()
    say(f"logged in to {index.base} as {who['principal']}, {until(who['expires_at'])}")
    say(f"the token is in {place}")
    for tool in tools or ():
        for line in configure.tell(tool, name or "idlewheel", index):
            say(line)


def _token(index: Index, said: str | None, *, from_stdin: bool) -> str:
    if from_stdin:
        said = sys.stdin.readline()
    elif not said:
        if not sys.stdin.isatty():
            raise CredentialsWanted("no token was given; use --token-stdin")
        said = str(typer.prompt(f"Token for {index.base}", hide_input=True))
    text = said.strip()
    if not text:
        raise CredentialsWanted("the token is empty")
    return text


def _whoami(found: target.Target) -> dict[str, Any]:
    with Api(found) as asked:
        return asked.ask("GET", "/manage/whoami")


def logout(index: IndexOption = None) -> None:
    """Forget the token of an index. It stays good until it expires: 'token revoke' ends it."""
    found = target.find_index(target.Wanted(index))
    had = vault.drop(found)
    config = Config.load()
    config.forget(found)
    config.save()
    say(f"{'forgot the token of' if had else 'there was no token of'} {found.base}")


def whoami(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say whom the index takes you for, what you may do there, and until when."""
    with api(index) as asked:
        who = asked.ask("GET", "/manage/whoami")
        base = asked.index.base
    if as_json:
        say_json({"index": base, **who})
        return
    say(f"{who['principal']} at {base}, token {who['token_id']}, {until(who['expires_at'])}")
    for scope in who["scopes"]:
        say(f"  {scope}")


def until(text: str) -> str:
    """Say how long a token is still good."""
    try:
        left = datetime.fromisoformat(text) - datetime.now(UTC)
    except ValueError:
        raise Failure(f"the index says a strange time: {text}") from None
    hours = left.total_seconds() / 3600
    return (
        f"good for {hours / 24:.0f} days" if hours > 48 else f"good for {max(hours, 0):.1f} hours"
    )
