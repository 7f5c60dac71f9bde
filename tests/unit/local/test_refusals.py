from __future__ import annotations

import json

import pytest

from local.plan import Refusal
from local.refusals import DEFAULTS, Refusals
from local.wire import Request, header

JSON = "application/json"


@pytest.mark.parametrize(("kind", "status"), [(kind, it[0]) for kind, it in DEFAULTS.items()])
def test_without_a_word_of_the_template_aws_speaks(kind: str, status: int) -> None:
    answer = Refusals({}, "prod").answer(kind, Request("GET", "/"))

    assert answer.status == status
    assert set(json.loads(answer.body)) == {"message"}


def test_the_template_chooses_status_text_and_headers() -> None:
    declared = Refusal(404, {"X": "'quoted'", "Y": "method.request.header.ask"}, {JSON: "gone"})

    answer = Refusals({"MISSING_AUTHENTICATION_TOKEN": declared}, "prod").answer(
        "MISSING_AUTHENTICATION_TOKEN", Request("GET", "/", headers=[("Ask", "me")])
    )

    assert (answer.status, answer.body) == (404, b"gone")
    assert [header(answer.headers, name) for name in ("X", "Y")] == ["quoted", "me"]


def test_variables_are_filled_in() -> None:
    text = (
        '{"m":$context.error.messageString,"t":"$context.error.responseType","p":"$context.path"}'
    )
    refusals = Refusals({"UNAUTHORIZED": Refusal(None, {}, {JSON: text})}, "prod")

    answer = refusals.answer("UNAUTHORIZED", Request("GET", "/simple/"))

    assert json.loads(answer.body) == {"m": "Unauthorized", "t": "UNAUTHORIZED", "p": "/simple/"}


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("UNAUTHORIZED", 401, b"client"),
        ("REQUEST_TOO_LARGE", 413, b"client"),
        ("BAD_ANSWER", 502, b"server"),
        ("INTEGRATION_TIMEOUT", 504, b"server"),
    ],
)
def test_a_class_speaks_for_what_has_no_text_of_its_own(
    kind: str, status: int, text: bytes
) -> None:
    declared = {
        "DEFAULT_4XX": Refusal(None, {}, {JSON: "client"}),
        "DEFAULT_5XX": Refusal(None, {}, {JSON: "server"}),
    }

    answer = Refusals(declared, "prod").answer(kind, Request("GET", "/"))

    assert (answer.status, answer.body) == (status, text)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("text/plain", "text/plain"),
        ("text/html, text/plain;q=0.5", "text/plain"),
        ("*/*", JSON),
    ],
)
def test_the_template_of_an_accepted_type_is_taken(accept: str | None, media_type: str) -> None:
    refusals = Refusals({"UNAUTHORIZED": Refusal(None, {}, {JSON: "j", "text/plain": "t"})}, "s")
    headers = [("Accept", accept)] if accept else []

    answer = refusals.answer("UNAUTHORIZED", Request("GET", "/", headers=headers))

    assert header(answer.headers, "content-type") == media_type


def test_head_is_refused_without_a_body() -> None:
    assert Refusals({}, "prod").answer("UNAUTHORIZED", Request("HEAD", "/")).body == b""
