"""`idlewheel audit`: who did what, with which token, to what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idlewheel_cli.options import IndexOption, JsonOption, api, say_json, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from idlewheel_cli.api import Api

ProjectOption = Annotated[
    str | None, typer.Option("--project", "-P", help="Only what happened to this project.")
]
PrincipalOption = Annotated[
    str | None, typer.Option("--principal", "--by", help="Only what this person or machine did.")
]
Day = Annotated[
    str | None,
    typer.Option(
        "--day", metavar="YYYY-MM-DD", help="Only that day, in UTC; today if all is unsaid."
    ),
]
Most = Annotated[
    int, typer.Option("--most", "-n", min=1, help="How many records, the newest first.")
]


def audit(
    project: ProjectOption = None,
    principal: PrincipalOption = None,
    day: Day = None,
    most: Most = 100,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell who did what, with which token, to what: of a project, of somebody, of a day.

    Needs an admin token: of the project that is asked about, or of all.

    Examples:

      idlewheel audit --project demo

      idlewheel audit --principal ci --day 2026-11-22 --most 1000 --json

    """
    wanted = {"project": project, "principal": principal, "day": day}
    said = {name: value for name, value in wanted.items() if value}
    with api(index) as asked:
        found = list(records(asked, said or {"day": f"{datetime.now(UTC):%Y-%m-%d}"}, most))
    if as_json:
        say_json(found)
        return
    shown = ("at", "act", "principal", "token", "project", "subjects", "detail")
    table([_for_people(record) for record in found], *shown)


def records(asked: Api, said: Mapping[str, str], most: int) -> Iterator[dict[str, Any]]:
    """Ask page after page, until there are *most* or there is none left."""
    following: str | None = None
    while most > 0:
        page = asked.ask(
            "GET", "/manage/audit", params={**said, **({"before": following} if following else {})}
        )
        yield from page["records"][:most]
        most -= len(page["records"])
        following = page["next"]
        if following is None:
            return


def _for_people(record: dict[str, Any]) -> dict[str, Any]:
    """Write a record shorter: to the second, without digests and ids; those are in the JSON."""
    told = {key: it for key, it in record["detail"].items() if key not in {"sha256", "upload"}}
    detail = ", ".join(f"{key}: {it}" for key, it in told.items() if it)
    return {**record, "at": record["at"][:19].replace("T", " "), "detail": detail}
