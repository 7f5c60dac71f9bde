"""`idlewheel token`: create, list, revoke and rotate tokens. Needs an admin token."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from idlewheel_cli import vault
from idlewheel_cli.failures import Failure
from idlewheel_cli.options import IndexOption, JsonOption, api, say, say_json, table

app = typer.Typer(help="Create, list, revoke and rotate tokens.", no_args_is_help=True)

Kind = Annotated[str, typer.Option("--kind", "-k", help="read, publish or admin.")]
PrincipalOption = Annotated[str, typer.Option("--for", "-f", help="Who or what will use it.")]
Scopes = Annotated[
    list[str],
    typer.Option(
        "--scope",
        "-s",
        help="What it allows: read:*, publish:project:NAME, publish:prefix:NAME-*; repeatable.",
    ),
]
Days = Annotated[float | None, typer.Option("--days", "-d", help="How long it is good.")]
Note = Annotated[str, typer.Option("--note", "-n", help="For people who list tokens.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As 'token list' shows.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As 'token list' shows.")]


@app.command()
def create(
    principal: PrincipalOption,
    scope: Scopes,
    kind: Kind = "publish",
    days: Days = None,
    note: Note = "",
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a token. It is shown this once: nobody can look it up later.

    Examples:

      idlewheel token create --for ci --scope publish:project:demo --days 90

      idlewheel token create --kind read --for laptops --scope 'read:*'

    """
    wish = {"kind": kind, "principal": principal, "scopes": scope, "note": note}
    with api(index) as asked:
        made = asked.ask("POST", "/manage/tokens", json={**wish, **_life(days)})
    _show(made, is_json=as_json)


@app.command("list")
def list_tokens(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the tokens that have not expired."""
    with api(index) as asked:
        found = asked.ask("GET", "/manage/tokens")["tokens"]
    if as_json:
        say_json(found)
    else:
        table(found, "id", "kind", "principal", "state", "expires_at", "scopes", "note")


@app.command()
def revoke(ids: Ids, index: IndexOption = None) -> None:
    """Revoke tokens: nothing is published with them from now on."""
    with api(index) as asked:
        for one in ids:
            asked.ask("DELETE", f"/manage/tokens/{one}")
            say(f"revoked {one}")


@app.command()
def rotate(
    token_id: Id, days: Days = None, index: IndexOption = None, as_json: JsonOption = False
) -> None:
    """Make a new token with the same rights, then revoke the old one.

    If it is the one that you are logged in with, the new one takes its place.

    Example:

      idlewheel token rotate 4fGh2kL9pQ

    """
    with api(index) as asked:
        before = _find(asked.ask("GET", "/manage/tokens")["tokens"], token_id)
        own = asked.ask("GET", "/manage/whoami")["token_id"] == token_id
        wish = {key: before[key] for key in ("kind", "principal", "scopes", "note")}
        made = asked.ask("POST", "/manage/tokens", json={**wish, **_life(days)})
        if own and vault.load(asked.index):
            vault.save(asked.index, made["token"])
        asked.ask("DELETE", f"/manage/tokens/{token_id}")
    _show(made, is_json=as_json)


def _find(tokens: list[dict[str, Any]], token_id: str) -> dict[str, Any]:
    for token in tokens:
        if token["id"] == token_id:
            return token
    raise Failure(f"there is no token '{token_id}'")


def _life(days: float | None) -> dict[str, float]:
    return {} if days is None else {"days": days}


def _show(made: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        say_json(made)
        return
    say(f"token {made['id']} of {made['principal']}, good until {made['expires_at']}:")
    typer.echo(made["token"])
