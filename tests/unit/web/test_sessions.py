from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import Lane, Upload
from idlewheel.errors import NotFound, Rejected
from idlewheel.services.ports import Admission
from idlewheel.web import sessions
from idlewheel.web.gateway import Request

TIME = "announcement-has-a-moment-as-upload-time"
NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
GOOD = {"filename": "Demo-1.0-py3-none-any.whl".lower(), "size": 5, "sha256": "a" * 64}


def asked(document: object) -> Request:
    return Request(method="POST", path="/uploads", body=json.dumps(document))


def codes(document: object) -> list[str]:
    with pytest.raises(Rejected) as caught:
        sessions.announcement(asked(document))
    return [problem.code for problem in caught.value.problems]


def test_an_announcement_is_read() -> None:
    found = sessions.announcement(asked({**GOOD, "attestations": [{"version": 1}]}))

    assert (found.declaration.project, found.declaration.version) == ("demo", "1.0")
    assert (found.size, found.sha256) == (5, "a" * 64)
    assert found.declaration.attestations == '[{"version": 1}]'


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-03-04T05:06:07Z", datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2021-03-04t05:06:07.123456z", datetime(2021, 3, 4, 5, 6, 7, 123456, tzinfo=UTC)),
        ("2021-03-04 05:06:07.1+02:00", datetime(2021, 3, 4, 3, 6, 7, 100000, tzinfo=UTC)),
    ],
)
def test_an_import_says_when_its_file_was_uploaded(text: str, moment: datetime) -> None:
    found = sessions.announcement(asked({**GOOD, "upload_time": text}))

    assert (found.upload_time, found.as_mirror) == (moment, False)


def test_an_old_spelling_is_announced_as_a_mirror() -> None:
    said = {**GOOD, "filename": "My.Demo-1.0.tar.gz", "as_mirror": True}

    found = sessions.announcement(asked(said))

    assert (found.declaration.project, found.as_mirror, found.upload_time) == (
        "my-demo",
        True,
        None,
    )


def test_attestations_may_be_left_out() -> None:
    assert sessions.announcement(asked(GOOD)).declaration.attestations is None


def test_a_draft_may_be_named() -> None:
    assert sessions.announcement(asked({**GOOD, "draft": "d" * 32})).draft_id == "d" * 32
    assert sessions.announcement(asked(GOOD)).draft_id is None


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_an_announcement_is_an_object(document: object) -> None:
    assert codes(document) == ["invalid-json"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": 0}, "announcement-has-a-size"),
        ({"size": -1}, "announcement-has-a-size"),
        ({"size": True}, "announcement-has-a-size"),
        ({"size": 5.0}, "announcement-has-a-size"),
        ({"size": "5"}, "announcement-has-a-size"),
        ({"size": None}, "announcement-has-a-size"),
        ({"size": 5 * 1024**3 + 1}, "announcement-has-a-size"),
        ({"sha256": "A" * 64}, "announcement-has-a-sha256"),
        ({"sha256": "a" * 63}, "announcement-has-a-sha256"),
        ({"sha256": None}, "announcement-has-a-sha256"),
        ({"sha256": "٣" * 64}, "announcement-has-a-sha256"),
        ({"attestations": []}, "announcement-has-attestations-in-json"),
        ({"attestations": ["x"]}, "announcement-has-attestations-in-json"),
        ({"attestations": "[{}]"}, "announcement-has-attestations-in-json"),
        ({"attestations": [{"x": "y" * 300_000}]}, "announcement-has-attestations-in-json"),
        ({"draft": "d" * 31}, "announcement-names-its-draft"),
        ({"draft": 5}, "announcement-names-its-draft"),
        ({"upload_time": "2021-03-04"}, TIME),
        ({"upload_time": "2021-03-04T05:06:07"}, TIME),
        ({"upload_time": "2021-W09-4T05:06:07Z"}, TIME),
        ({"upload_time": "2021-13-04T05:06:07Z"}, TIME),
        ({"upload_time": "٢٠٢١-03-04T05:06:07Z"}, TIME),
        ({"upload_time": "1969-12-31T23:59:59Z"}, TIME),
        ({"upload_time": "0001-01-01T00:00:00+14:00"}, TIME),
        ({"upload_time": 1614834367}, TIME),
        ({"upload_time": "2021-03-04T05:06:07Z", "draft": "a" * 32}, TIME),
        ({"as_mirror": "true"}, "announcement-says-whether-as-mirror"),
        ({"as_mirror": 1}, "announcement-says-whether-as-mirror"),
        ({"filename": "My.Demo-1.0.tar.gz", "as_mirror": "true"}, "filename-is-normalized"),
        ({"filename": "demo-1.0.exe", "as_mirror": True}, "filename-has-a-known-extension"),
        ({"filename": "demo-1.0.exe"}, "filename-has-a-known-extension"),
        ({"filename": ""}, "filename-is-plain-text"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], code: str) -> None:
    assert code in codes({**GOOD, **change})


def test_the_largest_file_may_be_announced() -> None:
    assert sessions.announcement(asked({**GOOD, "size": 5 * 1024**3})).size == 5 * 1024**3


def test_every_problem_is_told_at_once() -> None:
    assert codes({"filename": "demo.exe"}) == [
        "filename-has-a-known-extension",
        "announcement-has-a-size",
        "announcement-has-a-sha256",
    ]


def test_who_opened_a_session_is_told_what_to_send_where() -> None:
    upload = Upload(
        id="0123",
        filename="demo-1.0.tar.gz",
        project=NormalizedName("demo"),
        version="1.0",
        sha256="a" * 64,
        size=5,
        principal="ci",
        token_id="t1",
        scopes=(),
        received_at=NOW,
        lane=Lane.LARGE,
    )
    admission = Admission("https://store.example/x", {"if-none-match": "*"}, NOW)

    reply = sessions.opened(upload, admission, Request(base_url="https://index.example/prod"))

    said = json.loads(reply.body)
    assert reply.status == 201
    assert reply.headers["Location"] == "https://index.example/prod/uploads/0123"
    assert said["upload"] == {
        "method": "PUT",
        "url": "https://store.example/x",
        "headers": {"if-none-match": "*"},
        "expires_at": "2026-11-22T13:00:00+00:00",
    }
    assert (said["state"], said["expires_at"]) == ("received", "2026-11-22T16:00:00+00:00")


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("20", 20), ("25", 25), ("9" * 30, 25)])
def test_a_wait_is_bounded(text: str, seconds: float) -> None:
    assert sessions.patience(Request(query={"wait": text})) == seconds


def test_nobody_waits_unasked() -> None:
    assert sessions.patience(Request()) == 0


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "٣"])
def test_a_wait_is_a_number_of_seconds(text: str) -> None:
    with pytest.raises(Rejected, match="wait must be seconds"):
        sessions.patience(Request(query={"wait": text}))


@pytest.mark.parametrize("text", ["", "0" * 31, "g" * 32, "0" * 32 + "\n", "0" * 5000])
def test_what_cannot_be_an_id_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        sessions.upload_id(Request(parameters={"id": text}))
