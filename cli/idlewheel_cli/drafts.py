"""Releases whose files become visible all at once; and `idlewheel draft`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Annotated, Any

import typer

from idlewheel.distribution import filenames
from idlewheel.errors import Rejected
from idlewheel_cli.api import Api
from idlewheel_cli.failures import Failure
from idlewheel_cli.index import escaped
from idlewheel_cli.options import (
    IndexOption,
    JsonOption,
    Project,
    YesOption,
    api,
    say,
    say_json,
    table,
)
from idlewheel_cli.outcome import Outcome, Verdict
from idlewheel_cli.selection import Candidate

app = typer.Typer(help="Show, publish and cancel drafts of releases.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="As 'publish --draft' says.")]
Filename = Annotated[str, typer.Argument(metavar="FILE", help="The name of a file in the draft.")]


class Drafts(Enum):
    """What becomes of the drafts that a command fills."""

    NONE = auto()
    """There are none: each file is published by itself."""
    PUBLISHED = auto()
    KEPT = auto()

    @classmethod
    def of(cls, *, together: bool, stays: bool) -> Drafts:
        """Choose by what was asked for: files *together*, in a draft that *stays* one."""
        if stays:
            return cls.KEPT
        return cls.PUBLISHED if together else cls.NONE


@dataclass(frozen=True, slots=True)
class Release:
    """One release and its draft, as the command leaves it."""

    draft: dict[str, Any]
    """As the index describes it."""
    trouble: str = ""
    """Why it is not published although it was to be."""
    exit_code: int = 0

    @property
    def name(self) -> str:
        """The project and the version."""
        return f"{self.draft['name']} {self.draft['version']}"

    def sentence(self) -> str:
        """Say what it is and what can be done."""
        number = self.draft["id"]
        if self.draft["state"] == "published":
            return f"{self.name}: visible, all at once"
        if self.trouble:
            return (
                f"{self.name}: nothing is visible, {self.trouble}. Mend it and repeat the command, "
                f"or 'idlewheel draft cancel {number}'"
            )
        project, version = self.draft["name"], self.draft["version"]
        return (
            f"{self.name}: in draft {number}, which nobody sees, until "
            f"{self.draft['expires_at'][:16].replace('T', ' ')} UTC\n"
            f"  try it:   pip install --index-url {self.draft['links']['stage']} "
            f"{project}=={version}\n"
            f"  then:     idlewheel draft publish {number}"
        )

    def describe(self) -> dict[str, Any]:
        """Tell it to programs."""
        told = {"id", "name", "version", "state", "expires_at", "links"}
        return {key: self.draft[key] for key in told} | {"trouble": self.trouble}


def drafted(
    asked: Api,
    candidates: Sequence[Candidate],
    send: Callable[[Sequence[Candidate]], list[Outcome]],
    publish: Drafts,
) -> tuple[list[Outcome], list[Release]]:
    """Send files into the drafts of their releases, where wanted, and publish these if all is well.

    Answers what became of each file, and of each draft.
    """
    if publish is Drafts.NONE:
        return send(candidates), []
    places = [_release_of(candidate) for candidate in candidates]
    opened = {
        place: asked.ask("POST", "/drafts", json={"name": place[0], "version": place[1]})
        for place in dict.fromkeys(places)
    }
    sent = [
        replace(one, draft=opened[place]["id"])
        for one, place in zip(candidates, places, strict=True)
    ]
    outcomes = send(sent)
    releases: list[Release] = []
    for place, draft in opened.items():
        mine = [it for it, at in zip(outcomes, places, strict=True) if at == place]
        releases.append(_ended(asked, draft["id"], mine, publish))
    visible = {one.draft["id"] for one in releases if one.draft["state"] == "published"}
    return [
        replace(outcome, verdict=Verdict.PUBLISHED)
        if outcome.verdict is Verdict.STAGED and one.draft in visible
        else outcome
        for outcome, one in zip(outcomes, sent, strict=True)
    ], releases


def _release_of(candidate: Candidate) -> tuple[str, str]:
    try:
        name = filenames.parse(candidate.name)
    except Rejected as error:
        raise Failure(f"{candidate.name}: {error}") from None
    return name.project, name.version


def _ended(asked: Api, number: str, outcomes: Sequence[Outcome], publish: Drafts) -> Release:
    draft = asked.ask("GET", f"/drafts/{number}")
    bad = [one.filename for one in outcomes if not one.verdict.is_good]
    if bad:
        return Release(draft, f"for {', '.join(bad)} did not come to a good end")
    if publish is Drafts.KEPT:
        return Release(draft)
    held = {one["filename"] for one in draft["files"]}
    if not held:
        return Release(draft | {"state": "published"})  # each was published by itself before
    # What is published by itself already is in no draft; what else is missing must stop us.
    there = {one.filename for one in outcomes if one.verdict is not Verdict.STAGED}
    mine = {one.filename for one in outcomes} - (there - held)
    try:
        return Release(publish_draft(asked, number, sorted(mine)))
    except Failure as failure:
        return Release(draft, f"for the index said: {failure}", failure.exit_code)


def publish_draft(asked: Api, number: str, files: Iterable[str]) -> dict[str, Any]:
    """Make a draft visible that holds just *files*."""
    path = f"/drafts/{escaped(number)}/publish"
    return asked.ask("POST", path, json={"files": list(files)})


@app.command("list")
def list_drafts(project: Project, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the open drafts of a project."""
    with api(index) as asked:
        found = asked.ask("GET", "/drafts", params={"name": project})["drafts"]
    if as_json:
        return say_json(found)
    table(found, "id", "version", "principal", "opened_at", "expires_at")
    return None


@app.command()
def show(draft: Id, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show a draft, the files in it, and how to try it."""
    with api(index) as asked:
        found = asked.ask("GET", f"/drafts/{escaped(draft)}")
    if as_json:
        return say_json(found)
    table(found["files"], "filename", "size", "sha256")
    if found["state"] == "cancelled":
        return say(f"{found['name']} {found['version']}: cancelled")
    return say(Release(found).sentence())


@app.command()
def publish(draft: Id, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Make every file of a draft visible, or none.

    Any token that may publish to the project will do, so that one may stage and another decide.

    Example:

      idlewheel draft publish 0123456789abcdef0123456789abcdef

    """
    with api(index) as asked:
        seen = asked.ask("GET", f"/drafts/{escaped(draft)}")
        found = publish_draft(asked, draft, (one["filename"] for one in seen["files"]))
    if as_json:
        return say_json(found)
    return say(Release(found).sentence())


@app.command()
def remove(draft: Id, filename: Filename, index: IndexOption = None) -> None:
    """Take a file out of a draft, so that another build of it may go in."""
    with api(index) as asked:
        asked.ask("DELETE", f"/drafts/{escaped(draft)}/files/{escaped(filename)}")
    say(f"{filename} is out of the draft")


@app.command()
def cancel(draft: Id, yes: YesOption = False, index: IndexOption = None) -> None:
    """End a draft and take its files away; their names stay free."""
    if not yes and not typer.confirm(f"Cancel draft {draft}, and lose what is in it?"):
        raise Failure("nothing was cancelled")
    with api(index) as asked:
        asked.ask("DELETE", f"/drafts/{escaped(draft)}")
    say(f"cancelled draft {draft}")
