from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.uploads import IN_FLIGHT, UploadState
from idlewheel.errors import Conflict, NotFound, Problem, Rejected
from tests.contract.ports import publication

if TYPE_CHECKING:
    from tests.contract.ports import Ports


def test_an_upload_is_found_as_it_was_opened(ports: Ports) -> None:
    opened = ports.upload(ports.token("publish:project:demo", "read:*"))

    assert ports.uploads.get(opened.id) == opened


def test_an_import_is_found_with_its_past(ports: Ports) -> None:
    time = datetime(2012, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
    opened = ports.upload(ports.token(), upload_time=time, as_mirror=True)

    found = ports.uploads.get(opened.id)

    assert found == opened
    assert (found.upload_time, found.as_mirror) == (time, True)


def test_an_unknown_upload_is_not_found(ports: Ports) -> None:
    with pytest.raises(NotFound):
        ports.uploads.get("0" * 32)


def test_a_retry_joins_what_is_in_flight(ports: Ports) -> None:
    token = ports.token()
    first = ports.upload(token)

    assert ports.upload(token).id == first.id


def test_other_bytes_another_token_or_another_name_join_nothing(ports: Ports) -> None:
    token = ports.token()
    first = ports.upload(token)

    others = {
        ports.upload(token, sha256="e" * 64).id,
        ports.upload(ports.token()).id,
        ports.upload(token, "demo-1.0.tar.gz").id,
    }

    assert len(others | {first.id}) == 4


def test_after_a_rejection_a_retry_is_judged_anew(ports: Ports) -> None:
    token = ports.token()
    first = ports.upload(token)
    ports.uploads.reject(first.id, Rejected("bad"))

    assert ports.upload(token).id != first.id


def test_what_has_been_in_flight_for_too_long_is_not_joined(ports: Ports) -> None:
    token = ports.token()
    first = ports.upload(token, received_at=datetime.now(UTC) - IN_FLIGHT - timedelta(seconds=1))

    assert ports.upload(token).id != first.id


def test_a_rejection_keeps_its_kind_and_every_problem(ports: Ports) -> None:
    upload = ports.upload(ports.token())
    problems = (Problem("one", "first ä"), Problem("two", "second"))

    ended = ports.uploads.reject(upload.id, Conflict(problems))

    verdict = ended.verdict()
    assert isinstance(verdict, Conflict)
    assert verdict.problems == problems
    assert ports.uploads.get(upload.id) == ended


def test_the_first_end_of_an_upload_is_its_last(ports: Ports) -> None:
    upload = ports.upload(ports.token())
    ports.publisher.publish(publication(upload))

    ended = ports.uploads.reject(upload.id, Rejected("too late"))

    assert ended.state is UploadState.PUBLISHED
