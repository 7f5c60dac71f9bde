"""`idlewheel import`: everything that another index holds, again and again until it is all here."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated

import typer

from idlewheel.domain.access import Action, Principal, parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel_cli import pool, progress
from idlewheel_cli.browse import page
from idlewheel_cli.failures import CredentialsWanted, Failure, Refused
from idlewheel_cli.index import escaped
from idlewheel_cli.options import IndexOption, JsonOption, api, say, say_json
from idlewheel_cli.outcome import Outcome, Verdict
from idlewheel_cli.publish import exit_code, summary
from idlewheel_cli.selection import Candidate
from idlewheel_cli.sources import open_source
from idlewheel_cli.transfer import Transfer

if TYPE_CHECKING:
    from idlewheel_cli.api import Api
    from idlewheel_cli.progress import Line, Reporter
    from idlewheel_cli.sources import Source, SourceFile

From = Annotated[str, typer.Argument(metavar="SOURCE", help="A folder, or the URL of an index.")]
Projects = Annotated[
    list[str] | None, typer.Option("--project", "-P", help="Only this project; repeatable.")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, max=16, help="Files at once.")]
AsMirror = Annotated[
    bool | None,
    typer.Option(
        "--as-mirror/--no-as-mirror",
        help="Take old files by the rules of their time. If unsaid: where the token may.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be imported.")]


def import_files(
    source: From,
    project: Projects = None,
    jobs: Jobs = 4,
    dry_run: DryRun = False,
    as_mirror: AsMirror = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import wheels and sdists from a folder or from any index with a simple API.

    Every file is checked against the digest that its index names, and verified like any upload.
    It can be stopped and repeated: what is here already is passed over without a download. Yanks
    come along. With an admin token of the project, upload times do too, and old files come in
    that the rules for new ones would refuse.

    Examples:

      idlewheel import ./wheelhouse

      idlewheel import https://user:secret@old.example/simple/ --project demo --jobs 8

    """
    found = open_source(source)
    with api(index) as asked:
        wanted = list(found.files(project or ()))
        known = Known(asked)
        missing = [file for file in wanted if not known.has(file)]
        job = Import(asked, found, Rights.ask(asked, as_mirror, {it.project for it in missing}))
        if dry_run:
            outcomes: list[Outcome] = []
            _tell_plan(missing, len(wanted), is_json=as_json)
        else:
            outcomes = job.run(missing, jobs, progress.reporter(is_json=as_json))
            _tell_end(job, outcomes, len(wanted) - len(missing), is_json=as_json)
    raise typer.Exit(exit_code(outcomes))


def _tell_plan(missing: list[SourceFile], count: int, *, is_json: bool) -> None:
    if is_json:
        say_json([file.name for file in missing])
        return
    for file in missing:
        say(file.name)
    say(f"{len(missing)} of {count} files would be imported")


def _tell_end(job: Import, outcomes: list[Outcome], passed_over: int, *, is_json: bool) -> None:
    url, times = job.api.index.simple, job.times
    if is_json:
        files = [outcome.describe() for outcome in outcomes]
        told = {"times_kept": times["kept"], "times_lost": times["lost"]}
        say_json({"index": url, "passed_over": passed_over, **told, "files": files})
        return
    said = summary(outcomes, url) if outcomes else f"nothing to do · {url}"
    say(f"{said}; {passed_over} were here before")
    if times["kept"]:
        say(f"{times['kept']} kept their upload times")
    if times["lost"]:
        say(f"{times['lost']} have the time of this import: to keep theirs, use an admin token")


@dataclass(frozen=True, slots=True)
class Rights:
    """What the token may say of a file's past."""

    principal: Principal
    as_mirror: bool | None

    @classmethod
    def ask(cls, asked: Api, as_mirror: bool | None, projects: set[str]) -> Rights:
        """Ask the index. Raises CredentialsWanted where the token may not do as it was told to."""
        said = asked.ask("GET", "/manage/whoami")
        ends = datetime.fromisoformat(said["expires_at"])
        who = Principal(said["principal"], said["token_id"], parse_scopes(said["scopes"]), ends)
        rights = cls(who, as_mirror)
        refused = sorted(name for name in projects if not rights.may(name))
        if as_mirror and refused:
            needed = f"admin:project:{refused[0]}"
            raise CredentialsWanted(f"--as-mirror needs the scope {needed}, or a wider one")
        return rights

    def may(self, project: str) -> bool:
        """Say whether files of *project* may bring their past along."""
        return self.principal.may(Action.ADMIN, NormalizedName(project))

    def candidate(self, file: SourceFile, path: Path) -> Candidate:
        """Say of *file* what the token may."""
        if not self.may(file.project):
            return Candidate(path)
        as_mirror = self.as_mirror is not False
        return Candidate(path, upload_time=file.upload_time, as_mirror=as_mirror)


@dataclass
class Known:
    """What the index has, by the page of each project, asked for once."""

    api: Api
    pages: dict[str, dict[str, str]] = field(default_factory=dict)

    def has(self, file: SourceFile) -> bool:
        """Say whether the file is there; a digest, where both name one, must be the same."""
        if file.project not in self.pages:
            self.pages[file.project] = self._ask(file.project)
        digest = self.pages[file.project].get(file.name)
        return digest is not None and file.sha256 in {None, digest}

    def _ask(self, project: str) -> dict[str, str]:
        try:
            files = page(self.api, project)["files"]
        except Refused as error:
            if error.status != 404:
                raise
            return {}
        return {it["filename"]: it["hashes"]["sha256"] for it in files}


@dataclass
class Import:
    """Moves files from a source to an index."""

    api: Api
    source: Source
    rights: Rights
    times: Counter[str] = field(default_factory=Counter)
    """How many published files have kept their upload times, and how many have lost them."""
    lock: Lock = field(default_factory=Lock)

    def run(self, files: list[SourceFile], jobs: int, reporter: Reporter) -> list[Outcome]:
        """Import *files*, several at once, with one line for all and one for each."""
        transfer = Transfer(self.api, is_checked=False)
        with reporter:
            total = reporter.line(f"{len(files)} files")
            total.phase("importing", len(files))

            def one(file: SourceFile) -> Outcome:
                outcome = self._import(file, transfer, reporter.line(file.name))
                with self.lock:
                    total.advance(1)
                return outcome

            return pool.each(one, files, jobs)

    def _import(self, file: SourceFile, transfer: Transfer, line: Line) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="idlewheel-") as folder:
            try:
                path = self.source.fetch(file, Path(folder), line)
            except (Failure, OSError) as error:
                problems = (("not-fetched", str(error)),)
                outcome = Outcome(file.name, Verdict.FAILED, problems, exit_code=1)
                line.end(outcome)
                return outcome
            candidate = self.rights.candidate(file, path)
            outcome = transfer.publish(candidate, line)
        if outcome.verdict is Verdict.PUBLISHED and file.upload_time is not None:
            with self.lock:
                self.times["kept" if candidate.upload_time else "lost"] += 1
        if outcome.verdict.is_good and file.yanked is not None:
            self._yank(file)
        return outcome

    def _yank(self, file: SourceFile) -> None:
        path = f"/manage/projects/{file.project}/files/{escaped(file.name)}/yank"
        try:
            self.api.ask("PUT", path, json={"reason": file.yanked})
        except (Refused, CredentialsWanted) as error:
            say(f"{file.name} could not be yanked: {error}")
