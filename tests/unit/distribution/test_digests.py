from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution.digests import CHUNK_BYTES, Digests, Meanwhile, digests_of, wanted
from idlewheel.distribution.policy import MIB

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * (CHUNK_BYTES // 128)
SPELLED = {
    "sha256": hashlib.sha256(BODY).hexdigest(),
    "blake2b_256": hashlib.blake2b(BODY, digest_size=32).hexdigest(),
    "md5": hashlib.md5(BODY).hexdigest(),
}


def test_a_file_has_the_digests_of_its_pieces(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(BODY)

    assert digests_of(tmp_path / "file", set(SPELLED)) == SPELLED


def test_pieces_that_are_told_meanwhile_are_told_in_order_and_all() -> None:
    digests = Digests(set(SPELLED))
    with Meanwhile(digests.update) as heard:
        for start in range(0, len(BODY), 7919):
            heard(BODY[start : start + 7919])

    assert digests.spelled() == SPELLED


def test_the_next_piece_is_taken_while_one_is_told() -> None:
    goes_on, told = threading.Event(), list[bytes]()

    def tell(piece: bytes) -> None:
        assert goes_on.wait(10)
        told.append(piece)

    with Meanwhile(tell) as heard:
        heard(b"one")
        before = list(told)
        goes_on.set()
        heard(b"two")

    assert before == []
    assert told == [b"one", b"two"]


def test_what_goes_wrong_meanwhile_is_not_lost() -> None:
    def fail(_: bytes) -> None:
        raise ValueError("no digest")

    with pytest.raises(ValueError, match="no digest"), Meanwhile(fail) as heard:
        heard(b"one")


def test_md5_is_computed_where_it_is_cheap_or_declared() -> None:
    assert wanted([], 16 * MIB) == {"sha256", "blake2b_256", "md5"}
    assert wanted([], 16 * MIB + 1) == {"sha256", "blake2b_256"}
    assert wanted(["md5"], 16 * MIB + 1) == {"sha256", "blake2b_256", "md5"}
