"""`yank`, `unyank`, `delete`, `restore`, `status`: what people with the right do to releases."""

from __future__ import annotations

from typing import Annotated

import typer

from idlewheel_cli.failures import Failure
from idlewheel_cli.index import escaped
from idlewheel_cli.options import (
    IndexOption,
    JsonOption,
    Project,
    ReasonOption,
    YesOption,
    api,
    say,
    say_json,
)
from idlewheel_cli.selection import DISTRIBUTIONS

What = Annotated[str, typer.Argument(metavar="VERSION|FILE", help="A release or one file.")]
Part = Annotated[
    str | None,
    typer.Argument(metavar="[VERSION|FILE]", help="A release or one file; all of it if unsaid."),
]
Status = Annotated[
    str | None,
    typer.Argument(help="active, archived, deprecated or quarantined; unsaid, it is shown."),
]


def place(project: str, what: str | None) -> str:
    """Write the path of a project, a release or a file."""
    path = f"/manage/projects/{escaped(project)}"
    if what is None:
        return path
    kind = "files" if what.endswith(DISTRIBUTIONS) else "releases"
    return f"{path}/{kind}/{escaped(what)}"


def yank(
    project: Project, what: What, reason: ReasonOption = "", index: IndexOption = None
) -> None:
    """Yank a release or a file: installers pass it over unless it is pinned (PEP 592).

    Example:

      idlewheel yank demo 1.0 --reason "loses data"

    """
    with api(index) as asked:
        asked.ask("PUT", f"{place(project, what)}/yank", json={"reason": reason})
    say(f"yanked {what} of {project}")


def unyank(project: Project, what: What, index: IndexOption = None) -> None:
    """Take a yank back."""
    with api(index) as asked:
        asked.ask("DELETE", f"{place(project, what)}/yank")
    say(f"unyanked {what} of {project}")


def delete(
    project: Project, what: Part = None, yes: YesOption = False, index: IndexOption = None
) -> None:
    """Delete a file, a release or all files of a project.

    For 30 days 'restore' brings them back. Their names stay taken for ever: whoever pinned one
    must never get other bytes for it.

    Example:

      idlewheel delete demo 1.0

    """
    name = f"{what} of {project}" if what else f"every file of {project}"
    if not yes and not typer.confirm(f"Delete {name}? Their names can never be used again"):
        raise Failure("nothing was deleted")
    with api(index) as asked:
        asked.ask("DELETE", place(project, what))
    say(f"deleted {name}; 'idlewheel restore' brings it back within 30 days")


def restore(project: Project, what: Part = None, index: IndexOption = None) -> None:
    """Take a deletion back, within 30 days."""
    with api(index) as asked:
        asked.ask("POST", f"{place(project, what)}/restore")
    say(f"restored {what or 'the files'} of {project}")


def status(
    project: Project,
    new: Status = None,
    reason: ReasonOption = "",
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the status of a project, or change it (PEP 792).

    archived takes no new files; quarantined also hides those that are there.

    Example:

      idlewheel status demo archived --reason "moved to demo2"

    """
    with api(index) as asked:
        if new is None:
            found = asked.ask("GET", place(project, None))
        else:
            wish = {"status": new, "reason": reason}
            found = asked.ask("PUT", f"{place(project, None)}/status", json=wish)
    if as_json:
        say_json({"project": found["name"], "status": found["status"]})
        return
    why = f" ({found['status_reason']})" if found.get("status_reason") else ""
    say(f"{found['name']} is {found['status']}{why}")
