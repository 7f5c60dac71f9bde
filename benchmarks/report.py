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
    """Replace what is between the marks of the document."""
    tables = {}
    if measured := _read("functions.json"):
        tables["functions"] = dated(measured, table(FUNCTIONS, map(line, measured["rows"])))
        draw(measured["rows"])
    if cold := _read("cold.json"):
        tables["cold"] = table(
            ("function", "CPU ms", "of the empty", "peak MB", "dearest imports, ms"),
            map(cold_line, cold["rows"]),
        )
    for name in ("peers", "resolve", "large", "largest"):
        if found := _read(f"{name}.json"):
            tables[name] = dated(found, table(found["head"], found["rows"]))
    text = DOCUMENT.read_text()
    for name, content in tables.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda match, content=content: f"{match[1]}{content}\n{match[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    DOCUMENT.write_text(text)


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
