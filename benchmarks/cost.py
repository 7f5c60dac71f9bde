"""What an index costs in a month, from counted units and the public price list.

``python benchmarks/cost.py --installs 100000`` answers in dollars of us-east-1; every price and
every assumption is an option. docs/cost.md says where they come from.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars, list price of us-east-1, without the first year's free tier."""

    million_api_requests: float = 3.50
    million_function_requests: float = 0.20
    gigabyte_second: float = 0.0000133334
    million_read_units: float = 0.125
    million_write_units: float = 0.625
    million_gets: float = 0.40
    million_puts: float = 5.00
    million_messages: float = 0.40
    free_million_messages: float = 1.0
    """Every month, whoever asks."""
    gigabyte_of_files: float = 0.023
    gigabyte_of_logs: float = 0.50
    gigabyte_sent: float = 0.09
    free_gigabytes_sent: float = 100
    artifact_gigabyte: float = 0.05
    """CodeArtifact: stored, in a month."""
    million_artifact_requests: float = 5.00


@dataclass(frozen=True, slots=True)
class Counted:
    """What one request takes, as `make bench` counts it and tests/performance holds it."""

    page_reads: float = 1.0
    """Read units of a page, repeated or unchanged."""
    changed_page_reads: float = 9.0
    """Read units more, of a page that changed or that its instance has not got: the most that the
    64 newest items of a project take."""
    token_reads: float = 1.0
    publish_reads: float = 16.0
    publish_writes: float = 32.0
    """Write units of a publication: each item of the transaction counts twice."""
    publish_puts: float = 3.0
    """PUT, COPY and metadata in S3."""
    gateway_cached: float = 0.9
    """Authorizations that the gateway answers by itself."""
    pages_unchanged: float = 0.98
    """Pages that were not published to since they were last asked for by this instance."""
    gigabytes: float = 0.5
    """Memory of a function."""
    read_seconds: float = 0.012
    redirect_seconds: float = 0.004
    publish_seconds: float = 0.6
    log_bytes: float = 250
    polls: float = 4 * 650_000
    """How often Lambda asks the four queues whether there is anything, in a month."""
    sweeps: float = 8_900
    """Every five minutes; each lists the inbox once."""
    sweep_gigabyte_seconds: float = 0.25


@dataclass(frozen=True, slots=True)
class Month:
    """What is asked of an index."""

    pages: float = 0
    files: float = 0
    publications: float = 0
    stored_gigabytes: float = 10
    file_megabytes: float = 1
    """Size of a file that is downloaded; it is sent by S3."""


def cost(month: Month, prices: Prices, counted: Counted) -> dict[str, float]:
    """Answer dollars by service."""
    million = 1_000_000
    requests = month.pages + month.files + month.publications
    authorizations = requests * (1 - counted.gateway_cached)
    changed = month.pages * (1 - counted.pages_unchanged)
    reads = (
        month.pages * counted.page_reads
        + changed * counted.changed_page_reads
        + authorizations * counted.token_reads
        + month.publications * counted.publish_reads
    )
    seconds = (
        (month.pages + authorizations) * counted.read_seconds
        + month.files * counted.redirect_seconds
        + month.publications * counted.publish_seconds
    )
    invocations = requests + authorizations + month.publications + counted.sweeps
    messages = (month.publications * 3 + counted.polls) / million - prices.free_million_messages
    memory = seconds * counted.gigabytes + counted.sweeps * counted.sweep_gigabyte_seconds
    sent = max(0.0, month.files * month.file_megabytes / 1000 - prices.free_gigabytes_sent)
    return {
        "API Gateway": requests / million * prices.million_api_requests,
        "Lambda": invocations / million * prices.million_function_requests
        + memory * prices.gigabyte_second,
        "DynamoDB": reads / million * prices.million_read_units
        + month.publications * counted.publish_writes / million * prices.million_write_units,
        "S3": month.files / million * prices.million_gets
        + (month.publications * counted.publish_puts + counted.sweeps)
        / million
        * prices.million_puts
        + month.stored_gigabytes * prices.gigabyte_of_files,
        "SQS": max(0.0, messages) * prices.million_messages,
        "logs": invocations * counted.log_bytes / 1e9 * prices.gigabyte_of_logs,
        "sent": sent * prices.gigabyte_sent,
    }


def code_artifact(month: Month, prices: Prices) -> float:
    """Answer what AWS CodeArtifact asks for the same month."""
    requests = month.pages + month.files + month.publications
    sent = max(0.0, month.files * month.file_megabytes / 1000 - prices.free_gigabytes_sent)
    return (
        max(0.0, requests - 100_000) / 1_000_000 * prices.million_artifact_requests
        + max(0.0, month.stored_gigabytes - 2) * prices.artifact_gigabyte
        + sent * prices.gigabyte_sent
    )


MONTHS = {
    "idle, 10 GB": Month(),
    "100,000 installs": Month(pages=100_000, files=100_000, publications=300),
    "10 million requests, 50 GB": Month(
        pages=6_000_000, files=4_000_000, publications=3_000, stored_gigabytes=50
    ),
}


def table(prices: Prices, counted: Counted) -> str:
    """Answer the months of docs/cost.md as a table."""
    services = list(cost(Month(), prices, counted))
    head = ["month", *services, "**in all**", "CodeArtifact"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, month in MONTHS.items():
        found = cost(month, prices, counted)
        cells = [f"{found[service]:.2f}" for service in services]
        whole, other = sum(found.values()), code_artifact(month, prices)
        lines.append("| " + " | ".join([name, *cells, f"**{whole:.2f}**", f"{other:.2f}"]) + " |")
    return "\n".join(lines)


T = TypeVar("T", Month, Prices, Counted)


def _with(one: T, given: Mapping[str, float]) -> T:
    return replace(one, **{key: given[key] for key in asdict(one) if key in given})


def main() -> None:
    """Answer for the numbers of the command line; without any, the table of docs/cost.md."""
    parser = argparse.ArgumentParser(description="What an index costs in a month, in dollars.")
    for kind in (Month, Prices, Counted):
        group = parser.add_argument_group((kind.__doc__ or "").rstrip("."))
        for one in fields(kind):
            name = f"--{one.name.replace('_', '-')}"
            group.add_argument(name, type=float, metavar=str(one.default))
    parser.add_argument("--installs", type=float, help="pages and files, one of each")
    given = {key: value for key, value in vars(parser.parse_args()).items() if value is not None}
    if (installs := given.pop("installs", None)) is not None:
        given = {"pages": installs, "files": installs, **given}
    month, prices = _with(Month(), given), _with(Prices(), given)
    counted = _with(Counted(), given)
    if month == Month():
        print(table(prices, counted))
        return
    found = cost(month, prices, counted)
    for service, dollars in found.items():
        print(f"{service:12} {dollars:10.2f}")
    print(f"{'in all':12} {sum(found.values()):10.2f}")
    print(f"{'CodeArtifact':12} {code_artifact(month, prices):10.2f}")


if __name__ == "__main__":
    main()
