"""`verify`, `rebuild`, `redrive`: what the owner of the AWS account does for an index.

The one module of the command line that imports the storage, and only when one of its commands is
run: the extra `idlewheel[aws]` brings what that needs.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idlewheel.domain.uploads import Lane
from idlewheel.errors import NotEmpty, NotFound
from idlewheel_cli import aws, progress
from idlewheel_cli.aws import LocalOption, ProfileOption, RegionOption, StackOption
from idlewheel_cli.failures import REFUSED, Failure
from idlewheel_cli.options import JsonOption, say, say_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idlewheel.services.verify import Report

Table = Annotated[
    str | None, typer.Option("--table", help="The index table, if it is not the stack's own.")
]
Bucket = Annotated[
    str | None, typer.Option("--bucket", help="The files bucket, if it is not the stack's own.")
]
Bytes = Annotated[
    bool, typer.Option("--bytes", help="Read every listed file and compare its digest.")
]
Into = Annotated[str, typer.Option("--into", metavar="TABLE", help="The table to write: empty.")]
Create = Annotated[bool, typer.Option("--create", help="Make that table first.")]


def verify(
    bytes_too: Bytes = False,
    stack: StackOption = "idlewheel",
    table: Table = None,
    bucket: Bucket = None,
    region: RegionOption = None,
    profile: ProfileOption = None,
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the index table with the files bucket, and with every byte if asked.

    Reads only. While others publish, a finding may be of the moment: what is found twice is real.
    Exit code 1 if anything is found.

    Examples:

      idlewheel verify --stack idlewheel --region eu-west-1

      idlewheel verify --bytes --local .idlewheel

    """
    with aws.extra():
        from idlewheel.storage.upkeep import verify_index  # noqa: PLC0415
    with aws.account(stack, region=region, profile=profile, local=local) as account:
        index_table = table or account.output("IndexTableName")
        files = bucket or account.output("FilesBucketName")
        with progress.gauge("verifying", is_json=as_json) as gauge:
            report = verify_index(
                index_table, files, account.region, bytes_too=bytes_too, progress=gauge
            )
    if as_json:
        say_json({"table": index_table, "bucket": files, **_described(report, bytes_too)})
    else:
        _tell(report)
    raise typer.Exit(REFUSED if report.findings else 0)


def rebuild(
    into: Into,
    create: Create = False,
    stack: StackOption = "idlewheel",
    bucket: Bucket = None,
    region: RegionOption = None,
    profile: ProfileOption = None,
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an empty index table from the manifests in the files bucket.

    Nothing is ever dropped: a table that holds anything is refused, unless it is one whose
    rebuilding was stopped. Uploads, the audit and tokens are not in the manifests.

    Example:

      idlewheel rebuild --into idlewheel-rebuilt --create

    """
    with aws.extra():
        from idlewheel.storage.upkeep import rebuild_index  # noqa: PLC0415
    with aws.account(stack, region=region, profile=profile, local=local) as account:
        source = bucket or account.output("FilesBucketName")
        with progress.gauge("rebuilding", is_json=as_json) as gauge:
            try:
                done = rebuild_index(
                    source, into, account.region, make_table=create, progress=gauge
                )
            except (NotEmpty, NotFound) as error:
                raise Failure(str(error)) from None
    if as_json:
        say_json({"bucket": source, "table": into, "items": dict(sorted(done.items()))})
        return
    say(f"{into} holds {_counted(done)}")
    say(f"check it with 'idlewheel verify --table {into}'; deploy with RestoredIndexTable={into}")


def redrive(
    stack: StackOption = "idlewheel",
    region: RegionOption = None,
    profile: ProfileOption = None,
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have every upload that has no verdict yet judged again, and take away its dead letters.

    For when ingest could not judge, and what kept it from that is mended. An upload that has ended
    stays ended: its client sends the file again.

    Example:

      idlewheel redrive --stack idlewheel

    """
    with aws.extra():
        from idlewheel.storage.upkeep import redrive_uploads  # noqa: PLC0415
    with aws.account(stack, region=region, profile=profile, local=local) as account:
        lanes = {
            lane: (
                _name(account, f"{lane.title()}Queue"),
                _name(account, f"{lane.title()}DeadLetters"),
            )
            for lane in Lane
        }
        table, inbox = account.output("IndexTableName"), account.output("InboxBucketName")
        done = redrive_uploads(table, inbox, lanes, account.region)
    if as_json:
        counted = ("sent again", "ended", "dead letters")
        say_json({name.replace(" ", "_"): done[name] for name in counted})
        return
    say(f"{done['sent again']} uploads are judged again, {done['ended']} had ended")
    say(f"{done['dead letters']} dead letters were taken away")


def _name(account: aws.Account, queue: str) -> str:
    return account.resource(queue).rpartition("/")[2]


def _described(report: Report, bytes_too: bool) -> dict[str, Any]:
    findings = [{**it._asdict(), "message": it.message} for it in report.findings]
    counts = dict(sorted(report.counts.items()))
    return {"bytes": bytes_too, "counts": counts, "findings": findings}


def _tell(report: Report) -> None:
    """Tell people what was found, all of one code together."""
    for code, found in groupby(sorted(report.findings), lambda finding: finding.code):
        of_code = list(found)
        say(f"{code}: {of_code[0].message}")
        for finding in of_code:
            say(f"  {finding.project}  {finding.subject}".rstrip())
    say(f"looked at {_counted(report.counts)}; {len(report.findings) or 'no'} findings")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
