from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from idlewheel.errors import Rejected
from idlewheel.web.form import LONGEST_FIELD, MOST_PARTS, Form, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOUNDARY = "0123456789abcdef0123456789abcdef"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
TWINE_FILE = ("Content-Type: application/octet-stream",)
FILE = ('form-data; name="content"; filename="demo-1.0.tar.gz"', b"bytes\r\n--of\0the file")


def part(disposition: str, value: bytes, headers: Sequence[str] = ()) -> bytes:
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + value + b"\r\n"


def text(name: str, value: str | bytes, headers: Sequence[str] = ()) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return part(f'form-data; name="{name}"', value, headers)


def content(headers: Sequence[str] = TWINE_FILE) -> bytes:
    return part(*FILE, headers)


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def codes(sent: bytes, content_type: str | None = TYPE) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        parse(content_type, sent)
    return [problem.code for problem in rejected.value.problems]


@pytest.mark.decides("UP-01")
def test_the_form_of_twine_is_taken_apart() -> None:
    sent = body(text("name", "demo"), text("classifiers", "A"), text("classifiers", "B"), content())

    assert parse(TYPE, sent) == Form(
        filename="demo-1.0.tar.gz",
        content=FILE[1],
        fields={"name": ("demo",), "classifiers": ("A", "B")},
    )


@pytest.mark.decides("UP-03")
def test_uv_sends_the_content_without_a_type_the_attestations_after_it_and_plurals() -> None:
    sent = body(
        text(":action", "file_upload"),
        text("requires_python", ""),
        text("import_names", "demo"),
        text("import_name", "demo.extra"),
        text("import_namespaces", "acme"),
        content(headers=()),
        text("attestations", '[{"version": 1}]'),
    )
    form = parse(TYPE, sent)

    assert form.content == FILE[1]
    assert form.fields["attestations"] == ('[{"version": 1}]',)
    assert form.fields["import_name"] == ("demo", "demo.extra")
    assert form.fields["import_namespace"] == ("acme",)


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


@pytest.mark.decides("UP-15")
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


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        pytest.param(None, "not-a-form", id="REJ-48: no type"),
        pytest.param("application/json", "not-a-form", id="REJ-48: JSON"),
        pytest.param("application/x-www-form-urlencoded", "not-a-form", id="REJ-48: urlencoded"),
        pytest.param("multipart/form-data", "malformed-form", id="no boundary"),
        pytest.param("multipart/form-data; boundary=", "malformed-form", id="an empty one"),
        pytest.param(
            f"multipart/form-data; boundary={'x' * 71}", "malformed-form", id="a long one"
        ),
        pytest.param('multipart/form-data; boundary="a\nb"', "malformed-form", id="a line break"),
        pytest.param("multipart/form-data; boundary=\u00e9", "malformed-form", id="not ASCII"),
        pytest.param('multipart/form-data; boundary="\udcff"', "malformed-form", id="no text"),
    ],
)
def test_a_body_that_says_not_what_it_is_is_refused(content_type: str | None, code: str) -> None:
    assert codes(body(content()), content_type) == [code]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(b"", "malformed-form", id="REJ-48: nothing"),
        pytest.param(b"{}", "malformed-form", id="REJ-48: something else"),
        pytest.param(body(text("name", "demo")), "no-content", id="REJ-06: no content"),
        pytest.param(body(content(), content()), "two-contents", id="two contents"),
        pytest.param(content() + text("name", "demo"), "malformed-form", id="no end"),
        pytest.param(body(content())[:-3], "malformed-form", id="half an end"),
        pytest.param(body(content()) + b"more", "malformed-form", id="more after the end"),
        pytest.param(
            body(content()) + body(content()), "malformed-form", id="another form after the end"
        ),
        pytest.param(b"x" + body(content()), "malformed-form", id="something before"),
        pytest.param(body(text("content", "bytes")), "no-filename", id="content as text"),
        pytest.param(
            body(part('form-data; name="content"; filename=""', b"x")),
            "no-filename",
            id="an empty filename",
        ),
        pytest.param(
            body(part('form-data; name="content"; filename="C:\\demo-1.0.tar.gz"', b"x")),
            "invalid-filename",
            id="REJ-12: a backslash, which the parser would repair",
        ),
        pytest.param(
            body(part('form-data; name="content"; filename="de%0Amo-1.0.tar.gz"', b"x")),
            "invalid-filename",
            id="REJ-12: a line break",
        ),
        pytest.param(
            body(part('form-data; name="name"; filename="name"', b"demo"), content()),
            "field-as-file",
            id="a field as a file",
        ),
        pytest.param(
            body(part('form-data; name="content"; filename="a"; filename="b"', b"x")),
            "malformed-form",
            id="two filenames",
        ),
        pytest.param(
            body(content(headers=(f"Content-Disposition: {FILE[0]}",))),
            "malformed-form",
            id="two dispositions",
        ),
        pytest.param(
            body(content(headers=("Content-Transfer-Encoding: base64",))),
            "transfer-encoding",
            id="a transfer encoding",
        ),
        pytest.param(
            body(text("x", "y", ("Content-Type: multipart/mixed; boundary=z",)), content()),
            "malformed-form",
            id="a form in a form",
        ),
        pytest.param(
            body(part("attachment; name=x", b""), content()), "malformed-form", id="no form-data"
        ),
        pytest.param(body(part("form-data", b""), content()), "malformed-form", id="no name"),
        pytest.param(
            body(text("a%0Ab", ""), content()), "malformed-form", id="a name in two lines"
        ),
        pytest.param(body(text("name", b"\xff"), content()), "invalid-text", id="REJ-52: no UTF-8"),
        pytest.param(body(text("name", "a\0b"), content()), "invalid-text", id="REJ-52: NUL"),
        pytest.param(
            body(text("description", "x" * (LONGEST_FIELD + 1)), content()),
            "form-limit",
            id="a field too long",
        ),
        pytest.param(
            body(*(text("description", "x" * LONGEST_FIELD) for _ in range(7)), content()),
            "form-limit",
            id="fields too long together",
        ),
        pytest.param(
            body(*[text("x", "")] * MOST_PARTS, content()), "malformed-form", id="too many parts"
        ),
        pytest.param(
            body(text("x", "", (f"X-Long: {'x' * 9_000}",)), content()),
            "malformed-form",
            id="a header too long",
        ),
        pytest.param(
            body(text("x", "", [f"X-{n}: {'x' * 3_000}" for n in range(3)]), content()),
            "form-limit",
            id="headers too long together",
        ),
        pytest.param(
            body(text("x", "", ("Content-Length: 5",)), content()),
            "malformed-form",
            id="a length that is not true",
        ),
        pytest.param(body(content()).replace(b"\r\n", b"\n"), "malformed-form", id="Unix lines"),
    ],
)
def test_a_form_that_is_not_as_it_must_be_is_refused(sent: bytes, code: str) -> None:
    assert codes(sent) == [code]


def test_as_many_parts_and_bytes_as_are_allowed_are_read() -> None:
    parts = [text("classifiers", "x")] * (MOST_PARTS - 2)
    form = parse(TYPE, body(*parts, text("description", "x" * LONGEST_FIELD), content()))

    assert len(form.fields["classifiers"]) == MOST_PARTS - 2


@pytest.mark.decides("REJ-52")
def test_all_problems_come_at_once() -> None:
    sent = body(
        text("name", b"\xff"),
        part('form-data; name="version"; filename="v"', b"1.0"),
        text("summary", "x", ("Content-Transfer-Encoding: quoted-printable",)),
    )

    assert sorted(codes(sent)) == [
        "field-as-file",
        "invalid-text",
        "no-content",
        "transfer-encoding",
    ]


def test_a_message_names_the_field_however_it_is_called() -> None:
    with pytest.raises(Rejected, match=re.escape("field 'xxx")) as rejected:
        parse(TYPE, body(text("x" * 5_000, b"\xff"), content()))

    assert len(str(rejected.value)) < 200


PIECES = st.lists(
    st.sampled_from(
        [
            f"--{BOUNDARY}".encode(),
            f"--{BOUNDARY}--".encode(),
            b"\r\n",
            b"\n",
            b"Content-Disposition: ",
            b"form-data; ",
            b'name="content"; ',
            b'filename="demo-1.0.tar.gz"',
            b'name="x"',
            b"Content-Type: text/plain; charset=utf-16",
            b"Content-Length: 99999999999999999999",
            b"Content-Transfer-Encoding: base64",
            b"\xff\xfe\0",
            b": ",
            b'"',
            b"\\",
            content(),
            text("name", "demo"),
        ]
    )
    | st.binary(max_size=8),
    max_size=30,
).map(b"".join)


@pytest.mark.decides("REJ-48", "REJ-52")
@given(PIECES, st.sampled_from([TYPE, f"{TYPE}; boundary=x", None]) | st.text(max_size=60))
def test_whatever_the_bytes_are_the_outcome_is_a_form_or_a_refusal(
    sent: bytes, content_type: str | None
) -> None:
    outcome: Any
    try:
        outcome = parse(content_type, sent)
    except Rejected as error:
        outcome = error.problems

    assert outcome, "a refusal has its reasons"
