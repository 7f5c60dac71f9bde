from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from idlewheel_cli import progress
from idlewheel_cli.outcome import Outcome, Verdict
from idlewheel_cli.publish import exit_code, summary

REFUSED = Outcome("a[b].whl", Verdict.REFUSED, (("code-x", "it is [bad]"),), exit_code=1)


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter(is_json=False) as reporter:
        line = reporter.line("demo.whl")
        line.phase("sending", 10)
        line.advance(10)
        line.end(Outcome("demo.whl", Verdict.PUBLISHED))
        reporter.line("a").end(REFUSED)

    said = capsys.readouterr()
    assert said.err == "demo.whl  published\na[b].whl  refused\n  - it is [bad] (code-x)\n"
    assert said.out == ""


def test_long_transfers_speak_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 0.0, 5.0, 10.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    line = progress.Lines().line("big.whl")
    line.phase("sending", 40_000_000)
    line.advance(10_000_000)
    line.advance(10_000_000)

    assert capsys.readouterr().err == "big.whl  50 %, 2.0 MB/s, 10 s left\n"


def test_on_a_terminal_there_are_bars_and_verdicts_stay() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, highlight=False)
    with progress.Bars(console) as reporter:
        line = reporter.line("demo.whl")
        line.phase("sending", 100)
        line.advance(50)
        reporter.line("a").end(REFUSED)
        line.end(Outcome("demo.whl", Verdict.EXISTS))

    shown = screen.getvalue()
    assert "demo.whl" in shown
    assert "already there" in shown
    assert "it is [bad]" in shown


def test_programs_hear_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter(is_json=True) as reporter:
        line = reporter.line("x")
        line.phase("sending", 5)
        line.advance(5)
        line.end(REFUSED)

    assert capsys.readouterr() == ("", "")


def test_a_summary_counts_each_verdict() -> None:
    outcomes = [
        Outcome("a", Verdict.PUBLISHED, size=3 * 1024**2),
        Outcome("b", Verdict.EXISTS, size=9),
        Outcome("c", Verdict.SKIPPED),
        REFUSED,
        Outcome("d", Verdict.FAILED, exit_code=4),
    ]

    said = summary(outcomes, "https://x/simple/")

    assert said.startswith("1 published, 1 already there, 1 skipped, 1 refused, 1 failed (3.0 MiB")


@pytest.mark.parametrize(("codes", "code"), [([], 0), ([4], 4), ([3, 4], 3), ([4, 1, 3], 1)])
def test_the_exit_code_is_the_one_that_needs_a_person_first(codes: list[int], code: int) -> None:
    good = Outcome("a", Verdict.EXISTS)

    assert exit_code([good, *(Outcome("b", Verdict.FAILED, exit_code=it) for it in codes)]) == code


def test_a_long_job_speaks_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 10.0, 11.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with progress.gauge("verifying", is_json=False) as gauge:
        for part in (0.1, 0.25, 0.3):
            gauge("demo", part)

    assert capsys.readouterr() == ("", "verifying demo  25%, 30 s left\n")


def test_a_long_job_has_a_bar_on_a_terminal() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, highlight=False)

    with progress.GaugeBar(console, "rebuilding") as gauge:
        gauge("de[m]o", 0.25)

    assert "rebuilding" in screen.getvalue()
    assert "25%" in screen.getvalue()
    assert "de[m]o" in screen.getvalue()


def test_programs_hear_nothing_of_a_long_job(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.gauge("verifying", is_json=True) as gauge:
        gauge("demo", 0.5)

    assert capsys.readouterr() == ("", "")
