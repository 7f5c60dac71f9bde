"""Where a form ends: exactly there, and with the command that does work."""

from __future__ import annotations

import random
import zipfile
from typing import TYPE_CHECKING

import httpx
import pytest

from idlewheel_cli.transfer import LARGEST_FORM
from tests.factories import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said
    from tests.localindex import LocalIndex

LAMBDA = 6 * 1024 * 1024
"""Bytes of an event that Lambda takes; the body is in it as base64."""


@pytest.fixture
def post(index: LocalIndex) -> Callable[[int], httpx.Response]:
    def send(size: int) -> httpx.Response:
        return httpx.post(
            index.upload_url,
            content=b"x" * size,
            auth=("", index.token),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
            timeout=60,
        )

    return send


def test_the_limit_is_sharp_and_names_the_way_out(
    post: Callable[[int], httpx.Response],
) -> None:
    low, high = LARGEST_FORM, LAMBDA * 3 // 4
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if post(middle).status_code == 413 else (middle, high)

    within, beyond = post(low), post(high)
    assert (within.status_code, beyond.status_code) == (400, 413)
    assert LAMBDA - 8192 < low * 4 / 3 < LAMBDA
    assert "idlewheel publish FILE" in beyond.json()["message"]


def test_a_body_that_the_gateway_itself_refuses_is_told_the_same(
    post: Callable[[int], httpx.Response],
) -> None:
    answers = [post(size) for size in (10 * 1024 * 1024, 10 * 1024 * 1024 + 1)]

    assert [it.status_code for it in answers] == [413, 413]
    assert all("idlewheel publish FILE" in it.json()["message"] for it in answers)


def of_size(project: str, size: int) -> tuple[str, bytes]:
    """A wheel of exactly so many bytes."""

    def holding(length: int) -> tuple[str, bytes]:
        files = {"data.bin": random.Random(3).randbytes(length)}
        return wheel(project, files=files, compression=zipfile.ZIP_STORED)

    overhead = len(holding(size)[1]) - size
    return holding(size - overhead)


@pytest.mark.parametrize("extra", [0, 1], ids=["form", "session"])
def test_files_of_either_side_are_published(
    cli: Callable[..., Said], index: LocalIndex, tmp_path: Path, extra: int
) -> None:
    name, body = of_size(f"limit-{extra}", LARGEST_FORM + extra)
    (tmp_path / name).write_bytes(body)

    said = cli("publish", "--json", str(tmp_path / name))

    assert len(body) == LARGEST_FORM + extra
    assert said.json()["files"][0]["verdict"] == "published"
    assert ("POST /legacy/" in index.log("gateway").splitlines()[-1]) == (extra == 0)
