"""The command line: which commands there are, and how they end."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from idlewheel_cli import (
    audit,
    bootstrap,
    browse,
    doctor,
    drafts,
    imports,
    login,
    manage,
    publish,
    serve,
    tokens,
    upkeep,
)
from idlewheel_cli.api import own_version
from idlewheel_cli.failures import Failure

INTERRUPTED = 130

app = typer.Typer(
    name="idlewheel",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PUBLISHING, READING, MANAGING, LOGGING_IN, RUNNING = (
    "Publish",
    "Read",
    "Manage",
    "Log in",
    "Run an index",
)
COMMANDS = (
    ("publish", publish.publish, PUBLISHING),
    ("import", imports.import_files, PUBLISHING),
    ("login", login.login, LOGGING_IN),
    ("logout", login.logout, LOGGING_IN),
    ("whoami", login.whoami, LOGGING_IN),
    ("list", browse.list_projects, READING),
    ("show", browse.show, READING),
    ("versions", browse.versions, READING),
    ("download", browse.download, READING),
    ("yank", manage.yank, MANAGING),
    ("unyank", manage.unyank, MANAGING),
    ("delete", manage.delete, MANAGING),
    ("restore", manage.restore, MANAGING),
    ("status", manage.status, MANAGING),
    ("audit", audit.audit, MANAGING),
    ("bootstrap", bootstrap.bootstrap, RUNNING),
    ("serve", serve.serve, RUNNING),
    ("doctor", doctor.doctor, RUNNING),
    ("verify", upkeep.verify, RUNNING),
    ("rebuild", upkeep.rebuild, RUNNING),
    ("redrive", upkeep.redrive, RUNNING),
)

for _name, _command, _panel in COMMANDS:
    app.command(name=_name, rich_help_panel=_panel)(_command)
app.add_typer(drafts.app, name="draft", rich_help_panel=PUBLISHING)
app.add_typer(tokens.app, name="token", rich_help_panel=MANAGING)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"idlewheel {own_version()}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


@app.callback()
def idlewheel(version: Version = False) -> None:
    """Publish to a private Python package index, read it, and manage it.

    Start with *idlewheel login URL*, then *idlewheel publish dist/&ast;*.
    """


def run(arguments: list[str], command: typer.Typer = app) -> int:
    """Run a command line; answer its exit code. What goes wrong is told on standard error."""
    try:
        command(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Failure as failure:
        sys.stderr.write(f"error: {failure}\n")
        return failure.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    else:
        code = 0
    if code == INTERRUPTED:
        sys.stderr.write("stopped; the same command again goes on where this one ended\n")
    return code


def main() -> None:
    """Be the command. Who interrupts it does not wait for what its threads are about."""
    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    gc.freeze()  # or the interpreter would look for garbage before it ends, for 0.2 seconds
    sys.exit(code)


if __name__ == "__main__":
    main()
