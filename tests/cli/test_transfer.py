"""One file, against servers that misbehave."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel_cli.api import Api
from idlewheel_cli.failures import CredentialsWanted, Refused, Unreachable
from idlewheel_cli.index import Index
from idlewheel_cli.outcome import Outcome, Verdict
from idlewheel_cli.progress import Silence
from idlewheel_cli.retry import Pauses
from idlewheel_cli.selection import Candidate
from idlewheel_cli.target import Target
from idlewheel_cli.transfer import Transfer
from tests.cli.scripted import Answer, Server, serving
from tests.factories import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME, BODY = wheel()
SHA256 = hashlib.sha256(BODY).hexdigest()
PUBLISHED = Answer(200, {"state": "published"})
EXISTED = Answer(200, {"filename": NAME, "state": "published", "existed": True})
CUT = Answer(reads=10)


@pytest.fixture
def store() -> Iterator[Server]:
    with serving(Answer(200, "")) as server:
        yield server


@pytest.fixture
def candidate(tmp_path: Path) -> Candidate:
    path = tmp_path / NAME
    path.write_bytes(BODY)
    return Candidate(path)


def session(store: Server) -> Answer:
    upload = {"method": "PUT", "url": f"{store.url}/staged", "headers": {"x-sum": "abc"}}
    upload["headers"] = {"x-sum": "abc", "content-length": str(len(BODY))}
    return Answer(201, {"id": "u1", "state": "received", "upload": upload})


class Clock:
    """Counts pauses instead of making them."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def pauses(self) -> Pauses:
        return Pauses(sleep=self.slept.append)


def send(candidate: Candidate, server: Server, **options: Any) -> Outcome:
    clock = Clock()
    target = Target(Index(server.url), "secret")
    with Api(target, clock.pauses) as api:
        transfer = Transfer(api, pauses=clock.pauses, **{"largest_form": 0, **options})
        return transfer.publish(candidate, Silence())


def test_a_large_file_is_announced_put_and_asked_about(candidate: Candidate, store: Server) -> None:
    with serving(session(store), PUBLISHED) as index:
        outcome = send(candidate, index)

    assert (outcome.verdict, outcome.size, outcome.sha256) == ("published", len(BODY), SHA256)
    assert index.lines == ["POST /uploads", "GET /uploads/u1?wait=20"]
    _, _, headers, body = store.asked[0]
    assert (body, headers["x-sum"], headers["content-length"]) == (BODY, "abc", str(len(BODY)))


def test_the_store_never_sees_the_token(candidate: Candidate, store: Server) -> None:
    with serving(session(store), PUBLISHED) as index:
        send(candidate, index)

    assert "authorization" not in store.asked[0][2]
    assert "authorization" in index.asked[0][2]


def test_a_small_file_is_a_form(candidate: Candidate) -> None:
    with serving(PUBLISHED) as index:
        outcome = send(candidate, index, largest_form=10_000)

    assert outcome.verdict == "published"
    assert index.lines == ["POST /legacy/"]
    assert SHA256.encode() in index.asked[0][3]


def test_a_form_that_is_too_large_after_all_goes_as_a_session(
    candidate: Candidate, store: Server
) -> None:
    too_large = Answer(413, {"message": "too large"})
    with serving(too_large, session(store), PUBLISHED) as index:
        outcome = send(candidate, index, largest_form=10_000)

    assert outcome.verdict == "published"


@pytest.mark.parametrize("largest", [0, 10_000])
def test_what_is_there_is_not_sent(candidate: Candidate, store: Server, largest: int) -> None:
    with serving(EXISTED) as index:
        outcome = send(candidate, index, largest_form=largest)

    assert outcome.verdict == "exists"
    assert not store.asked


def test_a_cut_connection_to_the_store_is_tried_again(candidate: Candidate, store: Server) -> None:
    store.answers = [CUT, Answer(500, ""), Answer(200, "")]
    with serving(session(store), session(store), session(store), PUBLISHED) as index:
        outcome = send(candidate, index)

    assert outcome.verdict == "published"
    assert index.lines.count("POST /uploads") == 3


def test_bytes_that_an_earlier_try_brought_are_not_doubled(
    candidate: Candidate, store: Server
) -> None:
    store.answers = [Answer(412, "<Error><Code>PreconditionFailed</Code></Error>")]
    with serving(session(store), PUBLISHED) as index:
        assert send(candidate, index).verdict == "published"


def test_a_store_that_never_takes_it_is_a_failure(candidate: Candidate, store: Server) -> None:
    store.answers = [Answer(403, "<Error><Code>AccessDenied</Code></Error>")]
    with serving(session(store)) as index:
        outcome = send(candidate, index)

    assert (outcome.verdict, outcome.exit_code) == ("failed", 4)
    assert "403 AccessDenied" in outcome.problems[0][1]


def test_a_file_that_changed_on_the_way_is_told(candidate: Candidate, store: Server) -> None:
    store.answers = [Answer(400, "<Error><Code>BadDigest</Code></Error>")]
    with serving(session(store)) as index:
        outcome = send(candidate, index)

    assert "changed while it was being sent" in outcome.problems[0][1]
    assert len(store.asked) == 1


@pytest.mark.parametrize(
    ("refusal", "skips", "end"),
    [
        ("rejected", False, (Verdict.REFUSED, 1)),
        ("denied", False, (Verdict.REFUSED, 3)),
        ("file-exists", False, (Verdict.REFUSED, 1)),
        ("file-exists", True, (Verdict.SKIPPED, 0)),
    ],
)
def test_a_verdict_has_its_exit_code(
    candidate: Candidate, store: Server, refusal: str, skips: bool, end: tuple[str, int]
) -> None:
    problems = [{"code": "why", "message": "because"}]
    said = Answer(200, {"state": "rejected", "refusal": refusal, "problems": problems})
    with serving(session(store), Answer(200, {"state": "received"}), said) as index:
        outcome = send(candidate, index, skips_existing=skips)

    assert (outcome.verdict, outcome.exit_code) == end
    assert outcome.problems == (("why", "because"),)


def test_a_taken_name_can_be_skipped(candidate: Candidate) -> None:
    conflict = Answer(409, {"message": "File already exists", "problems": []})
    with serving(conflict) as index:
        assert send(candidate, index).verdict == "refused"
        assert send(candidate, index, skips_existing=True).verdict == "skipped"


def test_a_bad_file_is_never_sent(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no wheel")
    with serving(PUBLISHED) as index:
        outcome = send(Candidate(tmp_path / NAME), index)

    assert (outcome.verdict, outcome.exit_code) == ("refused", 1)
    assert outcome.problems[0][0] == "zip-ends-in-an-end-record"
    assert not index.asked


def test_unchecked_a_bad_name_is_still_never_sent(tmp_path: Path) -> None:
    (tmp_path / "Demo-1.0-py3-none-any.whl").write_bytes(BODY)
    with serving(PUBLISHED) as index:
        outcome = send(Candidate(tmp_path / "Demo-1.0-py3-none-any.whl"), index, is_checked=False)

    assert outcome.problems[0][0] == "filename-is-normalized"
    assert not index.asked


def test_unchecked_a_bad_file_is_the_indexs_to_judge(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no wheel")
    with serving(Answer(400, {"message": "bad", "problems": []})) as index:
        outcome = send(Candidate(tmp_path / NAME), index, is_checked=False, largest_form=100)

    assert outcome.problems == (("refused", "bad"),)


def test_a_file_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    with serving(PUBLISHED) as index:
        outcome = send(Candidate(tmp_path / NAME), index)

    assert outcome.verdict == "failed"


def test_attestations_travel_along(candidate: Candidate, store: Server) -> None:
    signed = Candidate(candidate.path, ({"version": 1},))
    with serving(session(store), PUBLISHED) as index:
        send(signed, index)
        send(signed, index, largest_form=10_000)

    assert b'"attestations":[{"version":1}]' in index.asked[0][3]
    assert b'[{"version": 1}]' in index.asked[2][3]


def ask(server: Server, clock: Clock | None = None) -> dict[str, Any]:
    pauses = (clock or Clock()).pauses
    with Api(Target(Index(server.url), "secret"), pauses) as api:
        return api.ask("GET", "/x")


def test_a_busy_index_is_asked_again_when_it_says() -> None:
    clock = Clock()
    busy = Answer(503, {"message": "busy"}, {"Retry-After": "7"})
    with serving(busy, Answer(429, {"message": "slow"}), CUT, PUBLISHED) as server:
        found = ask(server, clock)

    assert found == {"state": "published"}
    assert clock.slept[0] == 7
    assert len(clock.slept) == 3


def test_pauses_grow_and_are_bounded() -> None:
    clock = Clock()
    pauses = Pauses(12, clock.slept.append)

    assert list(pauses)[-2:] == [False, True]
    assert 0.5 <= clock.slept[0] <= 1
    assert max(clock.slept) == 30


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (Answer(401, {"message": "A token is needed"}), CredentialsWanted, "A token is needed"),
        (Answer(403, {"message": "no", "problems": []}), Refused, "no"),
        (Answer(404, "<html>  not\nhere"), Refused, "<html> not here"),
        (Answer(404, ""), Refused, "404"),
        (Answer(404, ["strange"]), Refused, "strange"),
        (Answer(503, {"message": "busy"}), Unreachable, r"cannot answer now \(503\): busy"),
        (Answer(429, {"message": "too many"}), Refused, "too many"),
        (Answer(302, "", {"Location": "https://x/"}), Unreachable, "redirects to https://x/"),
        (Answer(200, "<html>"), Unreachable, "is the URL right"),
        (CUT, Unreachable, "does not answer"),
    ],
)
def test_what_goes_wrong_is_told_in_the_indexs_words(
    answer: Answer, error: type[Exception], text: str
) -> None:
    with serving(answer) as server, pytest.raises(error, match=text):
        ask(server)
