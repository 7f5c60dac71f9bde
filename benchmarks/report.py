"""Write docs/performance.md's numbers and plots from what the last benchmarks measured."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

from benchmarks import functions
from benchmarks.emulators import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DOCUMENT = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/images"


def main() -> None:
    """Replace what is between the marks of the document."""
    measured = _read("functions.json")
    tables = {
        "functions": table(
            ("", "CPU ms", "of a bare get", "p50 ms", "p99 ms", "AWS calls", "units", "bytes"),
            map(line, measured["rows"]),
        )
    }
    _plot(
        "pages",
        [row for row in measured["rows"] if row["name"].startswith(("page", "list", "304"))],
    )
    if cold := _read("cold.json"):
        tables["cold"] = table(
            ("function", "CPU ms", "of the empty", "peak MB", "dearest imports, ms"),
            map(cold_line, cold["rows"]),
        )
    if peers := _read("peers.json"):
        tables["peers"] = table(peers["head"], peers["rows"])
    text = DOCUMENT.read_text()
    for name, content in tables.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda match, content=content: f"{match[1]}{content}\n{match[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    DOCUMENT.write_text(text)


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


def _plot(name: str, rows: list[dict[str, Any]]) -> None:
    """Draw bars on a logarithmic scale: what is a hundred times dearer is twice as long."""
    from math import log10  # noqa: PLC0415

    height = 22 * len(rows) + 40
    bars = []
    for number, row in enumerate(rows):
        y = 30 + 22 * number
        length = 110 * (log10(max(row["cpu_ms"], 0.1)) + 1)
        bars.append(
            f'<text x="440" y="{y + 12}" text-anchor="end">{escape(row["name"])}</text>'
            f'<rect x="450" y="{y}" width="{length:.0f}" height="15"/>'
            f'<text x="{455 + length:.0f}" y="{y + 12}">{row["cpu_ms"]:.2f}</text>'
        )
    PLOTS.mkdir(exist_ok=True)
    (PLOTS / f"{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="{height}" '
        'font-family="sans-serif" font-size="12"><style>rect{fill:#3a6ea5}text{fill:#444}</style>'
        '<text x="450" y="18">CPU ms of the function, logarithmic</text>'
        f"{''.join(bars)}</svg>\n"
    )


if __name__ == "__main__":
    main()
