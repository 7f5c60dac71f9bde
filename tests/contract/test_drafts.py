from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.drafts import KEPT, LARGEST, DraftState
from idlewheel.domain.project import Status
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Conflict, Denied, NotFound, Refusal, Rejected
from tests.contract.ports import DEMO, publication

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.domain.tokens import Token
    from tests.contract.ports import Ports

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
NOW = datetime.now(UTC)


def two_staged(ports: Ports, token: Token) -> Draft:
    draft = ports.draft(token)
    ports.stage(draft, token, WHEEL)
    ports.stage(draft, token, SDIST, sha256="e" * 64)
    return ports.drafts.get(draft.id)


def publish(ports: Ports, draft: Draft, token: Token) -> Sequence[StagedFile] | None:
    staged = ports.drafts.staged(draft.id)[1]
    return ports.draft_publisher.publish(draft, staged, ports.principal(token), datetime.now(UTC))


def names(staged: Sequence[StagedFile]) -> list[str]:
    return [one.file.filename for one in staged]


def test_a_draft_is_found_as_it_was_opened(ports: Ports) -> None:
    draft = ports.draft(ports.token())

    assert ports.drafts.get(draft.id) == draft
    assert ports.drafts.staged(draft.id) == (draft, [])
    assert list(ports.drafts.of(DEMO)) == [draft]


def test_there_is_no_other_draft(ports: Ports) -> None:
    with pytest.raises(NotFound):
        ports.drafts.get("0" * 32)
    with pytest.raises(NotFound):
        ports.drafts.staged("0" * 32)
    assert list(ports.drafts.of(DEMO)) == []


def test_a_retry_joins_the_draft_that_its_token_has_open_of_the_release(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token, "1.0")

    assert ports.draft(token, "1.0.0") == draft
    assert ports.draft(token, "2.0") != draft
    assert ports.draft(ports.token(), "1.0") != draft


def test_what_has_ended_or_expired_is_not_joined(ports: Ports) -> None:
    token = ports.token()
    old = ports.draft(token, opened_at=NOW - KEPT - timedelta(hours=1))
    cancelled = ports.draft(token)
    ports.drafts.cancel(cancelled.id)

    later = ports.draft(token)

    assert len({old.id, cancelled.id, later.id}) == 3


def test_a_staged_file_is_in_its_draft_and_nowhere_else(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)
    written = (("files/demo/a/x", "v1"), ("files/demo/a/x.metadata", "v2"))

    is_new = ports.publisher.stage(replace(publication(upload), written=written))

    seen, (staged,) = ports.drafts.staged(draft.id)
    assert is_new
    assert (seen.file_count, seen.revision, seen.stamp) == (1, 1, 1)
    assert (staged.file.filename, staged.file.sha256, staged.upload_id) == (
        WHEEL,
        "a" * 64,
        upload.id,
    )
    assert (staged.written, staged.display_name) == (written, "Demo")
    assert ports.uploads.get(upload.id).state is UploadState.STAGED
    assert ports.catalog.claim(WHEEL) is None
    assert not ports.catalog.listings()
    with pytest.raises(NotFound):
        ports.catalog.project(DEMO)


def test_a_draft_becomes_visible_at_one_revision(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)

    duplicates = publish(ports, draft, token)

    project = ports.catalog.project(DEMO)
    page = ports.catalog.page(project)
    assert duplicates == []
    assert (project.revision, project.file_count, project.size, project.writes) == (1, 2, 6, 3)
    assert {file.filename for file in page.files} == {WHEEL, SDIST}
    assert {file.revision for file in page.files} == {1}
    assert [release.version for release in page.releases] == ["1.0"]
    assert ports.catalog.release_metadata(DEMO, "1.0")["summary"] == "ä"
    assert ports.drafts.get(draft.id).state is DraftState.PUBLISHED
    assert [one.serial for one in ports.catalog.listings()] == [project.serial]


def test_no_two_files_of_a_draft_are_of_one_moment(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token, "demo-0.9.tar.gz", sha256="f" * 64, version="0.9")
    publish(ports, two_staged(ports, token), token)

    times = [file.uploaded_at for file in ports.catalog.files(DEMO)]

    assert len(set(times)) == 3
    assert max(times).timestamp() == pytest.approx(ports.catalog.project(DEMO).serial / 1e6)


def test_the_publication_is_recorded_once_for_all_files(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    publish(ports, draft, token)

    (record,) = ports.audit.find(project=DEMO)

    assert set(record.subjects) == {WHEEL, SDIST}
    assert record.detail == {
        "version": "1.0",
        "draft": draft.id,
        "digests": {WHEEL: "a" * 64, SDIST: "e" * 64},
    }


def test_what_was_published_meanwhile_with_the_same_bytes_is_left_out(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    ports.publish(token, WHEEL)

    duplicates = publish(ports, draft, token)

    assert duplicates is not None
    assert names(duplicates) == [WHEEL]
    assert ports.catalog.project(DEMO).file_count == 2


def test_a_draft_of_which_all_was_published_meanwhile_only_ends(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    ports.stage(draft, token, WHEEL)
    ports.publish(token, WHEEL)
    before = ports.catalog.project(DEMO)

    duplicates = publish(ports, ports.drafts.get(draft.id), token)

    assert names(duplicates or ()) == [WHEEL]
    assert ports.catalog.project(DEMO) == before
    assert ports.drafts.get(draft.id).state is DraftState.PUBLISHED


def test_one_taken_name_keeps_all_files_back(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    ports.publish(token, WHEEL, sha256="9" * 64)

    with pytest.raises(Conflict, match=WHEEL):
        publish(ports, draft, token)

    assert ports.catalog.project(DEMO).file_count == 1
    assert ports.drafts.get(draft.id).state is DraftState.OPEN


def closed_release(ports: Ports, draft: Draft, token: Token) -> None:
    ports.changes.set_status(DEMO, Status.ARCHIVED, "over")


def revoked(ports: Ports, draft: Draft, token: Token) -> None:
    ports.tokens.revoke(token.id)


@pytest.mark.parametrize("close", [closed_release, revoked])
def test_behind_a_closed_door_nothing_is_published(
    ports: Ports, close: Callable[[Ports, Draft, Token], None]
) -> None:
    token = ports.token()
    ports.publish(token, "demo-0.9.tar.gz", sha256="f" * 64, version="0.9")
    draft = two_staged(ports, token)
    close(ports, draft, token)

    with pytest.raises(Denied):
        publish(ports, draft, token)

    assert ports.catalog.project(DEMO).file_count == 1


def test_both_tokens_are_judged(ports: Ports) -> None:
    filler, publisher = ports.token(), ports.token()
    draft = two_staged(ports, filler)
    ports.tokens.revoke(filler.id)

    with pytest.raises(Denied, match=filler.id):
        publish(ports, draft, publisher)


def test_another_token_may_publish(ports: Ports) -> None:
    draft = two_staged(ports, ports.token())

    assert publish(ports, draft, ports.token()) == []


def test_a_release_that_has_closed_takes_no_draft(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token, "demo-1.0-1-py3-none-any.whl", sha256="f" * 64)
    draft = two_staged(ports, token)
    staged = ports.drafts.staged(draft.id)[1]
    late = datetime.now(UTC) + timedelta(days=15)

    with pytest.raises(Rejected) as refused:
        ports.draft_publisher.publish(draft, staged, ports.principal(token), late)

    assert [problem.code for problem in refused.value.problems] == ["release-closed"]


def test_a_draft_that_has_changed_is_to_be_looked_at_again(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    staged = ports.drafts.staged(draft.id)[1]
    ports.drafts.remove(draft, staged[0])

    again = ports.draft_publisher.publish(draft, staged, ports.principal(token), datetime.now(UTC))

    assert again is None
    assert not ports.catalog.listings()


def test_a_published_draft_publishes_nothing_more(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    publish(ports, draft, token)
    before = ports.catalog.project(DEMO)

    assert publish(ports, draft, token) is None
    assert ports.catalog.project(DEMO) == before


def test_a_removed_file_is_not_published(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    (first, _) = ports.drafts.staged(draft.id)[1]

    is_removed = ports.drafts.remove(draft, first)

    current, left = ports.drafts.staged(draft.id)
    assert is_removed
    assert len(left) == 1
    assert publish(ports, current, token) == []
    assert [file.filename for file in ports.catalog.files(DEMO)] == names(left)


def test_what_was_written_for_removed_files_is_remembered(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    for version in ("v1", "v2"):
        again = ports.upload(token, WHEEL, sha256=version[1] * 64, draft_id=draft.id)
        ports.publisher.stage(replace(publication(again), written=(("files/x", version),)))
        current, (staged,) = ports.drafts.staged(draft.id)
        ports.drafts.remove(current, staged)

    assert ports.drafts.removed(draft.id, WHEEL) == (("files/x", "v1"), ("files/x", "v2"))
    assert ports.drafts.removed(draft.id) == ports.drafts.removed(draft.id, WHEEL)
    assert ports.drafts.removed(draft.id, SDIST) == ()


def test_nothing_is_removed_from_what_has_changed(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    first, second = ports.drafts.staged(draft.id)[1]
    ports.drafts.remove(draft, first)

    assert not ports.drafts.remove(draft, second)
    assert len(ports.drafts.staged(draft.id)[1]) == 1


@pytest.mark.parametrize("state", ["cancelled", "published"])
def test_what_has_ended_stays_as_it_is(ports: Ports, state: str) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    if state == "published":
        publish(ports, draft, token)

    ended = [ports.drafts.cancel(draft.id), ports.drafts.cancel(draft.id)]

    assert {one.state.value for one in ended} == {state}
    assert len(ports.drafts.staged(draft.id)[1]) == 2


def test_a_cancelled_draft_is_not_published(ports: Ports) -> None:
    token = ports.token()
    draft = two_staged(ports, token)
    ports.drafts.cancel(draft.id)

    assert publish(ports, draft, token) is None
    assert not ports.catalog.listings()


def test_the_same_staged_twice_is_a_duplicate_and_its_own_retry_is_not(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)
    first = replace(publication(upload), written=(("files/x", "v1"),))
    ports.publisher.stage(first)

    assert ports.publisher.stage(first)
    assert not ports.publisher.stage(replace(first, written=(("files/x", "v2"),)))
    assert ports.drafts.get(draft.id).file_count == 1


def test_other_bytes_under_a_staged_name_are_refused(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    ports.stage(draft, token, WHEEL)

    with pytest.raises(Conflict, match="in the draft"):
        ports.stage(draft, token, WHEEL, sha256="9" * 64)


def cancelled(ports: Ports, token: Token) -> Draft:
    draft = ports.draft(token)
    ports.drafts.cancel(draft.id)
    return draft


def expired(ports: Ports, token: Token) -> Draft:
    return ports.draft(token, opened_at=NOW - KEPT - timedelta(seconds=1))


def full(ports: Ports, token: Token) -> Draft:
    return ports.draft(token, file_count=LARGEST)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [(cancelled, "draft-ended"), (expired, "draft-ended"), (full, "draft-full")],
)
def test_a_draft_that_takes_no_file_refuses_it(
    ports: Ports, prepare: Callable[[Ports, Token], Draft], code: str
) -> None:
    token = ports.token()
    draft = prepare(ports, token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)

    with pytest.raises(Rejected) as early:
        ports.publisher.precheck(upload)
    with pytest.raises(Rejected) as late:
        ports.publisher.stage(publication(upload))

    assert [problem.code for problem in early.value.problems] == [code]
    assert [problem.code for problem in late.value.problems] == [code]


def taken(ports: Ports, token: Token) -> None:
    ports.publish(token, WHEEL, sha256="9" * 64)


def test_a_cancelled_upload_is_not_staged(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)
    ports.uploads.reject(upload.id, Rejected("cancelled"))

    with pytest.raises(Rejected, match="cancelled"):
        ports.publisher.stage(publication(upload))

    assert ports.drafts.get(draft.id).file_count == 0


def test_a_revoked_token_stages_nothing(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)
    ports.tokens.revoke(token.id)

    with pytest.raises(Refusal):
        ports.publisher.stage(publication(upload))

    assert ports.drafts.get(draft.id).file_count == 0


def test_a_name_that_is_taken_is_not_staged(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)
    taken(ports, token)

    with pytest.raises(Conflict):
        ports.publisher.stage(publication(upload))

    assert ports.drafts.get(draft.id).file_count == 0


def test_what_is_published_already_ends_as_published(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    upload = ports.upload(token, WHEEL, draft_id=draft.id)
    ports.publish(token, WHEEL)

    is_new = ports.publisher.stage(publication(upload))

    assert not is_new
    assert ports.uploads.get(upload.id).state is UploadState.PUBLISHED
    assert ports.drafts.get(draft.id).file_count == 0


def test_forty_files_fit_into_one_publication(ports: Ports) -> None:
    token = ports.token()
    draft = ports.draft(token)
    for number in range(LARGEST):
        ports.stage(draft, token, f"demo-1.0-{number}-py3-none-any.whl", sha256=f"{number:064x}")

    publish(ports, ports.drafts.get(draft.id), ports.token())

    assert ports.catalog.project(DEMO).file_count == LARGEST
    assert len(ports.catalog.page(ports.catalog.project(DEMO)).files) == LARGEST


def test_an_upload_for_a_draft_does_not_join_one_that_is_not(ports: Ports) -> None:
    token = ports.token()
    alone = ports.upload(token, WHEEL)

    for_draft = ports.upload(token, WHEEL, draft_id=ports.draft(token).id)

    assert for_draft.id != alone.id
    assert ports.upload(token, WHEEL, draft_id=for_draft.draft_id).id == for_draft.id
