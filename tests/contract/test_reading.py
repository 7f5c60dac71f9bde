"""What is read of changes: the fakes and the tables agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import Delta, Status
from idlewheel.errors import NotFound, Unavailable
from tests.contract.ports import DEMO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idlewheel.storage.snapshots import S3Snapshots
    from tests.conftest import Stack
    from tests.contract.ports import Ports

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def published(ports: Ports) -> Ports:
    token = ports.token()
    ports.publish(token)
    ports.publish(token, SDIST, sha256="e" * 64)
    return ports


def test_changes_since_a_revision_are_what_was_written_after_it(published: Ports) -> None:
    delta = published.catalog.changes(DEMO, 1)

    assert delta.project == published.catalog.project(DEMO)
    assert [file.filename for file in delta.files] == [SDIST]
    assert [(one.version, one.revision, one.writes) for one in delta.releases] == [("1.0", 2, 2)]


def test_nothing_changed_since_the_latest_revision(published: Ports) -> None:
    assert published.catalog.changes(DEMO, 2) == Delta(None)
    assert published.catalog.changes(NormalizedName("unknown"), 0) == Delta(None)


def test_all_changes_are_complete_and_none_without_one_of_them_is(published: Ports) -> None:
    whole = published.catalog.changes(DEMO, 0)

    assert whole.complete(known=0)
    assert not Delta(whole.project, whole.releases, whole.files[1:]).complete(known=0)
    assert not Delta(whole.project, (), whole.files).complete(known=0)


def test_the_newest_of_a_project_is_all_of_a_short_one(published: Ports) -> None:
    newest = published.catalog.newest(DEMO, 4)

    assert newest.complete(known=0)
    assert newest == published.catalog.changes(DEMO, 0)


def test_the_newest_of_a_long_project_is_the_project_and_not_complete(published: Ports) -> None:
    newest = published.catalog.newest(DEMO, 3)

    assert newest.project == published.catalog.project(DEMO)
    assert [file.filename for file in newest.files] == [SDIST]
    assert not newest.complete(known=0)


def test_an_unknown_project_has_nothing_new(ports: Ports) -> None:
    with pytest.raises(NotFound, match="there is no project 'unknown'"):
        ports.catalog.newest(NormalizedName("unknown"), 4)


def test_every_change_counts_what_it_writes(published: Ports) -> None:
    changes = published.changes
    files = published.catalog.files(DEMO)
    changes.yank_file(DEMO, WHEEL, "why")
    changes.yank_release(DEMO, "1.0", "")
    changes.delete_files(DEMO, files, NOW)
    changes.mark_release(DEMO, "1.0", deleted=True)
    changes.restore_files(DEMO, files)
    changes.set_status(DEMO, Status.ARCHIVED, None)

    delta = published.catalog.changes(DEMO, 0)
    assert delta.complete(known=0)
    assert {file.filename: file.writes for file in delta.files} == {WHEEL: 4, SDIST: 3}
    assert delta.releases[0].writes == 4


def test_the_list_says_what_changed_after_a_serial_and_what_is_hidden(published: Ports) -> None:
    shards = len(published.catalog.root_counters())

    def listed(serial: int) -> list[tuple[str, bool, int]]:
        found = [one for n in range(shards) for one in published.catalog.listed_since(n, serial)]
        return [(one.name, one.shown, one.writes) for one in found]

    before = published.catalog.project(DEMO).serial
    unchanged = listed(before)
    published.changes.set_status(DEMO, Status.QUARANTINED, None)

    assert unchanged == []
    assert listed(before) == listed(0) == [("demo", False, 3)]
    assert sum(published.catalog.root_counters()) == 3


@dataclass(frozen=True, slots=True)
class LargePage:
    name: str
    content: bytes
    label: str = "ai"
    headers: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture
def snapshots(stack: Stack) -> S3Snapshots:
    from idlewheel.storage.signing import Credentials, Signer
    from idlewheel.storage.snapshots import S3Snapshots

    return S3Snapshots(
        Signer(
            stack.files_bucket,
            "eu-west-1",
            lambda: Credentials("test", "test", None),
            stack.emulator.bucket_url,
        ),
        stack.index_table,
    )


def test_a_snapshot_is_found_as_it_was_saved_last(snapshots: S3Snapshots) -> None:
    missing = snapshots.load("projects/demo")
    saved = [snapshots.save("projects/demo", content) for content in (b"old", b"\0new")]

    assert missing is None
    assert saved == [True, True]
    assert snapshots.load("projects/demo") == b"\0new"


def test_without_an_answer_there_is_no_snapshot(snapshots: S3Snapshots) -> None:
    from dataclasses import replace

    heard: list[str] = []
    signer = replace(snapshots.signer, endpoint="http://127.0.0.1:9")
    nowhere = replace(snapshots, signer=signer, tell=heard.append)

    assert nowhere.load("projects/demo") is None
    assert not nowhere.save("projects/demo", b"")
    with pytest.raises(Unavailable):
        nowhere.publish(LargePage("demo", b"page"))
    assert [said.split()[0] for said in heard] == ["GET", "PUT", "PUT"]


def test_a_large_page_is_answered_by_the_store_as_its_headers_say(snapshots: S3Snapshots) -> None:
    headers = {"content-type": "application/vnd.pypi.simple.v1+json", "cache-control": "no-store"}
    link = snapshots.publish(LargePage("/", b'{"a":1}', headers=headers))
    answer = httpx.get(link())

    assert answer.json() == {"a": 1}
    assert answer.headers["content-type"] == "application/vnd.pypi.simple.v1+json"
    assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_project_has_no_page(ports: Ports) -> None:
    with pytest.raises(NotFound):
        ports.catalog.project(NormalizedName("unknown"))
