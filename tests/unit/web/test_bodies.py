from __future__ import annotations

import base64
import sys

from hypothesis import given
from hypothesis import strategies as st

from idlewheel.web import bodies
from idlewheel.web.bodies import Bodies, Body, encode


def body(size: int = 100, revision: str = "1") -> Body:
    return Body(revision, 1, "x" * size, is_base64=True)


ONE = sys.getsizeof("x" * 100)


def test_a_compressed_body_travels_as_base64_and_a_plain_one_as_text() -> None:
    packed = encode("r", 7, b"packed", is_gzip=True)

    assert base64.b64decode(packed.text) == b"packed"
    assert encode("r", 7, "idée".encode(), is_gzip=False) == Body("r", 7, "idée", is_base64=False)


def test_a_body_is_found_by_its_revision_only() -> None:
    kept = Bodies()
    kept.put(("demo",), body(revision="1"))

    assert kept.get(("demo",), "1") == body(revision="1")
    assert kept.get(("demo",), "2") is None
    assert kept.get(("other",), "1") is None


def test_a_new_revision_takes_the_place_of_the_old() -> None:
    kept = Bodies(limit=2 * ONE)
    for revision in "1234":
        kept.put(("demo",), body(revision=revision))
    kept.put(("other",), body())

    assert kept.get(("demo",), "4") is not None, "four revisions took the room of one"
    assert kept.get(("demo",), "1") is None


def test_the_body_that_was_least_used_goes_first() -> None:
    kept = Bodies(limit=2 * ONE)
    kept.put(("old",), body())
    kept.put(("new",), body())
    kept.get(("old",), "1")
    kept.put(("newest",), body())

    assert kept.get(("new",), "1") is None
    assert kept.get(("old",), "1") is not None
    assert kept.get(("newest",), "1") is not None


def test_a_body_over_the_limit_is_not_kept_and_drives_out_no_other() -> None:
    kept = Bodies(limit=2 * ONE)
    kept.put(("small",), body())
    kept.put(("huge",), body(size=10 * ONE))

    assert kept.get(("huge",), "1") is None
    assert kept.get(("small",), "1") is not None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 400)), max_size=40))
def test_the_bytes_kept_never_pass_the_limit(puts: list[tuple[str, int]]) -> None:
    kept = Bodies(limit=1_000)
    for name, size in puts:
        kept.put((name,), body(size))
    held = [found for name in "abcdef" if (found := kept.get((name,), "1"))]

    assert sum(sys.getsizeof(found.text) for found in held) <= 1_000


def test_what_fits_is_measured_as_it_leaves_inside_json() -> None:
    full = bodies.LIMIT

    assert Body("r", 1, "x" * full, is_base64=True).fits
    assert not Body("r", 1, "x" * (full + 1), is_base64=True).fits
    assert Body("r", 1, "x" * (full - 2), is_base64=False).fits
    assert not Body("r", 1, '"' * (full // 2), is_base64=False).fits, "each quote takes two"
