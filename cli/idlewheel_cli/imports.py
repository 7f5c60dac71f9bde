"""`idlewheel import`: everything that another index holds, again and again until it is all here."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated

import typer

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
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be imported.")]


def import_files(
    source: From,
    project: Projects = None,
    jobs: Jobs = 4,
    dry_run: DryRun = False,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import wheels and sdists from a folder or from any index with a simple API.

    Every file is checked against the digest that its index names, and verified like any upload.
    It can be stopped and repeated: what is here already is passed over without a download. Yanks
    come along; upload times do not, a file's time is the one of its import.

    Examples:

      idlewheel import ./wheelhouse

      idlewheel import https://user:secret@old.example/simple/ --project demo --jobs 8

    """
    found = open_source(source)
    with api(index) as asked:
        wanted = list(found.files(project or ()))
        job = Import(asked, found, Known(asked))
        missing = [file for file in wanted if not job.known.has(file)]
        if dry_run:
            outcomes: list[Outcome] = []
            _tell_plan(missing, len(wanted), is_json=as_json)
        else:
            outcomes = job.run(missing, jobs, progress.reporter(is_json=as_json))
            _tell_end(outcomes, len(wanted) - len(missing), asked.index.simple, is_json=as_json)
    raise typer.Exit(exit_code(outcomes))


def _tell_plan(missing: list[SourceFile], count: int, *, is_json: bool) -> None:
    if is_json:
        say_json([file.name for file in missing])
        return
    for file in missing:
        say(file.name)
    say(f"{len(missing)} of {count} files would be imported")


def _tell_end(outcomes: list[Outcome], passed_over: int, url: str, *, is_json: bool) -> None:
    if is_json:
        files = [outcome.describe() for outcome in outcomes]
        say_json({"index": url, "passed_over": passed_over, "files": files})
        return
    said = summary(outcomes, url) if outcomes else f"nothing to do · {url}"
    say(f"{said}; {passed_over} were here before")


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
    known: Known
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
            outcome = transfer.publish(Candidate(path), line)
        if outcome.verdict.is_good and file.yanked is not None:
            self._yank(file)
        return outcome

    def _yank(self, file: SourceFile) -> None:
        path = f"/manage/projects/{file.project}/files/{escaped(file.name)}/yank"
        try:
            self.api.ask("PUT", path, json={"reason": file.yanked})
        except (Refused, CredentialsWanted) as error:
            say(f"{file.name} could not be yanked: {error}")
