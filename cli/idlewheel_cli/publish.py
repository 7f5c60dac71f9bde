"""`idlewheel publish`: what `twine upload` does, for files of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from idlewheel.distribution import isolation
from idlewheel_cli import options, pool, progress, selection, target
from idlewheel_cli.api import Api
from idlewheel_cli.drafts import Drafts, Release, drafted
from idlewheel_cli.options import JsonOption, PypircOption, say, say_json
from idlewheel_cli.outcome import Outcome, Verdict
from idlewheel_cli.pypirc import DEFAULT
from idlewheel_cli.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel_cli.selection import Candidate

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Wheels and sdists: paths, patterns or folders."),
]
Repository = Annotated[
    str | None,
    typer.Option("--repository", "-r", help="A section of .pypirc, or an index by its name."),
]
RepositoryUrl = Annotated[
    str | None, typer.Option("--repository-url", "--index", "-i", help="The URL of the index.")
]
Username = Annotated[
    str | None, typer.Option("--username", "-u", help="Any; the token alone counts.")
]
Password = Annotated[
    str | None, typer.Option("--password", "--token", "-p", help="The token. Better: log in once.")
]
SkipExisting = Annotated[
    bool,
    typer.Option(
        "--skip-existing",
        help="Do not mind a name that is taken by other content. The same content never minds.",
    ),
]
Attestations = Annotated[
    bool, typer.Option("--attestations", help="Send FILE.*.attestation along (PEP 740).")
]
NoCheck = Annotated[
    bool, typer.Option("--no-check", help="Do not verify here first; the index will in any case.")
]
NonInteractive = Annotated[bool, typer.Option("--non-interactive", help="Never ask for a token.")]
Together = Annotated[
    bool,
    typer.Option(
        "--together", help="Make the files of a release visible all at once, or none of them."
    ),
]
Draft = Annotated[
    bool,
    typer.Option("--draft", help="Stop before that: show where to look at it and install it."),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, max=16, help="Files at once.")]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be published, and how."""

    files: Sequence[str]
    wanted: target.Wanted
    skips_existing: bool = False
    with_attestations: bool = False
    is_checked: bool = True
    is_json: bool = False
    jobs: int = 4
    drafts: Drafts = Drafts.NONE


def publish(
    files: Files,
    repository: Repository = None,
    repository_url: RepositoryUrl = None,
    username: Username = None,
    password: Password = None,
    skip_existing: SkipExisting = False,
    attestations: Attestations = False,
    no_check: NoCheck = False,
    non_interactive: NonInteractive = False,
    config_file: PypircOption = DEFAULT,
    jobs: Jobs = 4,
    together: Together = False,
    draft: Draft = False,
    as_json: JsonOption = False,
) -> None:
    """Publish wheels and sdists of any size, up to 5 GiB each.

    Takes the place of 'twine upload': reads .pypirc, TWINE_* variables and the keyring. Small
    files go as a form, large ones straight into the store. It can be repeated: what is there
    already, with the same content, is a success.

    Exit codes: 0 all is published, 1 something was refused, 2 wrong command line, 3 no token or
    no right, 4 the index cannot be reached.

    Examples:

      idlewheel publish dist/*

      idlewheel publish --skip-existing --jobs 8 wheelhouse/

      idlewheel publish -r corp --attestations dist/* --json

      idlewheel publish --together dist/*

    """
    where = repository_url or repository
    wanted = target.Wanted(where, username, password, config_file, not non_interactive)
    drafts = Drafts.of(together=together, stays=draft)
    order = Order(files, wanted, skip_existing, attestations, not no_check, as_json, jobs, drafts)
    raise typer.Exit(carry_out(order))


def carry_out(order: Order) -> int:
    """Publish what is ordered and say so; answer the exit code."""
    if order.is_checked:
        isolation.get_ready()  # it starts while we look for files and credentials
    candidates = selection.select(order.files, with_attestations=order.with_attestations)
    found = target.resolve(order.wanted)
    with Api(found) as api:
        transfer = Transfer(api, is_checked=order.is_checked, skips_existing=order.skips_existing)

        def send(some: Sequence[Candidate]) -> list[Outcome]:
            return publish_all(transfer, some, is_json=order.is_json, jobs=order.jobs)

        outcomes, releases = drafted(api, candidates, send, order.drafts)
    if order.is_json:
        files = [outcome.describe() for outcome in outcomes]
        drafts = {"drafts": [one.describe() for one in releases]} if releases else {}
        say_json({"index": found.index.simple, "files": files, **drafts})
    else:
        say(summary(outcomes, found.index.simple))
        for release in releases:
            say(release.sentence())
    return exit_code([*outcomes, *releases])


def publish_all(
    transfer: Transfer, candidates: Sequence[Candidate], *, is_json: bool, jobs: int
) -> list[Outcome]:
    """Publish several files at once; answer their outcomes in the order of the files."""
    with progress.reporter(is_json=is_json) as reporter:
        return pool.each(
            lambda candidate: transfer.publish(candidate, reporter.line(candidate.name)),
            candidates,
            jobs,
        )


def summary(outcomes: Sequence[Outcome], url: str) -> str:
    """Say in one line what became of all."""
    words = {
        Verdict.PUBLISHED: "published",
        Verdict.STAGED: "in a draft",
        Verdict.EXISTS: "already there",
        Verdict.SKIPPED: "skipped",
        Verdict.REFUSED: "refused",
        Verdict.FAILED: "failed",
    }
    counts = {kind: sum(one.verdict is kind for one in outcomes) for kind in Verdict}
    said = ", ".join(f"{counts[kind]} {word}" for kind, word in words.items() if counts[kind])
    new = {Verdict.PUBLISHED, Verdict.STAGED}
    size = options.size_text(sum(one.size for one in outcomes if one.verdict in new))
    return f"{said} ({size} new) · {url}"


def exit_code(ends: Sequence[Outcome | Release]) -> int:
    """Answer the code of the worst: a refusal before a missing right before a lost connection."""
    codes = {one.exit_code for one in ends if one.exit_code}
    return min(codes) if codes else 0
