from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from idlewheel_cli.failures import Failure
from idlewheel_cli.selection import select

if TYPE_CHECKING:
    from pathlib import Path

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    beside = (f"{WHEEL}.asc", f"{WHEEL}.publish.attestation", f"{WHEEL}.metadata")
    for name in (SDIST, WHEEL, "another-2.0-py3-none-any.whl", *beside):
        (folder / name).write_text("{}")
    return folder


def names(*patterns: Path | str) -> list[str]:
    return [it.name for it in select([str(pattern) for pattern in patterns])]


def test_wheels_go_first_and_what_lies_beside_stays(dist: Path) -> None:
    assert names(dist / "*") == ["another-2.0-py3-none-any.whl", WHEEL, SDIST]


def test_a_folder_means_its_distributions(dist: Path) -> None:
    (dist / "notes.txt").write_text("")

    assert names(dist) == names(dist / "*.whl", dist / "*.gz")


def test_a_file_that_is_named_twice_is_sent_once(dist: Path) -> None:
    assert names(dist / WHEEL, dist / "*.whl", dist / ".." / "dist" / WHEEL).count(WHEEL) == 1


def test_a_pattern_that_means_nothing_is_an_error(dist: Path) -> None:
    with pytest.raises(Failure, match=r"no file '.*nope-\*'"):
        select([str(dist / WHEEL), str(dist / "nope-*")])


def test_what_is_no_distribution_is_an_error(dist: Path) -> None:
    (dist / "demo-1.0.zip").write_text("")

    with pytest.raises(Failure, match=r"neither a wheel .*: demo-1\.0\.zip"):
        select([str(dist / "*")])


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(Failure, match="nothing to publish"):
        select([str(tmp_path / "empty")])


def test_attestations_come_along_in_order(dist: Path) -> None:
    (dist / f"{WHEEL}.publish.attestation").write_text('{"n": 2}')
    (dist / f"{WHEEL}.build.attestation").write_text('{"n": 1}')

    (found,) = select([str(dist / WHEEL)], with_attestations=True)

    assert found.attestations == ({"n": 1}, {"n": 2})


def test_attestations_must_be_there(dist: Path) -> None:
    with pytest.raises(Failure, match=r"no demo-1\.0\.tar\.gz"):
        select([str(dist / SDIST)], with_attestations=True)


@pytest.mark.parametrize("text", ["", "[1]", "no json"])
def test_attestations_must_be_objects(dist: Path, text: str) -> None:
    (dist / f"{WHEEL}.publish.attestation").write_text(text)

    with pytest.raises(Failure, match="cannot be read"):
        select([str(dist / WHEEL)], with_attestations=True)


def test_without_being_asked_nobody_reads_them(dist: Path) -> None:
    assert select([str(dist / WHEEL)])[0].attestations == ()
