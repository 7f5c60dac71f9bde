"""An upload from the form to the page, on the world in memory, with a crash at every step."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.distribution.form import check_form
from idlewheel.distribution.verify import verify
from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import FileState, Status
from idlewheel.domain.tokens import Kind
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Conflict, Denied, Gone, NotFound, Rejected, Unavailable, Undecided
from idlewheel.services import credentials
from idlewheel.services.credentials import Wish
from idlewheel.services.ingest import Ingest, Outcome
from idlewheel.services.manage import Management
from idlewheel.services.receive import Reception
from tests import factories
from tests.fakes.access import FakeTokens
from tests.fakes.managing import FakeChanges
from tests.fakes.publishing import FakePublisher, FakeUploads
from tests.fakes.reading import FakeCatalog
from tests.fakes.stores import FakeFiles, FakeInbox
from tests.fakes.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.distribution.form import Declaration
    from idlewheel.domain.uploads import Upload

NOW = datetime.now(UTC)
DEMO = NormalizedName("demo")
WHEEL = factories.wheel()


class Fuse(Exception):
    """The *n*-th call of the world fails."""


@dataclass
class Fragile:
    """Any port, whose calls burn a fuse; after it has blown all is well again."""

    port: Any
    fuse: list[int]

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self.fuse[0] -= 1
            if self.fuse[0] == 0:
                raise Fuse
            return method(*arguments, **named)

        return call


@dataclass
class Shop:
    """All services over one world."""

    world: World = field(default_factory=World)
    fuse: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        self.files = FakeFiles(self.world)
        self.catalog = FakeCatalog(self.world)
        self.uploads = FakeUploads(self.world)
        self.inbox = FakeInbox(self.world)
        self.reception = Reception(self.catalog, self.uploads, self.inbox)
        self.ingest = Ingest(
            uploads=Fragile(self.uploads, self.fuse),
            publisher=Fragile(FakePublisher(self.world), self.fuse),
            inbox=Fragile(self.inbox, self.fuse),
            files=Fragile(self.files, self.fuse),
            verify=verify,
        )
        self.management = Management(self.catalog, FakeChanges(self.world), self.files)
        tokens = FakeTokens(self.world)
        wish = Wish(Kind.ADMIN, "ann", parse_scopes(["admin:*"]))
        _, token = credentials.issue(tokens, wish, "test", NOW)
        self.ann = Principal("ann", token.id, token.scopes, token.expires_at)

    def receive(self, filename: str, content: bytes) -> Upload | None:
        return self.reception.receive(declare(filename, content), content, self.ann, NOW)

    def publish(self, filename: str = WHEEL[0], content: bytes = WHEEL[1]) -> Outcome:
        upload = self.receive(filename, content)
        assert upload is not None
        return self.ingest.process(upload.staged_key)[0]

    def listed(self) -> list[str]:
        page = self.catalog.page(self.catalog.project(DEMO))
        return [file.filename for file in page.files]


def declare(filename: str, content: bytes, **changes: str) -> Declaration:
    return check_form(factories.upload_form(filename, content, **changes), filename)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_upload_ends_published_and_its_staged_bytes_go(shop: Shop) -> None:
    outcome = shop.publish()

    (file,) = shop.catalog.files(DEMO)
    key = file.key(DEMO)
    assert outcome is Outcome.PUBLISHED
    assert shop.world.staged == {}
    assert shop.files.read(key) == WHEEL[1]
    assert b"Name: demo" in (shop.files.read(key + ".metadata") or b"")


def test_the_verdict_of_a_published_upload_is_silence(shop: Shop) -> None:
    upload = shop.receive(*WHEEL)
    assert upload is not None
    shop.ingest.process(upload.staged_key)

    shop.reception.await_verdict(upload.id, deadline=0)


def test_an_unjudged_upload_is_undecided_at_the_deadline(shop: Shop) -> None:
    upload = shop.receive(*WHEEL)
    assert upload is not None
    pauses: list[float] = []
    clock = iter(range(100))
    patient = Reception(
        shop.catalog, shop.uploads, shop.inbox, lambda: float(next(clock)), pauses.append
    )

    with pytest.raises(Undecided, match=upload.id):
        patient.await_verdict(upload.id, deadline=10)

    assert pauses == sorted(pauses)
    assert len(pauses) > 5


def test_publishing_again_is_known_before_anything_is_staged(shop: Shop) -> None:
    shop.publish()

    assert shop.receive(*WHEEL) is None
    assert shop.world.staged == {}


def test_a_taken_name_is_a_conflict_before_anything_is_staged(shop: Shop) -> None:
    shop.publish()

    with pytest.raises(Conflict):
        shop.receive(WHEEL[0], factories.wheel(description="other")[1])

    assert shop.world.staged == {}


def test_a_digest_that_does_not_fit_is_refused_at_the_desk(shop: Shop) -> None:
    declaration = declare(*WHEEL, sha256_digest="0" * 64)

    with pytest.raises(Rejected, match="sha256"):
        shop.reception.receive(declaration, WHEEL[1], shop.ann, NOW)

    assert shop.world.uploads == {}


def test_who_may_not_publish_is_denied_at_the_desk(shop: Shop) -> None:
    bob = Principal("bob", "0123456789", parse_scopes(["read:*"]), NOW)

    with pytest.raises(Denied):
        shop.reception.receive(declare(*WHEEL), WHEEL[1], bob, NOW)

    assert shop.world.uploads == {}


def test_two_retries_at_once_are_one_upload(shop: Shop) -> None:
    first, second = shop.receive(*WHEEL), shop.receive(*WHEEL)

    assert first == second
    assert len(shop.world.staged) == 1


def test_a_broken_file_is_rejected_with_reasons_and_leaves_no_trace(shop: Shop) -> None:
    upload = shop.receive("demo-1.0-py3-none-any.whl", b"no zip at all")
    assert upload is not None

    outcome, problems = shop.ingest.process(upload.staged_key)

    with pytest.raises(Rejected):
        shop.reception.await_verdict(upload.id, deadline=0)
    assert outcome is Outcome.REJECTED
    assert problems
    assert shop.world.staged == {}
    assert shop.world.projects == {}
    assert not any(shop.world.versions.values())


def test_of_two_uploads_of_one_name_the_second_is_refused_and_its_copy_dropped(shop: Shop) -> None:
    other = factories.wheel(description="other")[1]
    first, second = shop.receive(*WHEEL), shop.receive(WHEEL[0], other)
    assert first is not None
    assert second is not None
    shop.ingest.process(first.staged_key)

    outcome, _ = shop.ingest.process(second.staged_key)

    assert outcome is Outcome.REJECTED
    assert [len(versions) for versions in shop.world.versions.values()] == [1, 1]
    assert shop.uploads.get(second.id).refusal == "file-exists"


def test_an_event_that_comes_twice_changes_nothing(shop: Shop) -> None:
    upload = shop.receive(*WHEEL)
    assert upload is not None
    shop.ingest.process(upload.staged_key)
    before = shop.catalog.project(DEMO)

    outcome, _ = shop.ingest.process(upload.staged_key)

    assert outcome is Outcome.IGNORED
    assert shop.catalog.project(DEMO) == before


@pytest.mark.parametrize("key", ["x", "staged/form/unknown/demo-1.0.tar.gz"])
def test_an_object_that_nobody_waits_for_is_removed(shop: Shop, key: str) -> None:
    shop.world.staged[key] = b""

    outcome, _ = shop.ingest.process(key)

    assert outcome is Outcome.IGNORED
    assert shop.world.staged == {}


def test_an_abandoned_upload_says_that_it_is_our_fault(shop: Shop) -> None:
    upload = shop.receive(*WHEEL)
    assert upload is not None
    shop.ingest.abandon(upload.staged_key)
    shop.ingest.abandon(upload.staged_key)

    ended = shop.uploads.get(upload.id)
    assert [problem.code for problem in ended.problems] == ["internal"]
    assert shop.world.staged == {}


@pytest.mark.parametrize("crash", range(1, 10))
def test_a_crash_at_any_step_is_healed_by_the_next_event(crash: int) -> None:
    shop = Shop(fuse=[0])
    upload = shop.receive(*WHEEL)
    assert upload is not None
    shop.fuse[0] = crash

    with contextlib.suppress(Fuse):
        shop.ingest.process(upload.staged_key)
    shop.fuse[0] = 0
    shop.ingest.process(upload.staged_key)

    (file,) = shop.catalog.files(DEMO)
    assert shop.listed() == [WHEEL[0]]
    assert shop.uploads.get(upload.id).state is UploadState.PUBLISHED
    assert shop.files.read(file.key(DEMO)) == WHEEL[1]
    assert shop.world.staged == {}


def test_a_busy_world_decides_nothing_and_the_event_comes_again(shop: Shop) -> None:
    upload = shop.receive(*WHEEL)
    assert upload is not None

    class Busy(FakePublisher):
        def publish(self, publication: Any) -> bool:
            raise Unavailable("busy")

    busy = Ingest(shop.uploads, Busy(shop.world), shop.inbox, shop.files, verify)
    with pytest.raises(Unavailable):
        busy.process(upload.staged_key)

    assert shop.uploads.get(upload.id).state is UploadState.RECEIVED
    assert shop.ingest.process(upload.staged_key)[0] is Outcome.PUBLISHED


def test_a_lost_answer_of_the_publication_never_costs_the_bytes(shop: Shop) -> None:
    upload = shop.receive(*WHEEL)
    assert upload is not None

    class LosesItsAnswer(FakePublisher):
        def publish(self, publication: Any) -> bool:
            super().publish(publication)
            raise Denied("the project was archived while we asked again")

    lossy = Ingest(shop.uploads, LosesItsAnswer(shop.world), shop.inbox, shop.files, verify)
    outcome, problems = lossy.process(upload.staged_key)

    (file,) = shop.catalog.files(DEMO)
    assert (outcome, problems) == (Outcome.PUBLISHED, ())
    assert shop.files.read(file.key(DEMO)) == WHEEL[1]


def test_a_deleted_file_stops_answering_and_comes_back(shop: Shop) -> None:
    shop.publish()
    (file,) = shop.catalog.files(DEMO)
    shop.management.delete_file(shop.ann, DEMO, file.filename, NOW)
    deleted = (shop.listed(), shop.files.read(file.key(DEMO)))
    shop.management.restore_file(shop.ann, DEMO, file.filename, NOW)

    assert deleted == ([], None)
    assert shop.listed() == [file.filename]
    assert shop.files.read(file.key(DEMO)) == WHEEL[1]


def test_after_thirty_days_a_deletion_is_for_ever(shop: Shop) -> None:
    shop.publish()
    shop.management.delete_file(shop.ann, DEMO, WHEEL[0], NOW)

    with pytest.raises(Gone):
        shop.management.restore_file(shop.ann, DEMO, WHEEL[0], NOW + timedelta(days=30))

    assert shop.listed() == []


def test_a_deleted_release_takes_its_files_and_its_version_along(shop: Shop) -> None:
    shop.publish()
    shop.publish(*factories.wheel(version="2.0"))
    shop.management.delete_release(shop.ann, DEMO, "1.0", NOW)
    left = (
        shop.listed(),
        [r.version for r in shop.catalog.page(shop.catalog.project(DEMO)).releases],
    )
    shop.management.restore_release(shop.ann, DEMO, "1.0", NOW)

    assert left == (["demo-2.0-py3-none-any.whl"], ["2.0"])
    assert len(shop.listed()) == 2


def test_a_deleted_project_stays_known(shop: Shop) -> None:
    shop.publish()
    shop.management.delete_project(shop.ann, DEMO, NOW)
    emptied = shop.listed()
    shop.management.restore_project(shop.ann, DEMO, NOW)

    assert emptied == []
    assert shop.listed() == [WHEEL[0]]


def test_quarantine_stops_urls_and_the_way_back_opens_only_what_was_there(shop: Shop) -> None:
    shop.publish()
    shop.publish(*factories.wheel(version="2.0"))
    shop.management.delete_release(shop.ann, DEMO, "2.0", NOW)
    one, two = shop.catalog.files(DEMO)
    shop.management.set_status(shop.ann, DEMO, Status.QUARANTINED, "malware?")
    stopped = shop.files.read(one.key(DEMO)), shop.listed()
    shop.management.set_status(shop.ann, DEMO, Status.ACTIVE, None)

    assert stopped == (None, [])
    assert shop.files.read(one.key(DEMO)) == WHEEL[1]
    assert shop.files.read(two.key(DEMO)) is None
    assert two.state is FileState.DELETED


def test_a_file_restored_in_quarantine_stays_stopped(shop: Shop) -> None:
    shop.publish()
    (file,) = shop.catalog.files(DEMO)
    shop.management.delete_file(shop.ann, DEMO, file.filename, NOW)
    shop.management.set_status(shop.ann, DEMO, Status.QUARANTINED, None)
    shop.management.restore_file(shop.ann, DEMO, file.filename, NOW)

    assert shop.files.read(file.key(DEMO)) is None


ACTS: dict[str, Callable[[Management, Principal], object]] = {
    "status": lambda m, p: m.set_status(p, DEMO, Status.ARCHIVED, None),
    "yank release": lambda m, p: m.yank_release(p, DEMO, "1.0", ""),
    "yank file": lambda m, p: m.yank_file(p, DEMO, WHEEL[0], ""),
    "delete file": lambda m, p: m.delete_file(p, DEMO, WHEEL[0], NOW),
    "delete release": lambda m, p: m.delete_release(p, DEMO, "1.0", NOW),
    "delete project": lambda m, p: m.delete_project(p, DEMO, NOW),
    "restore file": lambda m, p: m.restore_file(p, DEMO, WHEEL[0], NOW),
    "restore release": lambda m, p: m.restore_release(p, DEMO, "1.0", NOW),
    "restore project": lambda m, p: m.restore_project(p, DEMO, NOW),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_managing_needs_the_right_to(
    shop: Shop, act: Callable[[Management, Principal], object]
) -> None:
    shop.publish()
    before = shop.catalog.project(DEMO)
    bob = Principal("bob", "0123456789", parse_scopes(["publish:*", "read:*"]), NOW)

    with pytest.raises(Denied):
        act(shop.management, bob)

    assert shop.catalog.project(DEMO) == before


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_managing_what_is_not_there_says_so(
    shop: Shop, act: Callable[[Management, Principal], object]
) -> None:
    with pytest.raises(NotFound):
        act(shop.management, shop.ann)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_managing_twice_is_as_good_as_once(
    shop: Shop, act: Callable[[Management, Principal], object]
) -> None:
    shop.publish()
    act(shop.management, shop.ann)
    once = shop.listed(), shop.world.hidden, shop.catalog.project(DEMO).status
    act(shop.management, shop.ann)

    assert (shop.listed(), shop.world.hidden, shop.catalog.project(DEMO).status) == once
