from __future__ import annotations

import json

import pytest

from idlewheel import errors
from idlewheel.web.gateway import Request
from idlewheel.web.problems import ANSWERS, reply_to

UV = "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7"
PIP = "application/vnd.pypi.simple.v1+json, text/html;q=0.01"
TWINE = "*/*"
TWO = (errors.Problem("bad-name", "name is bad"), errors.Problem("bad-version", "so is version"))


def family(root: type[errors.IdlewheelError]) -> set[type[errors.IdlewheelError]]:
    return {root}.union(*(family(child) for child in root.__subclasses__()))


def asking(accept: str = TWINE, method: str = "POST") -> Request:
    return Request(method=method, headers={"accept": accept})


def test_a_title_that_the_problem_begins_with_is_not_said_twice() -> None:
    error = errors.Conflict("File already exists: demo was deleted")
    text, document = reply_to(error, asking()).body, reply_to(error, asking(UV)).body

    assert str(text).count("File already exists") == 1
    assert json.loads(document)["message"] == "File already exists: demo was deleted"


def test_every_error_has_a_status() -> None:
    assert set(ANSWERS) == family(errors.IdlewheelError) - {errors.IdlewheelError}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Rejected, 400),
        (errors.Unauthenticated, 401),
        (errors.Denied, 403),
        (errors.NotFound, 404),
        (errors.NotAcceptable, 406),
        (errors.Conflict, 409),
        (errors.Gone, 410),
        (errors.TooLarge, 413),
        (errors.Unavailable, 503),
        (errors.Undecided, 503),
    ],
)
def test_an_error_is_answered_by_its_status_and_its_words(
    error: type[errors.IdlewheelError], status: int
) -> None:
    reply = reply_to(error("it went wrong"), asking())

    assert reply.status == status
    assert reply.body.startswith(f"{status} ")
    assert "it went wrong" in reply.body


@pytest.mark.checklist("REJ-55")
def test_people_read_every_problem_on_a_line_of_its_own() -> None:
    reply = reply_to(errors.Rejected(TWO), asking())

    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.body.splitlines() == [
        "400 Rejected: there are 2 problems.",
        "name is bad [bad-name]",
        "so is version [bad-version]",
    ]


@pytest.mark.checklist("REJ-55")
def test_uv_reads_every_problem_in_the_code() -> None:
    reply = reply_to(errors.Rejected(TWO), asking(UV))
    document = json.loads(reply.body)

    assert reply.headers["Content-Type"] == "application/json", "uv compares the whole header"
    assert document["code"] == "400 Rejected: name is bad; so is version"
    assert document["message"] == "Rejected: name is bad; so is version"
    assert document["problems"] == [
        {"code": "bad-name", "message": "name is bad"},
        {"code": "bad-version", "message": "so is version"},
    ]


@pytest.mark.checklist("REJ-01")
@pytest.mark.parametrize("accept", [TWINE, UV])
def test_a_conflict_has_the_words_that_uploaders_look_for(accept: str) -> None:
    reply = reply_to(errors.Conflict("demo-1.0.tar.gz has other bytes"), asking(accept))

    assert reply.status == 409
    assert "File already exists" in reply.body


@pytest.mark.parametrize("accept", [TWINE, PIP, "", "text/html", "image/png", "q;q;q=\udcff"])
def test_who_does_not_ask_for_json_gets_text_and_never_a_406(accept: str) -> None:
    reply = reply_to(errors.NotFound("no such project"), asking(accept))

    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")


@pytest.mark.checklist("CACHE-11")
@pytest.mark.parametrize("error", [errors.NotFound, errors.Gone, errors.Denied, errors.Unavailable])
def test_no_cache_keeps_an_error(error: type[errors.IdlewheelError]) -> None:
    assert reply_to(error("no"), asking()).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(errors.Unavailable, "2"), (errors.Undecided, "5"), (errors.NotFound, None)],
)
def test_it_says_when_to_try_again_where_that_helps(
    error: type[errors.IdlewheelError], seconds: str | None
) -> None:
    assert reply_to(error("no"), asking()).headers.get("Retry-After") == seconds


@pytest.mark.checklist("HTML-13")
def test_head_is_answered_without_the_text() -> None:
    reply = reply_to(errors.NotFound("no such project"), asking(method="HEAD"))

    assert (reply.status, reply.body) == (404, "")


@pytest.mark.parametrize("accept", ["application/json", "text/plain"])
def test_half_a_character_that_somebody_sent_can_be_sent_back(accept: str) -> None:
    reply = reply_to(errors.NotFound("there is no \ud800"), asking(accept))

    assert "ud800" in reply.body.encode().decode()
