from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from idlewheel.web.form import LONGEST_FIELD, MOST_PARTS, Form, parse
from tests.unit.web.forms import BOUNDARY, FILE, TYPE, body, content, part, text

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.checklist("UP-01")
def test_the_form_of_twine_is_taken_apart() -> None:
    sent = body(text("name", "demo"), text("classifiers", "A"), text("classifiers", "B"), content())

    assert parse(TYPE, sent) == Form(
        filename="demo-1.0.tar.gz",
        content=FILE[1],
        fields={"name": ("demo",), "classifiers": ("A", "B")},
    )


@pytest.mark.checklist("UP-03")
def test_uv_sends_the_content_without_a_type_and_the_attestations_after_it() -> None:
    sent = body(
        text(":action", "file_upload"),
        text("requires_python", ""),
        text("import_names", "demo"),
        content(headers=()),
        text("attestations", '[{"version": 1}]'),
    )
    form = parse(TYPE, sent)

    assert form.content == FILE[1]
    assert form.fields["attestations"] == ('[{"version": 1}]',)
    assert form.fields["import_names"] == ("demo",)


@pytest.mark.parametrize("library", ["urllib3", "httpx"])
def test_what_real_libraries_write_is_read(library: str) -> None:
    fields = {"name": "dem\u00f6", "keywords": 'a "b" \\ c; d', "description": "two\r\nlines\n"}
    content_type, sent = ENCODERS[library](fields, FILE[1])

    assert parse(content_type, sent) == Form(
        "demo-1.0+local.tar.gz", FILE[1], {name: (value,) for name, value in fields.items()}
    )


def written_by_urllib3(fields: Mapping[str, str], file: bytes) -> tuple[str, bytes]:
    """Write as requests does, and so twine, poetry, pdm and flit."""
    sent, content_type = encode_multipart_formdata(
        [*fields.items(), ("content", ("demo-1.0+local.tar.gz", file, "application/octet-stream"))]
    )
    return content_type, sent


def written_by_httpx(fields: Mapping[str, str], file: bytes) -> tuple[str, bytes]:
    """Write as hatch does."""
    files = {"content": ("demo-1.0+local.tar.gz", file)}
    request = httpx.Request("POST", "http://127.0.0.1/legacy/", data=dict(fields), files=files)
    return request.headers["Content-Type"], request.read()


ENCODERS = {"urllib3": written_by_urllib3, "httpx": written_by_httpx}


@pytest.mark.checklist("UP-15")
@pytest.mark.parametrize(
    "signature",
    [
        part('form-data; name="gpg_signature"; filename="demo.asc"', b"\xff\0"),
        text("gpg_signature", b"\xff\0"),
    ],
    ids=["as a file", "as text"],
)
def test_a_signature_is_ignored(signature: bytes) -> None:
    assert parse(TYPE, body(text("name", "demo"), signature, content())).fields == {
        "name": ("demo",)
    }


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param(TYPE.upper().replace(BOUNDARY.upper(), BOUNDARY), id="capitals"),
        pytest.param(f'multipart/form-data; boundary="{BOUNDARY}"', id="quoted"),
        pytest.param(f"multipart/form-data;charset=utf-8; boundary={BOUNDARY}", id="more"),
    ],
)
def test_the_content_type_may_be_spelled_in_any_way(content_type: str) -> None:
    assert parse(content_type, body(content())).filename == "demo-1.0.tar.gz"


def test_every_byte_of_a_file_arrives_even_those_that_look_like_a_delimiter() -> None:
    tricky = f"\r\n--{BOUNDARY[:-1]}\r\n\r\n--\r\r\n-".encode() * 3

    assert parse(TYPE, body(part(FILE[0], tricky))).content == tricky


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_what_was_sent_is_what_is_read(first: bytes, second: bytes) -> None:
    sent = body(text("summary", first.hex()), part(FILE[0], second))

    assert parse(TYPE, sent) == Form("demo-1.0.tar.gz", second, {"summary": (first.hex(),)})


def test_as_many_parts_and_bytes_as_are_allowed_are_read() -> None:
    parts = [text("classifiers", "x")] * (MOST_PARTS - 2)
    form = parse(TYPE, body(*parts, text("description", "x" * LONGEST_FIELD), content()))

    assert len(form.fields["classifiers"]) == MOST_PARTS - 2
