"""Write docs/performance.md's numbers and plots from what the last benchmarks measured."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from benchmarks import functions, plots
from benchmarks.emulators import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DOCUMENT = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/images"
FUNCTIONS = ("", "CPU ms", "of a bare get", "p50 ms", "p99 ms", "AWS calls", "units", "bytes")


def main() -> None:
    """Replace what is between the marks of the document, of whatever was measured here."""
    written = {
        "functions": measured_functions,
        "cold": lambda found: table(COLD, map(cold_line, found["rows"])),
        "peers": lambda found: table(found["head"], found["rows"]),
        "resolve": lambda found: table(found["head"], found["rows"]),
        "large": lambda found: table(found["head"], found["rows"]),
        "largest": lambda found: table(found["head"], found["rows"]),
        "load": crowded,
    }
    text = DOCUMENT.read_text()
    for name, write in written.items():
        if found := _read(f"{name}.json"):
            text = replaced(text, name, dated(found, write(found)))
    DOCUMENT.write_text(text)


def replaced(text: str, name: str, content: str) -> str:
    """Put *content* between the marks of this *name*."""
    return re.sub(
        rf"(<!-- {name} -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}{content}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )


FUNCTIONS = ("", "CPU ms", "of a bare get", "p50 ms", "p99 ms", "AWS calls", "units", "bytes")
COLD = ("function", "CPU ms", "of the empty", "peak MB", "dearest imports, ms")
CROWD = ("", "answers", "p50 s", "p99 s", "longest s")


def measured_functions(found: dict[str, Any]) -> str:
    """Write the table of the functions, and draw it."""
    draw(found["rows"])
    return table(FUNCTIONS, map(line, found["rows"]))


def crowded(found: dict[str, Any]) -> str:
    """Write what a crowd was answered, and how long it waited."""
    answers: dict[str, list[str]] = {}
    for answer, count in found["answers"].items():
        what, status = answer.split()
        answers.setdefault(what, []).append(f"{status}: {count:,}")
    rows = [
        [what, ", ".join(answers[what]), *(f"{one:.2f}" for one in times)]
        for what, times in found["times"].items()
    ]
    total, memory = sum(found["answers"].values()), found["megabytes"]
    told = (
        f"{found['clients']} clients, {found['seconds']:.0f} s: {total:,} answers; "
        f"{found['published']:,} files published, of which {len(found['lost'])} are not listed. "
        f"Memory of all processes, from the first look to the last: "
        f"{', '.join(f'{one:,}' for one in memory)} MB."
    )
    return f"{table(CROWD, rows)}\n\n{told}"


def dated(measured: dict[str, Any], content: str) -> str:
    """Say when something was measured, and how busy the machine was with other work."""
    when = measured["at"].replace("T", " ").replace("+00:00", " UTC")
    return f"Measured {when}; load of the machine before it: {measured['load']:.1f}.\n\n{content}"


def draw(rows: list[dict[str, Any]]) -> None:
    """Draw the CPU of pages, and how long an answer takes."""
    pages = [row for row in rows if row["name"].startswith(("page", "list", "304"))]
    bars = [(row["name"], [("", row["cpu_ms"])]) for row in pages]
    plots.draw(PLOTS / "pages.svg", "CPU ms of the function, logarithmic", bars)
    timed = [
        (row["name"], [("p50", row["p50"]), ("p99", row["p99"])]) for row in rows if "p99" in row
    ]
    plots.draw(PLOTS / "latencies.svg", "ms by the clock, p50 above p99, logarithmic", timed)


def _read(name: str) -> dict[str, Any]:
    path = functions.temporary(name)
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def line(row: dict[str, Any]) -> list[str]:
    """One measured thing."""
    calls = ", ".join(f"{count} {name.partition(':')[2]}" for name, count in row["calls"].items())
    units = ", ".join(f"{count:g} {kind}" for kind, count in row["units"].items())
    ratio = f"{row['ratio']:.2f}" if "ratio" in row else ""
    numbers = [f"{row[key]:.2f}" if key in row else "" for key in ("p50", "p99")]
    size = f"{row['bytes']:,.0f}" if "bytes" in row else ""
    return [row["name"], f"{row['cpu_ms']:.2f}", ratio, *numbers, calls, units, size]


def cold_line(row: dict[str, Any]) -> list[str]:
    """One function's start."""
    imports = ", ".join(f"`{name}` {cost:.0f}" for cost, name in row["imports"][1:5])
    return [row["name"], f"{row['cpu_ms']}", f"{row['ratio']:.2f}", f"{row['megabytes']}", imports]


if __name__ == "__main__":
    main()
