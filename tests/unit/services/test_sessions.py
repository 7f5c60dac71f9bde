from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.distribution.form import Declaration
from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.domain.project import Claim, FileState
from idlewheel.domain.uploads import SESSION, Lane, UploadState
from idlewheel.errors import Conflict, Denied, Rejected, TooLate, TooMany
from idlewheel.services.sessions import AT_ONCE, Announcement, Sessions
from tests.fakes.drafts import FakeDrafts
from tests.fakes.publishing import FakeUploads
from tests.fakes.reading import FakeCatalog
from tests.fakes.world import World

if TYPE_CHECKING:
    from idlewheel.domain.uploads import Upload

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
SHA256 = hashlib.sha256(b"wheel").hexdigest()


class Desk:
    """A desk over a world in memory, with a clock that only pauses move."""

    def __init__(self) -> None:
        self.world = World()
        self.uploads = FakeUploads(self.world)
        self.time = 0.0
        self.pauses: list[float] = []
        self.drafts = FakeDrafts(self.world)
        catalog = FakeCatalog(self.world)
        self.sessions = Sessions(catalog, self.uploads, self.drafts, lambda: self.time, self.pause)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def open(self, version: str = "1.0", *scopes: str, sha256: str = SHA256) -> Upload:
        upload = self.try_to_open(version, *scopes, sha256=sha256)
        assert upload is not None
        return upload

    def try_to_open(
        self, version: str, *scopes: str, sha256: str = SHA256, **past: Any
    ) -> Upload | None:
        declaration = Declaration.of(f"demo-{version}-py3-none-any.whl", {"sha256": sha256})
        granted = parse_scopes(scopes or ("publish:project:demo",))
        principal = Principal("ci", "t1", granted, NOW + timedelta(days=1))
        return self.sessions.open(Announcement(declaration, 5, **past), principal, NOW)

    def claim(self, state: FileState = FileState.ACTIVE) -> None:
        name = "demo-1.0-py3-none-any.whl"
        self.world.claims[name] = Claim(name, SHA256, "0", state)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_session_holds_what_was_announced(desk: Desk) -> None:
    upload = desk.open()

    assert (upload.project, upload.version, upload.size) == ("demo", "1.0", 5)
    assert (upload.sha256, upload.lane, upload.state) == (SHA256, Lane.LARGE, UploadState.RECEIVED)
    assert upload.staged_key == f"staged/large/{upload.id}/demo-1.0-py3-none-any.whl"


def test_the_same_announcement_joins(desk: Desk) -> None:
    assert desk.open().id == desk.open().id


@pytest.mark.parametrize(
    "past", [{"upload_time": NOW - timedelta(days=999)}, {"as_mirror": True}], ids=str
)
def test_the_past_of_a_file_is_told_by_who_administers_its_project(
    desk: Desk, past: dict[str, Any]
) -> None:
    with pytest.raises(Denied, match="needs the scope admin:project:demo"):
        desk.try_to_open("1.0", "publish:*", "admin:project:other", **past)

    opened = desk.try_to_open("1.0", "admin:prefix:demo-*", **past)

    assert opened is not None
    assert (opened.upload_time, opened.as_mirror) == (
        past.get("upload_time"),
        past.get("as_mirror", False),
    )


def test_an_upload_time_is_past(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        desk.try_to_open("1.0", "admin:*", upload_time=NOW + timedelta(microseconds=1))

    assert [problem.code for problem in refused.value.problems] == ["upload-time-is-past"]
    assert desk.try_to_open("1.0", "admin:*", upload_time=NOW) is not None


def test_who_may_not_publish_opens_nothing(desk: Desk) -> None:
    with pytest.raises(Denied, match="publish:project:demo"):
        desk.open("1.0", "publish:project:other")

    assert not desk.world.uploads


def test_what_is_published_needs_no_session(desk: Desk) -> None:
    desk.claim()

    assert desk.try_to_open("1.0") is None


@pytest.mark.parametrize(
    ("state", "sha256", "why"),
    [(FileState.ACTIVE, "0" * 64, "other content"), (FileState.DELETED, SHA256, "was deleted")],
)
def test_a_taken_name_is_refused_before_a_byte_is_sent(
    desk: Desk, state: FileState, sha256: str, why: str
) -> None:
    desk.claim(state)

    with pytest.raises(Conflict, match=why):
        desk.open(sha256=sha256)


def test_sessions_are_bounded(desk: Desk) -> None:
    for number in range(AT_ONCE):
        desk.open(f"{number}")

    with pytest.raises(TooMany, match=str(AT_ONCE)):
        desk.open("999")


def test_a_verdict_is_told_as_soon_as_it_is_there(desk: Desk) -> None:
    upload = desk.open()
    desk.uploads.end(upload.id, state=UploadState.PUBLISHED)

    watched = desk.sessions.watch(upload, 20, NOW)

    assert watched.state is UploadState.PUBLISHED
    assert len(desk.pauses) == 1


def test_without_a_verdict_the_wait_ends_in_time(desk: Desk) -> None:
    watched = desk.sessions.watch(desk.open(), 20, NOW)

    assert watched.state is UploadState.RECEIVED
    assert 18 < desk.time <= 20


def test_pauses_grow_to_a_second(desk: Desk) -> None:
    desk.sessions.watch(desk.open(), 20, NOW)

    assert desk.pauses == sorted(desk.pauses)
    assert max(desk.pauses) == 1
    assert len(desk.pauses) < 50


def test_who_does_not_wait_is_answered_at_once(desk: Desk) -> None:
    desk.sessions.watch(desk.open(), 0, NOW)

    assert not desk.pauses


def test_a_session_whose_bytes_never_came_says_so(desk: Desk) -> None:
    watched = desk.sessions.watch(desk.open(), 20, NOW + SESSION)

    assert watched.state is UploadState.REJECTED
    assert [problem.code for problem in watched.problems] == ["session-expired"]
    assert "2026-11-22 16:00 UTC" in watched.problems[0].message


def test_what_was_published_in_time_never_expires(desk: Desk) -> None:
    upload = desk.open()
    desk.uploads.end(upload.id, state=UploadState.PUBLISHED)

    watched = desk.sessions.watch(desk.uploads.get(upload.id), 20, NOW + SESSION)

    assert watched.state is UploadState.PUBLISHED


def test_a_cancelled_session_is_over(desk: Desk) -> None:
    upload = desk.open()

    ended = desk.sessions.cancel(upload)

    assert [problem.code for problem in ended.problems] == ["cancelled"]
    assert desk.sessions.cancel(upload) == ended
    assert desk.open().id != upload.id


def test_cancelling_does_not_hide_why_a_file_was_refused(desk: Desk) -> None:
    upload = desk.open()
    refused = desk.uploads.reject(upload.id, Rejected("bad"))

    assert desk.sessions.cancel(upload) == refused


def test_what_is_published_cannot_be_cancelled(desk: Desk) -> None:
    upload = desk.open()
    desk.uploads.end(upload.id, state=UploadState.PUBLISHED)

    with pytest.raises(TooLate, match="published and cannot be cancelled"):
        desk.sessions.cancel(upload)
