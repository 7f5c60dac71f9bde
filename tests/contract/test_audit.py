from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import Act
from idlewheel.domain.project import Status
from idlewheel.errors import Denied
from tests.contract.ports import DEMO, publication

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tests.contract.ports import Ports

ANN = Actor("ann", "tok0000000")
WHEEL = "demo-1.0-py3-none-any.whl"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def acts(ports: Ports) -> list[tuple[Act, Actor, tuple[str, ...]]]:
    return [(one.act, one.actor, one.subjects) for one in ports.audit.find(project=DEMO)]


def test_a_publication_is_recorded_with_whom_and_by_which_token(ports: Ports) -> None:
    token = ports.token()
    upload = ports.upload(token)

    ports.publisher.publish(publication(upload))
    ports.publisher.publish(publication(upload))

    (record,) = ports.audit.find(project=DEMO)
    assert (record.act, record.subjects) == (Act.PUBLISHED, (WHEEL,))
    assert record.actor == Actor("ann", token.id)
    assert record.detail == {"version": "1.0", "sha256": "a" * 64, "upload": upload.id}


def test_what_is_refused_leaves_a_record_and_nothing_else(ports: Ports) -> None:
    upload = ports.upload(ports.token())

    ports.uploads.reject(upload.id, Denied("no"))
    ports.uploads.reject(upload.id, Denied("again"))

    (record,) = ports.audit.find(project=DEMO)
    assert record.act is Act.REJECTED
    assert record.detail == {"code": "denied", "problems": [["denied", "no"]]}
    assert ports.catalog.claim(WHEEL) is None


ACTS: dict[str, tuple[Callable[[Ports], object], Act, tuple[str, ...]]] = {
    "status": (
        lambda ports: ports.changes.by(ANN).set_status(DEMO, Status.ARCHIVED, "old"),
        Act.STATUS_CHANGED,
        (),
    ),
    "yank a release": (
        lambda ports: ports.changes.by(ANN).yank_release(DEMO, "1.0", "bad"),
        Act.YANKED,
        ("1.0",),
    ),
    "unyank a file": (
        lambda ports: ports.changes.by(ANN).yank_file(DEMO, WHEEL, None),
        Act.UNYANKED,
        (WHEEL,),
    ),
    "delete": (
        lambda ports: ports.changes.by(ANN).delete_files(DEMO, ports.catalog.files(DEMO), NOW),
        Act.DELETED,
        (WHEEL,),
    ),
    "restore": (
        lambda ports: ports.changes.by(ANN).restore_files(DEMO, ports.catalog.files(DEMO)),
        Act.RESTORED,
        (WHEEL,),
    ),
    "drop a version": (
        lambda ports: ports.changes.by(ANN).mark_release(DEMO, "1.0", deleted=True),
        Act.DELETED,
        ("1.0",),
    ),
}


@pytest.mark.parametrize(("change", "act", "subjects"), ACTS.values(), ids=ACTS)
def test_what_managers_do_is_recorded_with_their_names(
    ports: Ports, change: Callable[[Ports], object], act: Act, subjects: tuple[str, ...]
) -> None:
    ports.publish(ports.token())

    change(ports)

    assert acts(ports)[0] == (act, ANN, subjects)
    assert len(acts(ports)) == 2


def test_a_change_that_could_not_be_made_leaves_no_record(ports: Ports) -> None:
    ports.publish(ports.token())

    with pytest.raises(Exception, match="no file"):
        ports.changes.by(ANN).yank_file(DEMO, "demo-9.tar.gz", "bad")

    assert [act for act, _, _ in acts(ports)] == [Act.PUBLISHED]


def test_tokens_leave_records_without_their_secrets(ports: Ports) -> None:
    token = ports.token("publish:project:demo")
    ann = Actor("ann", ports.token("read:*").id)
    ports.tokens.by(ann).revoke(token.id)
    ports.tokens.by(ann).revoke(token.id)

    (revoked,) = ports.audit.find(principal="ann")
    _, issued = ports.audit.find(principal="idlewheel")
    assert (issued.act, revoked.act) == (Act.TOKEN_ISSUED, Act.TOKEN_REVOKED)
    assert revoked.subjects == issued.subjects == (token.id,)
    assert revoked.detail == {"kind": "publish", "for": "ann", "scopes": "publish:project:demo"}
    assert token.digest not in repr([issued, revoked])


def test_records_are_found_by_project_principal_and_day(ports: Ports) -> None:
    token = ports.token()
    ports.publish(token)
    ports.changes.by(ANN).yank_release(DEMO, "1.0", "bad")
    today = datetime.now(UTC).date()

    of_day = [record.act for record in ports.audit.find(day=today)]
    assert of_day == [Act.YANKED, Act.PUBLISHED, Act.TOKEN_ISSUED]
    assert len(ports.audit.find(project=DEMO, principal="ann", day=today)) == 2
    assert len(ports.audit.find(principal="ann", most=1)) == 1
    assert ports.audit.find(project="other") == []
    assert ports.audit.find(project=DEMO, day=today - timedelta(days=1)) == []


def test_records_are_read_page_by_page_each_once(ports: Ports) -> None:
    ports.publish(ports.token())
    for number in range(5):
        ports.changes.by(ANN).yank_release(DEMO, "1.0", str(number))
    today = datetime.now(UTC).date()
    whole = ports.audit.find(project=DEMO)

    first = ports.audit.find(project=DEMO, most=4)
    second = ports.audit.find(project=DEMO, most=4, before=first[-1].place)
    of_day = ports.audit.find(day=today, most=9, before=whole[1].place)

    assert [*first, *second] == whole
    assert of_day[:4] == whole[2:6]
    assert ports.audit.find(project=DEMO, before=whole[-1].place) == []


def test_what_precedes_a_record_of_another_day_is_of_the_day_asked_for(ports: Ports) -> None:
    ports.publish(ports.token())
    (record,) = ports.audit.find(project=DEMO)
    today = record.at.date()

    def on(day: date, before: str) -> int:
        return len(ports.audit.find(project=DEMO, day=day, before=before))

    assert on(today, "2999-01-01T00:00:00.000000#0") == 1
    assert on(today, "1999-01-01T00:00:00.000000#0") == 0
    assert on(today - timedelta(days=1), record.place) == 0
    assert on(today + timedelta(days=1), record.place) == 0
