"""Who did what: from the local index, and page by page from a scripted one."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.scripted import Answer, serving
from tests.factories import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said
    from tests.localindex import LocalIndex

    Cli = Callable[..., Said]


@pytest.fixture
def project(cli: Cli, index: LocalIndex, tmp_path: Path) -> str:
    """A project with a past."""
    name = f"audited-{uuid.uuid4().hex[:8]}"
    file, body = wheel(name)
    (tmp_path / file).write_bytes(body)
    assert cli("publish", str(tmp_path / file)).code == 0
    assert cli("yank", name, "1.0", "--reason", "loses data").code == 0
    return name


def acts(said: Said) -> list[str]:
    return [record["act"] for record in said.json()]


def test_a_project_s_past_is_told_newest_first(
    cli: Cli, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown, told = cli("audit", "--project", project), cli("audit", "-P", project, "--json")

    heads, newest, oldest = shown.out.splitlines()
    assert (shown.code, told.code) == (0, 0), shown.err
    assert heads.split()[:4] == ["at", "act", "principal", "token"]
    assert "yanked" in newest
    assert "reason: loses data" in newest
    assert "published" in oldest
    assert acts(told) == ["yanked", "published"]
    assert told.json()[1]["detail"]["sha256"]


def test_it_is_asked_by_principal_and_by_day(cli: Cli, project: str) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    mine = ("--principal", "local", "--project", project)

    assert acts(cli("audit", *mine, "--day", today, "--json")) == ["yanked", "published"]
    assert acts(cli("audit", "--json", "--most", "2")) == ["yanked", "published"]
    assert cli("audit", *mine, "--day", "1999-01-01", "--json").json() == []
    assert cli("audit", "--by", "nobody", "--json").json() == []


def test_a_day_that_is_none_and_a_token_that_may_not_are_refused(
    cli: Cli, project: str, index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = cli("audit", "--day", "yesterday")
    monkeypatch.setenv("IDLEWHEEL_TOKEN", index.token)
    denied = cli("audit", "--project", project)

    assert (wrong.code, denied.code) == (1, 1)
    assert "'yesterday' is no day" in wrong.err
    assert "admin" in denied.err


def page(first: int, count: int, following: str | None) -> Answer:
    records: list[dict[str, Any]] = [{"id": str(number)} for number in range(first, first + count)]
    return Answer(200, {"records": records, "next": following})


@pytest.mark.parametrize(
    ("most", "count", "asked"), [(100, 100, 1), (150, 150, 2), (1000, 205, 3), (7, 7, 1)]
)
def test_it_asks_page_after_page_for_as_many_as_are_wanted(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, most: int, count: int, asked: int
) -> None:
    place = "2026-11-22T12:00:00.000000#00"
    pages = [page(0, 100, place), page(100, 100, place), page(200, 5, None)]
    with serving(*pages) as server:
        monkeypatch.setenv("IDLEWHEEL_URL", server.url)
        monkeypatch.setenv("IDLEWHEEL_TOKEN", "iw_a_x")

        found = cli("audit", "--project", "demo", "--most", str(most), "--json").json()

    assert [record["id"] for record in found] == [str(number) for number in range(count)]
    assert server.lines[0] == "GET /manage/audit?project=demo"
    assert len(server.lines) == asked
    assert all("before=2026-11-22T12%3A00%3A00.000000%2300" in it for it in server.lines[1:])
