"""`idlewheel serve`: the local index of a checkout, which needs no AWS account."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from idlewheel_cli.failures import Failure

Port = Annotated[int, typer.Option("--port", "-p", help="Port of 127.0.0.1.")]
Checkout = Annotated[
    Path | None, typer.Option("--checkout", help="The repository; found upwards if unsaid.")
]


def serve(port: Port = 8080, checkout: Checkout = None) -> None:
    """Start a private index on this machine, from a checkout of the repository.

    The same code as in AWS, on an emulator. It prints its URL and a token; Ctrl-C stops it.

    Example:

      idlewheel serve --port 8123

    """
    root = checkout or find_checkout(Path.cwd()) or find_checkout(Path(__file__).resolve())
    make = shutil.which("make")
    if root is None or not is_checkout(root):
        raise Failure(
            "the local index runs from a checkout of the Idlewheel repository: change into one, "
            "or name it with --checkout"
        )
    if make is None:
        raise Failure("the local index is started by make, which is not installed")
    os.chdir(root)
    os.execv(make, ["make", "run", f"PORT={port}"])  # noqa: S606 - it becomes this process


def find_checkout(start: Path) -> Path | None:
    """Answer the repository that *start* lies in."""
    return next((path for path in (start, *start.parents) if is_checkout(path)), None)


def is_checkout(path: Path) -> bool:
    """Say whether a folder is the repository."""
    return (path / "template.yaml").is_file() and (path / "local" / "__main__.py").is_file()
