"""Options that several commands share, and how a command says what it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idlewheel_cli import target
from idlewheel_cli.api import Api

IndexOption = Annotated[
    str | None,
    typer.Option("--index", "-i", metavar="NAME|URL", help="Which index; the usual one if unsaid."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, on standard output.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ReasonOption = Annotated[
    str, typer.Option("--reason", "-m", help="Why; shown to who installs or browses.")
]
Project = Annotated[str, typer.Argument(metavar="PROJECT", help="Its name, in any spelling.")]
PypircOption = Annotated[
    Path, typer.Option("--config-file", help="The .pypirc to read.", show_default=True)
]

console = Console(soft_wrap=True, highlight=False)


def api(index: str | None) -> Api:
    """Open the index that is meant, with the token that is found for it."""
    return Api(target.resolve(target.Wanted(index)))


def say(text: str) -> None:
    """Tell people one line."""
    console.print(escape(text))


def say_json(document: Any) -> None:  # noqa: ANN401
    """Tell programs one document."""
    typer.echo(json.dumps(document, indent=2))


def table(rows: list[dict[str, Any]], *columns: str) -> None:
    """Show rows as a table; columns are keys, their titles the same in words."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        shown.add_row(*(escape(cell(row.get(column))) for column in columns))
    Console(highlight=False).print(shown)


def cell(value: Any) -> str:  # noqa: ANN401
    """Write one value of a table."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)


def size_text(size: int) -> str:
    """Write a number of bytes for people."""
    value = float(size)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
