"""`twine idlewheel dist/*`: the same publish, as a sub-command of twine."""

from __future__ import annotations

import typer

from idlewheel_cli.main import run
from idlewheel_cli.publish import publish


def main(args: list[str]) -> int:
    """Publish as the command line *args* says; twine ends with the exit code."""
    app = typer.Typer(add_completion=False)
    app.command(name="twine idlewheel")(publish)
    return run(args, app)
