from __future__ import annotations

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from idlewheel.web import packing

TEXTS = st.lists(st.binary(max_size=300), max_size=12)


@given(TEXTS)
def test_pieces_make_one_gzip_member_that_any_reader_reads(texts: list[bytes]) -> None:
    content = packing.member([packing.pack(text) for text in texts])
    reader = zlib.decompressobj(wbits=31)

    assert gzip.decompress(content) == b"".join(texts)
    assert reader.decompress(content) == b"".join(texts)
    assert (reader.eof, reader.unused_data) == (True, b"")


@given(TEXTS)
def test_pieces_give_their_text_back(texts: list[bytes]) -> None:
    pieces = [packing.pack(text) for text in texts]

    assert packing.unpack(pieces) == b"".join(texts)


@given(st.binary(max_size=200), st.binary(max_size=5_000))
def test_checksums_of_neighbours_add_up(first: bytes, second: bytes) -> None:
    joined = packing.joined_crc(zlib.crc32(first), zlib.crc32(second), len(second))

    assert joined == zlib.crc32(first + second)


def test_a_member_names_no_time_so_that_equal_pages_are_equal_bytes() -> None:
    assert packing.member([packing.pack(b"page")])[4:8] == bytes(4)


def test_pieces_cost_little_more_than_one_stream() -> None:
    lines = [b'{"filename":"demo-%d.tar.gz","size":%d},' % (n, n * n) for n in range(4_000)]
    in_pieces = packing.member(
        [packing.pack(b"".join(lines[start : start + 250])) for start in range(0, 4_000, 250)]
    )

    assert len(in_pieces) < 1.1 * len(gzip.compress(b"".join(lines)))
