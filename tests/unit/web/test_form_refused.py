from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.errors import Rejected
from idlewheel.web.form import LONGEST_FIELD, MOST_PARTS, parse
from tests.unit.web.forms import BOUNDARY, FILE, TYPE, body, content, part, text


def codes(sent: bytes, content_type: str | None = TYPE) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        parse(content_type, sent)
    return [problem.code for problem in rejected.value.problems]


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


@pytest.mark.checklist("REJ-52")
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


@pytest.mark.checklist("REJ-48", "REJ-52")
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
