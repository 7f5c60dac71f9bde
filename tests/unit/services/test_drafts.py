from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution.form import Declaration
from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.domain.drafts import KEPT, DraftState
from idlewheel.domain.tokens import Kind, Token
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Conflict, Denied, Gone, NotFound, Rejected, TooLate, Unavailable
from idlewheel.services.drafts import Drafting
from idlewheel.services.ingest import Outcome
from idlewheel.services.sessions import Announcement, Sessions
from tests.factories import sdist, wheel
from tests.fakes.drafts import FakeDraftPublisher, FakeDrafts
from tests.fakes.stores import FakeFiles
from tests.proof import cloud
from tests.proof.cloud import DEMO

if TYPE_CHECKING:
    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.uploads import Upload

WHEEL = wheel()
OTHER = wheel(description="other bytes")
SDIST = sdist()
NOW = datetime.now(UTC)


class Desk:
    """Drafts over a world in memory, and the way in for their files."""

    def __init__(self) -> None:
        self.cloud = cloud.of_fakes()
        ports = self.cloud.ports
        self.noted: list[str] = []
        self.drafting = Drafting(ports.drafts, ports.draft_publisher, ports.files, self)
        self.sessions = Sessions(ports.catalog, ports.uploads, ports.drafts)
        self.who = self.holder("publish:*", "read:*")

    def note_file(self, name: NormalizedName, filename: str) -> None:
        self.noted.append(filename)

    def note_project(self, name: NormalizedName) -> None:
        raise AssertionError

    def holder(self, *scopes: str) -> Principal:
        return self.cloud.ports.principal(self.cloud.ports.token(*scopes))

    def open(self, version: str = "1.0") -> Draft:
        return self.drafting.open(DEMO, version, self.who, NOW)

    def announce(
        self, draft: Draft, file: tuple[str, bytes], who: Principal | None = None
    ) -> Upload | None:
        digest = hashlib.sha256(file[1]).hexdigest()
        declaration = Declaration.of(file[0], {"sha256": digest})
        announcement = Announcement(declaration, len(file[1]), draft.id)
        return self.sessions.open(announcement, who or self.who, NOW)

    def stage(self, draft: Draft, file: tuple[str, bytes]) -> Upload:
        upload = self.announce(draft, file)
        assert upload is not None
        self.cloud.ports.inbox.stage(upload.staged_key, file[1], upload.sha256)
        self.cloud.deliver()
        return self.cloud.ports.uploads.get(upload.id)

    def staged(self, draft: Draft) -> list[StagedFile]:
        return list(self.cloud.ports.drafts.staged(draft.id)[1])

    def publish(self, draft: Draft, *expected: str) -> Draft:
        return self.drafting.publish(draft.id, expected or None, self.who, NOW)[0]

    def downloads(self) -> set[str]:
        return set(self.cloud.look().objects)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_release_becomes_visible_all_at_once(desk: Desk) -> None:
    draft = desk.open()
    uploads = [desk.stage(draft, WHEEL), desk.stage(draft, SDIST)]
    before = desk.cloud.look()

    published = desk.publish(draft, WHEEL[0], SDIST[0])

    after = desk.cloud.look()
    assert {upload.state for upload in uploads} == {UploadState.STAGED}
    assert not before.projects
    assert published.state is DraftState.PUBLISHED
    assert {filename for _, filename in after.files} == {WHEEL[0], SDIST[0]}
    assert after.projects[DEMO].revision == 1
    assert after.objects == before.objects
    assert sorted(desk.noted) == sorted([WHEEL[0], SDIST[0]])


def test_publishing_again_changes_nothing_but_notes_again(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)
    desk.publish(draft)
    state = desk.cloud.look()

    again = desk.publish(draft)

    assert again.state is DraftState.PUBLISHED
    assert desk.cloud.look() == state
    assert desk.noted == [WHEEL[0]] * 2


def test_nothing_is_published_that_was_not_expected(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)

    with pytest.raises(Rejected) as refused:
        desk.publish(draft, WHEEL[0], SDIST[0])

    assert [problem.code for problem in refused.value.problems] == ["draft-lacks-file"]
    assert not desk.cloud.look().projects


def test_a_refused_file_is_not_in_the_draft(desk: Desk) -> None:
    draft = desk.open()

    upload = desk.stage(draft, (WHEEL[0], b"no zip"))

    assert upload.state is UploadState.REJECTED
    assert desk.staged(draft) == []
    assert not desk.downloads()


def test_a_second_announcement_of_a_staged_file_needs_no_bytes(desk: Desk) -> None:
    draft = desk.open()
    staged = desk.stage(draft, WHEEL)

    again = desk.announce(draft, WHEEL)

    assert again is not None
    assert (again.id, again.state) == (staged.id, UploadState.STAGED)


def test_other_bytes_are_refused_before_they_are_sent(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)

    with pytest.raises(Conflict, match="in the draft with other content"):
        desk.announce(draft, OTHER)


def test_a_file_of_another_release_is_refused(desk: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        desk.announce(desk.open(), wheel(version="2.0"))

    assert [problem.code for problem in refused.value.problems] == ["draft-of-another-release"]


def test_only_the_token_that_opened_a_draft_adds_to_it(desk: Desk) -> None:
    with pytest.raises(Denied, match="only that one may add"):
        desk.announce(desk.open(), WHEEL, desk.holder("publish:*"))


def test_another_publisher_sees_and_publishes_it(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)
    other = desk.holder("publish:project:demo")

    published, staged = desk.drafting.publish(draft.id, None, other, NOW)

    assert published.state is DraftState.PUBLISHED
    assert [one.file.filename for one in staged] == [WHEEL[0]]


def test_a_draft_is_the_business_of_its_projects_publishers(desk: Desk) -> None:
    draft = desk.open()
    stranger = desk.holder("publish:project:other", "read:*")

    with pytest.raises(Denied):
        desk.drafting.open(DEMO, "1.0", stranger, NOW)
    with pytest.raises(Denied):
        desk.drafting.find(draft.id, stranger)
    with pytest.raises(Denied):
        desk.drafting.publish(draft.id, None, stranger, NOW)
    with pytest.raises(Denied):
        desk.drafting.cancel(draft.id, stranger)
    with pytest.raises(Denied):
        desk.drafting.remove(draft.id, WHEEL[0], stranger, NOW)


def test_a_removed_file_is_gone_and_can_come_again_with_other_bytes(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)

    desk.drafting.remove(draft.id, WHEEL[0], desk.who, NOW)

    assert not desk.downloads()
    assert desk.stage(draft, OTHER).state is UploadState.STAGED
    assert desk.publish(draft, WHEEL[0]).state is DraftState.PUBLISHED


def test_what_is_not_in_a_draft_is_not_removed(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no file"):
        desk.drafting.remove(desk.open().id, WHEEL[0], desk.who, NOW)


def test_a_cancelled_draft_leaves_nothing(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)

    ended = [desk.drafting.cancel(draft.id, desk.who) for _ in range(2)]

    assert {one.state for one in ended} == {DraftState.CANCELLED}
    assert not desk.downloads()
    with pytest.raises(Gone):
        desk.publish(draft)
    with pytest.raises(Gone):
        desk.announce(draft, SDIST)


def test_a_published_draft_is_not_cancelled_and_takes_nothing_more(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)
    desk.publish(draft)

    with pytest.raises(TooLate):
        desk.drafting.cancel(draft.id, desk.who)
    with pytest.raises(TooLate):
        desk.drafting.remove(draft.id, WHEEL[0], desk.who, NOW)
    with pytest.raises(TooLate):
        desk.announce(draft, SDIST)
    assert len(desk.downloads()) == 2


def test_an_expired_draft_is_not_published(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)

    with pytest.raises(Gone, match="has expired"):
        desk.drafting.publish(draft.id, None, desk.who, NOW + KEPT)


def test_what_comes_after_the_publication_is_refused_and_leaves_nothing(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)
    late = desk.announce(draft, SDIST)
    assert late is not None
    desk.publish(draft)

    desk.cloud.ports.inbox.stage(late.staged_key, SDIST[1], late.sha256)
    desk.cloud.deliver()

    ended = desk.cloud.ports.uploads.get(late.id)
    assert [problem.code for problem in ended.problems] == ["draft-ended"]
    assert all(WHEEL[0] in key for key in desk.downloads())


def test_a_file_that_was_published_by_itself_meanwhile_downloads_still(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)
    desk.stage(draft, SDIST)
    token = Token(
        id=desk.who.token_id,
        digest="",
        kind=Kind.PUBLISH,
        principal="ann",
        scopes=desk.who.scopes,
        created_at=NOW,
        created_by="test",
        expires_at=NOW + timedelta(days=1),
    )
    desk.cloud.publish(token, WHEEL)

    desk.publish(draft)

    state = desk.cloud.look()
    assert {filename for _, filename in state.files} == {WHEEL[0], SDIST[0]}
    assert all(file.key(DEMO) in state.objects for file in state.files.values())


def test_an_event_that_comes_twice_stages_once(desk: Desk) -> None:
    draft = desk.open()
    upload = desk.stage(draft, WHEEL)
    desk.cloud.ports.inbox.stage(upload.staged_key, WHEEL[1], upload.sha256)

    outcome, _ = desk.cloud.ingest.process(upload.staged_key)

    assert outcome is Outcome.IGNORED
    assert desk.cloud.ports.drafts.get(draft.id).file_count == 1


class Restless(FakeDraftPublisher):
    """Every look at the draft is one look too late."""

    def publish(self, *_: object) -> None:
        return None


def test_a_draft_that_never_stands_still_is_left_for_later(desk: Desk) -> None:
    draft = desk.open()
    desk.stage(draft, WHEEL)
    ports, world = desk.cloud.ports, FakeDrafts
    assert isinstance(ports.drafts, world)
    restless = Drafting(ports.drafts, Restless(ports.drafts.world), FakeFiles(ports.drafts.world))

    with pytest.raises(Unavailable, match="others keep changing"):
        restless.publish(draft.id, None, desk.who, NOW)


def test_scopes_name_what_is_missing(desk: Desk) -> None:
    reader = Principal("ann", "t9", parse_scopes(["read:*"]), NOW + timedelta(days=1))

    with pytest.raises(Denied, match="publish:project:demo"):
        desk.drafting.open(DEMO, "1.0", reader, NOW)
