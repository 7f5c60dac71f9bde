"""The table of docs/clients.md: which client was seen to do what, by which the tests are marked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clients.md"
BEGIN, END = "<!-- grid: written by `make clients-grid` -->", "<!-- end of grid -->"

CLIENTS = {
    "pip": "pip 26",
    "pip24": "pip 24",
    "pip23": "pip 23",
    "uv": "uv",
    "poetry": "poetry",
    "pdm": "pdm",
    "pipenv": "pipenv",
    "twine": "twine",
    "hatch": "hatch",
    "flit": "flit",
    "build": "build",
    "bandersnatch": "bandersnatch",
    "pypi-simple": "pypi-simple",
    "mousebender": "mousebender",
}
"""The columns, in their order."""

MODULES = ("publishing", "building", "limits", "crowds", "installing", "locking", "pip", "uv")
"""The tests whose rows come first, in this order; then those of all others."""

Cell = tuple[str, str]
"""A feature, and the client that has shown it."""


def cells_of(item: pytest.Item) -> list[Cell]:
    """What a test shows: of the clients its mark names, or of the one that is its parameter."""
    callspec = getattr(item, "callspec", None)
    parameter = callspec.params["client"].name if callspec and "client" in callspec.params else ""
    return [
        (feature, client)
        for mark in item.iter_markers("shows")
        for feature in mark.args
        for client in mark.kwargs.get("by", "").split() or [parameter]
    ]


def table(cells: Iterable[Cell]) -> str:
    """Write the table: a row for each feature in the order of the tests, a column a client."""
    shown: dict[str, set[str]] = {}
    for feature, client in cells:
        shown.setdefault(feature, set()).add(client)
    unknown = {client for clients in shown.values() for client in clients} - set(CLIENTS)
    assert not unknown, f"no column for {unknown}"
    lines = [_row("", CLIENTS.values()), "|---" + "|:-:" * len(CLIENTS) + "|"]
    lines += [_row(feature, _ticks(clients)) for feature, clients in shown.items()]
    return "\n".join(lines)


def _place(item: pytest.Item) -> int:
    module = item.path.stem.removeprefix("test_")
    return MODULES.index(module) if module in MODULES else len(MODULES)


def _ticks(clients: Collection[str]) -> list[str]:
    return ["✓" if client in clients else "" for client in CLIENTS]


def _row(first: str, others: Iterable[str]) -> str:
    return f"| {' | '.join([first, *others])} |"


def committed() -> str:
    """The table as docs/clients.md has it."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def write(text: str) -> None:
    """Put *text* in the place of the table of docs/clients.md."""
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


class Recorder:
    """A plugin of pytest that remembers what the tests show, and which of them failed."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, Cell]] = []
        self._failed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what each test would show."""
        items = sorted(session.items, key=_place)
        self._cells = [(item.nodeid, cell) for item in items for cell in cells_of(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what did not pass: a cell is ticked if every test of it did."""
        if report.outcome != "passed":
            self._failed.add(report.nodeid)

    def table(self) -> str:
        """The table of what was seen."""
        missing = {cell for test, cell in self._cells if test in self._failed}
        return table(cell for _, cell in self._cells if cell not in missing)


def main(arguments: list[str]) -> int:
    """Run the tests of the clients and write the table, or only print what they would show."""
    recorder = Recorder()
    folder = str(Path(__file__).parent)
    if arguments == ["--expected"]:
        code = pytest.main([folder, "--collect-only", "-qq", "--no-summary"], plugins=[recorder])
        print(recorder.table())
        return int(code)
    code = pytest.main([folder, *arguments], plugins=[recorder])
    write(recorder.table())
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
