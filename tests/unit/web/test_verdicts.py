from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import Upload, UploadState
from idlewheel.errors import Denied, Problem
from idlewheel.web import verdicts
from idlewheel.web.gateway import Request

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
UPLOAD = Upload(
    id="0123",
    filename="demo-1.0.tar.gz",
    project=NormalizedName("demo"),
    version="1.0",
    sha256="a" * 64,
    size=12,
    principal="ci",
    token_id="t1",
    scopes=parse_scopes(["publish:*"]),
    received_at=NOW,
)
PEOPLE = Request(headers={"accept": "*/*"}, base_url="https://index.example/prod")
PROGRAM = replace(PEOPLE, headers={"accept": "application/json"})
STATUS_URL = "https://index.example/prod/uploads/0123"


def principal(*scopes: str, token_id: str = "t2") -> Principal:
    return Principal("someone", token_id, parse_scopes(scopes), NOW)


@pytest.mark.checklist("UP-01", "UP-05")
@pytest.mark.parametrize(
    ("is_new", "words"), [(True, "is published"), (False, "already published with the same")]
)
def test_who_published_is_told_so(is_new: bool, words: str) -> None:
    reply = verdicts.published("demo-1.0.tar.gz", PEOPLE, is_new=is_new)

    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert words in reply.body


def test_programs_are_told_in_json() -> None:
    reply = verdicts.published("demo-1.0.tar.gz", PROGRAM, is_new=True)

    assert reply.headers["Content-Type"] == "application/json"
    assert json.loads(reply.body) == {"filename": "demo-1.0.tar.gz", "state": "published"}


def test_who_does_not_want_to_wait_is_told_where_to_ask() -> None:
    reply = verdicts.pending(UPLOAD, PROGRAM)

    assert (reply.status, reply.headers["Location"]) == (202, STATUS_URL)
    assert json.loads(reply.body)["state"] == "received"
    assert STATUS_URL in verdicts.pending(UPLOAD, PEOPLE).body


@pytest.mark.parametrize(
    ("prefer", "early"),
    [
        (None, False),
        ("respond-async", True),
        ("wait=10, Respond-Async", True),
        ("respond-asynchronously", False),
    ],
)
def test_only_who_prefers_it_is_answered_early(prefer: str | None, early: bool) -> None:
    request = Request(headers={"prefer": prefer} if prefer else {})

    assert verdicts.asks_to_respond_early(request) is early


def test_a_rejected_upload_tells_every_problem() -> None:
    problems = (Problem("bad-name", "name is bad"), Problem("bad-zip", "so is the zip"))
    rejected = replace(UPLOAD, state=UploadState.REJECTED, problems=problems)
    text = verdicts.status(rejected, PEOPLE).body
    document = json.loads(verdicts.status(rejected, PROGRAM).body)

    assert text.splitlines() == [
        "demo-1.0.tar.gz: rejected",
        "- name is bad [bad-name]",
        "- so is the zip [bad-zip]",
    ]
    assert document["problems"] == [problem._asdict() for problem in problems]


@pytest.mark.checklist("AUTH-12")
def test_a_status_names_neither_token_nor_principal() -> None:
    assert verdicts.status(UPLOAD, PROGRAM).body.find("t1") == -1
    assert (
        not {"token_id", "principal", "scopes"}
        & json.loads(verdicts.status(UPLOAD, PROGRAM).body).keys()
    )


@pytest.mark.parametrize(
    "asking",
    [principal("read:*", token_id="t1"), principal("publish:project:demo"), principal("publish:*")],
    ids=["the uploader", "a publisher of the project", "a publisher of all"],
)
def test_uploaders_and_publishers_see_an_upload(asking: Principal) -> None:
    verdicts.require_visible(UPLOAD, asking)

    assert asking.token_id == UPLOAD.token_id or asking.scopes


@pytest.mark.parametrize("scope", ["read:*", "publish:project:other", "yank:project:demo"])
def test_others_do_not(scope: str) -> None:
    with pytest.raises(Denied):
        verdicts.require_visible(UPLOAD, principal(scope))


@pytest.mark.parametrize("request_", [PEOPLE, PROGRAM])
def test_no_cache_keeps_a_verdict(request_: Request) -> None:
    assert verdicts.status(UPLOAD, request_).headers["Cache-Control"] == "no-store"
