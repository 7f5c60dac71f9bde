"""`publish --together`, `publish --draft` and `idlewheel draft`, against a running index."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said
    from tests.localindex import LocalIndex

    Cli = Callable[..., Said]

_numbers = itertools.count(1)


@pytest.fixture
def name() -> str:
    return f"drafted-{next(_numbers)}"


@pytest.fixture
def dist(tmp_path: Path) -> Callable[..., Path]:
    def write(*files: tuple[str, bytes]) -> Path:
        folder = tmp_path / "dist"
        folder.mkdir(exist_ok=True)
        for filename, content in files:
            (folder / filename).write_bytes(content)
        return folder

    return write


def listed(index: LocalIndex, name: str) -> list[str]:
    answer = httpx.get(
        f"{index.index_url}{name}/",
        auth=("__token__", index.token),
        headers={"Accept": "application/vnd.pypi.simple.v1+json"},
    )
    return [file["filename"] for file in answer.json()["files"]] if answer.is_success else []


def release(name: str, version: str = "1.0") -> tuple[tuple[str, bytes], tuple[str, bytes]]:
    return wheel(name, version), sdist(name, version)


def staged(cli: Cli, folder: Path) -> dict[str, Any]:
    (draft,) = cli("publish", "--draft", "--json", str(folder)).json()["drafts"]
    found: dict[str, Any] = draft
    return found


def test_a_release_is_published_together(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    files = release(name)

    said = cli("publish", "--together", str(dist(*files)))

    assert said.code == 0, said.err
    assert f"{name} 1.0: visible, all at once" in said.out
    assert "2 published" in said.out
    assert sorted(listed(index, name)) == sorted(filename for filename, _ in files)


def test_again_changes_nothing(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    folder = dist(*release(name))
    cli("publish", "--together", str(folder))

    again = cli("publish", "--together", str(folder))

    assert again.code == 0, again.err
    assert "2 already there" in again.out


def test_one_refused_file_keeps_all_back_and_the_same_command_goes_on_when_it_is_mended(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    good, source = release(name)
    folder = dist(good, (source[0], b"no tar file"))

    refused = cli("publish", "--together", str(folder))
    seen = listed(index, name)
    mended = cli("publish", "--together", str(dist(source)))

    assert refused.code == 1
    assert f"{name} 1.0: nothing is visible" in refused.out
    assert seen == []
    assert mended.code == 0, mended.err
    assert len(listed(index, name)) == 2


def test_several_releases_are_each_published_together(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    folder = dist(*release(name), *release(name, "2.0"))

    said = cli("publish", "--together", "--json", str(folder))

    assert [draft["version"] for draft in said.json()["drafts"]] == ["1.0", "2.0"]
    assert {file["verdict"] for file in said.json()["files"]} == {"published"}
    assert len(listed(index, name)) == 4


def test_a_draft_is_shown_tried_and_published(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    said = cli("publish", "--draft", str(dist(*release(name))))
    (number,) = re.findall(r"in draft ([0-9a-f]{32})", said.out)
    before = listed(index, name)

    shown = cli("draft", "show", number)
    found = cli("draft", "list", name, "--json").json()
    published = cli("draft", "publish", number)

    assert said.code == 0, said.err
    assert f"/drafts/{number}/simple/" in said.out
    assert f"idlewheel draft publish {number}" in said.out
    assert before == []
    assert f"{name.replace('-', '_')}-1.0.tar.gz" in shown.out
    assert [draft["id"] for draft in found] == [number]
    assert published.code == 0, published.err
    assert len(listed(index, name)) == 2


def test_a_file_is_exchanged_in_a_draft(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    filename, _ = wheel(name)
    draft = staged(cli, dist(wheel(name)))
    other = dist(wheel(name, description="built again"))

    refused = cli("publish", "--draft", str(other))
    removed = cli("draft", "remove", draft["id"], filename)
    again = cli("publish", "--together", str(other))

    assert refused.code == 1
    assert "remove it from there first" in refused.err
    assert removed.code == 0, removed.err
    assert again.code == 0, again.err
    assert listed(index, name) == [filename]


def test_a_cancelled_draft_is_gone(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    draft = staged(cli, dist(wheel(name)))

    cancelled = cli("draft", "cancel", "--yes", draft["id"])
    refused = cli("draft", "publish", draft["id"])

    assert cancelled.code == 0, cancelled.err
    assert refused.code == 1
    assert "was cancelled; open another" in refused.err
    assert cli("draft", "list", name, "--json").json() == []


def test_a_file_too_many_in_the_draft_is_not_published_by_mistake(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    folder = dist(*release(name))
    staged(cli, folder)
    forgotten = next(folder.glob("*.whl"))
    forgotten.unlink()

    said = cli("publish", "--together", str(folder))

    assert said.code == 1
    assert f"{forgotten.name} is in the draft and not among the files expected" in said.out
    assert listed(index, name) == []


def test_what_was_published_by_itself_needs_no_draft(
    cli: Cli, index: LocalIndex, dist: Callable[..., Path], name: str
) -> None:
    one, two = release(name)
    folder = dist(one)
    cli("publish", str(folder))

    said = cli("publish", "--together", str(dist(two)))

    assert said.code == 0, said.err
    assert len(listed(index, name)) == 2
