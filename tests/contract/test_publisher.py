from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.project import Status
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Conflict, Denied, Refusal, Rejected
from tests.contract.ports import DEMO, publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.tokens import Token
    from idlewheel.domain.uploads import Upload
    from tests.contract.ports import Ports

WHEEL = "demo-1.0-py3-none-any.whl"


def test_a_published_file_is_listed_with_all_that_is_known_of_it(ports: Ports) -> None:
    upload = ports.upload(ports.token())

    is_new = ports.publisher.publish(publication(upload))

    page = ports.catalog.page(ports.catalog.project(DEMO))
    (file,) = page.files
    assert is_new
    assert (file.filename, file.sha256, file.size) == (WHEEL, "a" * 64, 3)
    assert (file.requires_python, file.metadata_sha256, file.metadata_size) == (
        ">=3.9",
        "d" * 64,
        120,
    )
    assert (file.blake2b, file.md5, file.python_tag) == ("b" * 64, "c" * 32, "py3")
    assert file.uploaded_by == "ann"
    assert [release.version for release in page.releases] == ["1.0"]
    assert ports.catalog.release_metadata(DEMO, "1.0.0")["summary"] == "ä"
    assert ports.uploads.get(upload.id).state is UploadState.PUBLISHED


def test_every_publication_steps_the_revision_the_serial_and_the_list(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token)
    first, counters = ports.catalog.project(DEMO), ports.catalog.root_counters()

    ports.publish(token, "demo-1.0.tar.gz", sha256="e" * 64)

    second = ports.catalog.project(DEMO)
    assert (first.revision, second.revision) == (1, 2)
    assert second.serial > first.serial
    assert (first.file_count, second.file_count) == (1, 2)
    assert sum(ports.catalog.root_counters()) == sum(counters) + 1
    assert [one.serial for one in ports.catalog.listings()] == [second.serial]


def test_a_file_is_as_old_as_its_serial_so_that_times_in_a_project_rise(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token)
    ports.publish(token, "demo-1.0.tar.gz", sha256="e" * 64)

    files = sorted(ports.catalog.files(DEMO), key=lambda file: file.revision)

    assert files[0].uploaded_at < files[1].uploaded_at
    assert files[1].uploaded_at.timestamp() == pytest.approx(
        ports.catalog.project(DEMO).serial / 1e6
    )


def test_the_same_bytes_again_change_nothing(ports: Ports) -> None:
    ports.publish(ports.token())
    before = ports.catalog.project(DEMO)
    again = ports.upload(ports.token())

    is_new = ports.publisher.publish(publication(again))

    assert not is_new
    assert ports.catalog.project(DEMO) == before
    assert ports.uploads.get(again.id).state is UploadState.PUBLISHED


def test_a_repeated_event_of_a_published_upload_is_its_own_success(ports: Ports) -> None:
    upload = ports.upload(ports.token())
    ports.publisher.publish(publication(upload))

    again = ports.publisher.publish(publication(upload))

    assert again
    assert ports.catalog.project(DEMO).revision == 1


@pytest.mark.parametrize("filename", [WHEEL, WHEEL.upper().replace(".WHL", ".whl")])
def test_other_bytes_under_a_taken_name_are_a_conflict_in_any_case(
    ports: Ports, filename: str
) -> None:
    ports.publish(ports.token())
    other = ports.upload(ports.token(), filename, sha256="e" * 64)

    with pytest.raises(Conflict, match="File already exists"):
        ports.publisher.publish(publication(other))

    assert ports.catalog.file(DEMO, WHEEL).sha256 == "a" * 64


def test_a_deleted_files_name_takes_no_bytes_not_even_the_same(ports: Ports) -> None:
    ports.publish(ports.token())
    ports.changes.delete_files(DEMO, ports.catalog.files(DEMO), datetime.now(UTC))

    with pytest.raises(Conflict, match="deleted"):
        ports.publish(ports.token())


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.QUARANTINED])
def test_a_closed_project_takes_no_uploads_and_says_why(ports: Ports, status: Status) -> None:
    token = ports.token()
    ports.publish(token)
    ports.changes.set_status(DEMO, status, "see demo2")

    with pytest.raises(Denied, match=status.value):
        ports.publish(token, "demo-1.0.tar.gz", sha256="e" * 64)


def test_a_deprecated_project_still_takes_uploads(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token)
    ports.changes.set_status(DEMO, Status.DEPRECATED, None)

    assert ports.publish(token, "demo-1.0.tar.gz", sha256="e" * 64)


def test_nothing_is_published_after_its_token_was_revoked(ports: Ports) -> None:
    token = ports.token()
    upload = ports.upload(token)
    ports.tokens.revoke(token.id)

    with pytest.raises(Denied, match=token.id):
        ports.publisher.publish(publication(upload))

    assert ports.catalog.claim(WHEEL) is None


def test_nothing_is_published_with_scopes_that_the_token_does_not_have(ports: Ports) -> None:
    token = ports.token("publish:project:demo")
    upload = ports.upload(token, scopes=ports.token("publish:*").scopes)

    with pytest.raises(Denied):
        ports.publisher.publish(publication(upload))


def test_a_release_closes_to_new_files(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token)
    late = ports.upload(
        token,
        "demo-1.0.tar.gz",
        sha256="e" * 64,
        received_at=datetime.now(UTC) + timedelta(days=15),
    )

    with pytest.raises(Rejected) as refused:
        ports.publisher.precheck(late)

    assert [problem.code for problem in refused.value.problems] == ["release-closed"]


def _conflicting(ports: Ports) -> None:
    ports.publish(ports.token(), sha256="e" * 64)


def _archived(ports: Ports) -> None:
    ports.publish(ports.token(), "demo-1.0.tar.gz", sha256="e" * 64)
    ports.changes.set_status(DEMO, Status.ARCHIVED, None)


@pytest.mark.parametrize("prepare", [_conflicting, _archived])
def test_what_is_decided_already_is_refused_before_anything_is_copied(
    ports: Ports, prepare: Callable[[Ports], None]
) -> None:
    prepare(ports)
    upload = ports.upload(ports.token())

    with pytest.raises(Refusal):
        ports.publisher.precheck(upload)


def test_an_upload_that_was_rejected_stays_rejected(ports: Ports) -> None:
    upload = ports.upload(ports.token())
    ports.uploads.reject(upload.id, Denied("no"))

    with pytest.raises(Denied, match="no"):
        ports.publisher.publish(publication(upload))

    assert ports.catalog.claim(WHEEL) is None


LONG_AGO = datetime(2012, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


def imported(ports: Ports, token: Token, filename: str = WHEEL, **changes: Any) -> Upload:
    changes = {"upload_time": LONG_AGO, "as_mirror": True, **changes}
    upload = ports.upload(token, filename, **changes)
    ports.publisher.publish(publication(upload))
    return upload


def test_an_imported_file_keeps_its_time_and_its_release_is_new_all_the_same(ports: Ports) -> None:
    before = datetime.now(UTC)

    imported(ports, ports.token())

    page = ports.catalog.page(ports.catalog.project(DEMO))
    assert [file.uploaded_at for file in page.files] == [LONG_AGO]
    assert page.releases[0].created_at >= before
    assert page.project.created_at >= before


def test_the_release_of_an_imported_file_takes_others_as_any_new_one(ports: Ports) -> None:
    token = ports.token()
    imported(ports, token)

    imported(ports, token, "demo-1.0.tar.gz", sha256="e" * 64)
    ports.publish(token, "demo-1.0-1-py3-none-any.whl", sha256="f" * 64)

    old, other, new = sorted(ports.catalog.files(DEMO), key=lambda file: file.uploaded_at)
    assert old.uploaded_at == other.uploaded_at == LONG_AGO
    assert new.uploaded_at > LONG_AGO + timedelta(days=365)


def test_an_imported_file_reopens_no_release(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token)
    later = datetime.now(UTC) + timedelta(days=15)

    with pytest.raises(Rejected, match="closed"):
        imported(ports, token, "demo-1.0.tar.gz", sha256="e" * 64, received_at=later)

    assert len(ports.catalog.files(DEMO)) == 1


def test_the_audit_tells_that_a_file_was_imported_with_its_past(ports: Ports) -> None:
    imported(ports, ports.token())

    (record,) = ports.audit.find(project=DEMO)
    assert record.detail["upload_time"] == "2012-03-04T05:06:07.890123+00:00"
    assert record.detail["as_mirror"] is True
