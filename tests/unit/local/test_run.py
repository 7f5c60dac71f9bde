from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from local import run
from local.run import orders_to_stop, shorten

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("ignored", "stops"), [(True, False), (False, True)])
def test_a_closed_terminal_stops_the_index_unless_told_otherwise(
    ignored: bool, stops: bool
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        orders = orders_to_stop()
    finally:
        signal.signal(signal.SIGHUP, before)

    assert (signal.SIGHUP in orders) is stops
    assert {signal.SIGINT, signal.SIGTERM} <= set(orders)


def test_long_logs_are_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_LONGEST_LOG", 4)
    (tmp_path / "long.log").write_text("12345")
    (tmp_path / "short.log").write_text("1234")

    shorten(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.log.old", "short.log"]


def test_only_one_index_works_on_a_folder(tmp_path: Path) -> None:
    again = pytest.raises(run.AlreadyRunning, match="already running at -")
    with run._alone(tmp_path), again, run._alone(tmp_path):
        pass

    with run._alone(tmp_path):
        assert (tmp_path / "lock").exists()
