"""How far files are: bars on a terminal, plain lines elsewhere, silence for programs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from rich.progress import TaskID

    from idlewheel_cli.outcome import Outcome

PLAIN_EVERY = 10.0
"""Seconds between two plain lines about one file."""


class Line(Protocol):
    """Where one file is reported."""

    def phase(self, text: str, total: int = 0) -> None:
        """Say what happens to it now; *total* bytes are then to be moved."""
        ...

    def advance(self, size: int) -> None:
        """Count *size* bytes more."""
        ...

    def end(self, outcome: Outcome) -> None:
        """Say what became of it."""
        ...


class Reporter(Protocol):
    """Where a command is reported, as a context."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def line(self, name: str) -> Line:
        """Begin to report a file."""
        ...


class Gauge(Protocol):
    """Where one long job is reported, as a context."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def __call__(self, name: str, part: float) -> None:
        """Say what is being worked on, and the part of everything that is done, 0 to 1."""
        ...


MARKS = {
    "published": ("green", "published"),
    "staged": ("green", "in the draft"),
    "exists": ("cyan", "already there, with the same content"),
    "skipped": ("yellow", "skipped: the name is taken by other content"),
    "refused": ("red", "refused"),
    "failed": ("red", "failed"),
}


def reporter(*, is_json: bool) -> Reporter:
    """Choose by who reads."""
    if is_json:
        return Silence()
    console = Console(stderr=True, highlight=False)
    return Bars(console) if console.is_terminal and sys.stderr.isatty() else Lines()


def gauge(text: str, *, is_json: bool) -> Gauge:
    """Choose by who reads; *text* says what is done."""
    if is_json:
        return Silence()
    console = Console(stderr=True, highlight=False)
    if console.is_terminal and sys.stderr.isatty():
        return GaugeBar(console, text)
    return GaugeLines(text)


class Silence:
    """Reports nothing; is a line and a gauge too."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def __call__(self, name: str, part: float) -> None:
        """Say nothing."""

    def line(self, name: str) -> Line:  # noqa: ARG002
        """Begin to report a file."""
        return self

    def phase(self, text: str, total: int = 0) -> None:
        """Say nothing."""

    def advance(self, size: int) -> None:
        """Count nothing."""

    def end(self, outcome: Outcome) -> None:
        """Say nothing."""


class Bars:
    """Bars with rate and time left; verdicts stay above them."""

    def __init__(self, console: Console) -> None:
        """Draw on *console*."""
        self._progress = Progress(
            TextColumn("{task.fields[name]}"),
            TextColumn("[dim]{task.description}"),
            BarColumn(bar_width=24),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def line(self, name: str) -> Line:
        """Begin to report a file."""
        task = self._progress.add_task("waiting", name=escape(name), total=None, start=False)
        return _Bar(self._progress, task)


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def phase(self, text: str, total: int = 0) -> None:
        self._progress.reset(self._task, description=text, total=total or None, start=bool(total))

    def advance(self, size: int) -> None:
        self._progress.advance(self._task, size)

    def end(self, outcome: Outcome) -> None:
        self._progress.remove_task(self._task)
        colour, text = MARKS[outcome.verdict]
        console = self._progress.console
        console.print(f"{escape(outcome.filename)}  [{colour}]{text}[/]", soft_wrap=True)
        for code, message in outcome.problems:
            console.print(f"  - {escape(message)} [dim]({escape(code)})[/]", soft_wrap=True)


class Lines:
    """Plain lines on standard error, few enough for a log."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def line(self, name: str) -> Line:
        """Begin to report a file."""
        return _Plain(name)


class _Plain:
    def __init__(self, name: str) -> None:
        self._name = name
        self._started = self._said = time.monotonic()
        self._done = self._total = 0

    def phase(self, text: str, total: int = 0) -> None:  # noqa: ARG002
        self._started = self._said = time.monotonic()
        self._done, self._total = 0, total

    def advance(self, size: int) -> None:
        self._done += size
        now = time.monotonic()
        if now - self._said >= PLAIN_EVERY and self._total:
            self._said = now
            rate = self._done / max(now - self._started, 1e-6)
            left = (self._total - self._done) / max(rate, 1)
            percent = 100 * self._done // self._total
            _say(f"{self._name}  {percent} %, {rate / 1e6:.1f} MB/s, {left:.0f} s left")

    def end(self, outcome: Outcome) -> None:
        _say(f"{outcome.filename}  {MARKS[outcome.verdict][1]}")
        for code, message in outcome.problems:
            _say(f"  - {message} ({code})")


class GaugeBar:
    """One bar with the time that is left."""

    def __init__(self, console: Console, text: str) -> None:
        """Draw on *console* that *text* is being done."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[name]}"),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(text, total=1, name="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, name: str, part: float) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=part, name=escape(name))


class GaugeLines:
    """Plain lines on standard error, few enough for a log."""

    def __init__(self, text: str) -> None:
        """Say that *text* is being done."""
        self._text = text
        self._started = self._said = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def __call__(self, name: str, part: float) -> None:
        """Say it, if the last time is long ago."""
        now = time.monotonic()
        if now - self._said >= PLAIN_EVERY and part > 0:
            self._said = now
            left = (now - self._started) * (1 - part) / part
            _say(f"{self._text} {name}  {part:.0%}, {left:.0f} s left")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
