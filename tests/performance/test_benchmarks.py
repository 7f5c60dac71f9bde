"""What the benchmarks themselves say: a wrong measure is worse than none."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from benchmarks import cost, functions, large_upload, memory, peers, plots, report, resolve
from benchmarks.emulators import ROOT, cpu_of

if TYPE_CHECKING:
    from pathlib import Path

NOTED = "2026-01-01T00:00:00Z 0a1b {status} GET {path} 0 in 9 out 3 ms"


def noted(*paths: str, status: int = 200) -> list[str]:
    return [NOTED.format(status=status, path=path) for path in paths]


def test_a_process_has_taken_what_it_worked_and_not_what_it_slept() -> None:
    before, own = cpu_of(os.getpid()), time.process_time()
    time.sleep(0.05)
    sum(range(1_000_000))
    taken = cpu_of(os.getpid()) - before

    assert taken == pytest.approx((time.process_time() - own) * 1000, abs=5)


def test_a_process_that_has_ended_has_no_clock() -> None:
    pid = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(pid, 0)

    with pytest.raises(OSError, match=r"."):
        cpu_of(pid)


def test_the_peak_of_a_process_is_seen_after_it_has_passed() -> None:
    takes = "held = b'x' * 60_000_000; del held; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", takes], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        peak = memory.peak_of(process.pid)
        process.kill()

    assert 57 < peak < 120


def test_processes_are_known_by_what_they_do() -> None:
    environment = {"AWS_LAMBDA_FUNCTION_NAME": "idlewheel-IngestFunction"}
    waits = [sys.executable, "-c", "print(flush=True); input()"]
    with (
        subprocess.Popen(
            waits, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as ours,
        subprocess.Popen(
            [*waits, "weed"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as another,
    ):
        for process in (ours, another):
            assert process.stdout is not None
            process.stdout.readline()
        kinds = [memory.kind_of(process.pid) for process in (ours, another)]
        below = memory.descendants(os.getpid())
        for process in (ours, another):
            process.kill()

    assert kinds == ["IngestFunction", ""]
    assert {ours.pid, another.pid} <= set(below)


def test_a_command_is_compared_with_the_sum_of_its_parts() -> None:
    runs = [{"PUT": 2.0, "GET": 1.0, "command": 6.0}, {"PUT": 1.0, "GET": 3.0, "command": 4.0}]

    assert large_upload.compared(runs) == ["PUT 1.00, GET 1.00", "2.00", "4.00", "2.00", "1.50"]


def test_the_tree_reaches_every_package_from_its_root() -> None:
    reached = ["tree0"]
    for name in reached:
        wanted = resolve.requirements(int(name.removeprefix("tree")))
        reached += [one for one in wanted if "<" not in one]

    assert sorted(reached) == sorted(f"tree{number}" for number in range(resolve.PACKAGES))


def test_every_cap_excludes_the_newest_version_and_no_other() -> None:
    asked = [one for number in range(resolve.PACKAGES) for one in resolve.requirements(number)]
    caps = [one for one in asked if "<" in one]

    assert caps == [f"tree{one}<1.{resolve.VERSIONS - 1}" for one in resolve.CAPPED]


def test_requests_are_counted_by_what_was_asked_for() -> None:
    lines = noted("/simple/a/", "/prod/simple/b/", "/simple/", "/files/a/1/a.whl.metadata")
    lines += noted("/files/a/1/a.whl", status=302)

    assert resolve.requested(lines) == {"pages": 2, "others": 1, "metadata": 1, "files": 1}


def test_a_refusal_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="404 for /simple/a/"):
        resolve.requested(noted("/simple/a/", status=404))


@pytest.mark.parametrize(
    "said", ["Collecting x\nWould install a-1.0 b-1.1\n", " a-1.0 b-1.1\n"], ids=["pip", "uv"]
)
def test_what_would_be_installed_is_read_from_the_end(said: str) -> None:
    assert resolve.conclusion(said) == " a-1.0 b-1.1\n"


def test_clients_are_not_told_where_else_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX", "https_proxy", "AWS_PROFILE"):
        monkeypatch.setenv(name, "elsewhere")

    assert "elsewhere" not in resolve.environment().values()


def test_a_plot_has_a_bar_for_every_value_and_longer_ones_for_larger(tmp_path: Path) -> None:
    rows = [("<page>", [("p50", 1.0), ("p99", 10.0)]), ("304", [("p50", 0.0), ("p99", 100.0)])]
    plots.draw(tmp_path / "plot.svg", "ms", rows)
    drawn = ET.parse(tmp_path / "plot.svg")
    bars = drawn.findall(".//{http://www.w3.org/2000/svg}rect")

    assert [float(bar.attrib["width"]) for bar in bars] == [220, 330, 1, 440]


def test_a_table_says_when_it_was_measured() -> None:
    measured = {"at": "2026-01-02T03:04:05+00:00", "load": 1.25}

    assert re.match(
        r"Measured 2026-01-02 03:04:05 UTC; .*1\.2\.\n\n\|", report.dated(measured, "|")
    )


def test_a_peer_is_compared_with_the_limit_and_with_ours() -> None:
    found = {"nginx, pages written before": 0.5, "Idlewheel's functions": 2.0, "other": 10.0}
    row = peers._row("other", "short/", 1234, found)

    assert row == ["other", "page of 5 files", "10.00", "20.0", "5.0", "1,234"]


def test_where_there_is_no_limit_its_column_is_empty() -> None:
    row = peers._row("other", "", 0, {"other": 10.0})

    assert row[3:] == ["", "", ""]


def test_pages_that_are_written_before_name_every_file(tmp_path: Path) -> None:
    for name in ("long", "short"):
        (tmp_path / "packages" / name).mkdir(parents=True)
        (tmp_path / "packages" / name / f"{name}-1-py3-none-any.whl").write_bytes(b"x")
    peers.prewrite(tmp_path / "packages", tmp_path / "pages")
    page = (tmp_path / "pages/simple/short/index.json").read_text()

    assert '"filename":"short-1-py3-none-any.whl"' in page


def test_what_was_not_measured_here_stays_in_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "performance.md"
    marks = "<!-- cold -->\nstale\n<!-- end -->\n<!-- load -->\nkept\n<!-- end -->\n"
    document.write_text(marks)
    rows = [{"name": "index", "cpu_ms": 9, "ratio": 1, "megabytes": 4, "imports": []}]
    (tmp_path / "cold.json").write_text(
        json.dumps({"at": "2026-01-02T03:04:05+00:00", "load": 1, "rows": rows})
    )
    monkeypatch.setattr(report, "DOCUMENT", document)
    monkeypatch.setattr(functions, "temporary", lambda name: tmp_path / name)
    report.main()
    text = document.read_text()

    assert "Measured 2026-01-02 03:04:05 UTC" in text
    assert "| index | 9 | 1.00 | 4 |  |" in text
    assert "stale" not in text
    assert "kept" in text


def test_a_crowd_is_told_by_what_it_asked_for() -> None:
    said = report.crowded(
        {
            "clients": 2,
            "seconds": 60.0,
            "answers": {"page 200": 1200, "page 304": 3, "upload 200": 1},
            "times": {"page": [0.5, 1, 2], "upload": [3, 3, 3]},
            "published": 1,
            "lost": [],
            "megabytes": [10, 2000],
        }
    )

    assert "| page | 200: 1,200, 304: 3 | 0.50 | 1.00 | 2.00 |" in said
    assert "1,204 answers; 1 files published, of which 0 are not listed" in said
    assert "10, 2,000 MB" in said


def test_an_idle_index_costs_its_storage_and_the_asking_of_its_queues() -> None:
    found = cost.cost(cost.Month(), cost.Prices(), cost.Counted())

    assert found["SQS"] == pytest.approx(0.64)
    assert found["S3"] == pytest.approx(0.23 + 0.0445)
    assert sum(found.values()) == pytest.approx(0.95, abs=0.01)


def test_the_months_of_the_document_are_what_the_script_says() -> None:
    document = (ROOT / "docs/cost.md").read_text()

    assert cost.table(cost.Prices(), cost.Counted()) in document
