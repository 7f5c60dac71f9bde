from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import FileState, Status
from idlewheel.errors import NotFound
from tests.contract.ports import DEMO

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.project import ProjectPage
    from tests.contract.ports import Ports

WHEEL = "demo-1.0-py3-none-any.whl"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def published(ports: Ports) -> Ports:
    token = ports.token()
    ports.publish(token)
    ports.publish(token, "demo-2.0-py3-none-any.whl", version="2.0", sha256="e" * 64)
    return ports


def page(ports: Ports) -> ProjectPage:
    return ports.catalog.page(ports.catalog.project(DEMO))


def yanks(ports: Ports) -> dict[str, str | None]:
    return {file.filename: file.yanked for file in page(ports).files}


def test_a_release_is_yanked_with_all_its_files_and_back(published: Ports) -> None:
    published.changes.yank_release(DEMO, "1.0.0", 'breaks <b> & "ä"')
    yanked = yanks(published)
    published.changes.yank_release(DEMO, "1.0", None)

    assert yanked == {WHEEL: 'breaks <b> & "ä"', "demo-2.0-py3-none-any.whl": None}
    assert set(yanks(published).values()) == {None}


@pytest.mark.parametrize("reason", ["", "wrong tags"])
def test_a_file_is_yanked_alone(published: Ports, reason: str) -> None:
    published.changes.yank_file(DEMO, WHEEL, reason)

    assert yanks(published) == {WHEEL: reason, "demo-2.0-py3-none-any.whl": None}


def test_deleted_files_are_unlisted_and_restored_ones_are_back(published: Ports) -> None:
    published.changes.delete_files(DEMO, [published.catalog.file(DEMO, WHEEL)], NOW)
    deleted = published.catalog.file(DEMO, WHEEL)
    listed = [file.filename for file in page(published).files]
    published.changes.restore_files(DEMO, [deleted])

    assert (deleted.state, deleted.deleted_at) == (FileState.DELETED, NOW)
    assert listed == ["demo-2.0-py3-none-any.whl"]
    assert len(page(published).files) == 2
    assert published.catalog.file(DEMO, WHEEL).deleted_at is None


def test_a_project_counts_the_bytes_of_the_files_that_are_there(published: Ports) -> None:
    whole = published.catalog.file(DEMO, WHEEL)
    sizes = []
    for change in (published.changes.delete_files, published.changes.delete_files):
        change(DEMO, [whole], NOW)  # the second time it is gone already
        sizes.append(published.catalog.project(DEMO).size)
    published.changes.restore_files(DEMO, [whole])
    published.changes.restore_files(DEMO, [whole])

    assert sizes == [3, 3]
    assert published.catalog.project(DEMO).size == 6
    assert [one.size for one in published.catalog.listings()] == [6]


def test_more_files_than_a_transaction_holds_are_deleted_all(ports: Ports) -> None:
    token = ports.token()
    for build in range(45):
        ports.publish(token, f"demo-1.0-{build}-py3-none-any.whl", sha256=f"{build:064x}")

    ports.changes.delete_files(DEMO, ports.catalog.files(DEMO), NOW)

    assert page(ports).files == ()
    assert ports.catalog.project(DEMO).file_count == 45


def test_a_dropped_version_is_no_longer_among_the_versions(published: Ports) -> None:
    published.changes.delete_files(DEMO, [published.catalog.file(DEMO, WHEEL)], NOW)
    published.changes.mark_release(DEMO, "1.0", deleted=True)
    dropped = [release.version for release in page(published).releases]
    published.changes.mark_release(DEMO, "1.0", deleted=False)

    assert dropped == ["2.0"]
    assert [release.version for release in page(published).releases] == ["1.0", "2.0"]


def test_the_version_of_a_listed_file_is_always_among_the_versions(published: Ports) -> None:
    published.changes.mark_release(DEMO, "1.0", deleted=True)

    assert len(page(published).files) == 2
    assert [release.version for release in page(published).releases] == ["1.0", "2.0"]


def test_a_quarantined_project_lists_no_files_and_leaves_the_list(published: Ports) -> None:
    project = published.changes.set_status(DEMO, Status.QUARANTINED, "malware?")

    assert (project.status, project.status_reason) == (Status.QUARANTINED, "malware?")
    assert page(published).files == ()
    assert list(published.catalog.listings()) == []


def test_a_status_without_a_reason_forgets_the_old_one(published: Ports) -> None:
    published.changes.set_status(DEMO, Status.QUARANTINED, "malware?")
    project = published.changes.set_status(DEMO, Status.ACTIVE, None)

    assert (project.status, project.status_reason) == (Status.ACTIVE, None)
    assert len(page(published).files) == 2
    assert [one.name for one in published.catalog.listings()] == [DEMO]


CHANGES: dict[str, Callable[[Ports], object]] = {
    "status": lambda ports: ports.changes.set_status(DEMO, Status.ARCHIVED, None),
    "yank release": lambda ports: ports.changes.yank_release(DEMO, "1.0", ""),
    "yank file": lambda ports: ports.changes.yank_file(DEMO, WHEEL, ""),
    "delete": lambda ports: ports.changes.delete_files(DEMO, ports.catalog.files(DEMO), NOW),
    "drop version": lambda ports: ports.changes.mark_release(DEMO, "1.0", deleted=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_steps_the_revision_and_the_serial(
    published: Ports, change: Callable[[Ports], object]
) -> None:
    before = published.catalog.project(DEMO)

    change(published)

    after = published.catalog.project(DEMO)
    assert after.revision == before.revision + 1
    assert after.serial > before.serial


UNKNOWN = NormalizedName("unknown")
MISSING: dict[str, Callable[[Ports], object]] = {
    "project": lambda ports: ports.changes.set_status(UNKNOWN, Status.ACTIVE, None),
    "project of a release": lambda ports: ports.changes.yank_release(UNKNOWN, "1.0", ""),
    "release": lambda ports: ports.changes.yank_release(DEMO, "9.9", ""),
    "version": lambda ports: ports.changes.mark_release(DEMO, "9.9", deleted=True),
    "file": lambda ports: ports.changes.yank_file(DEMO, "demo-9.9.tar.gz", ""),
}


@pytest.mark.parametrize("change", MISSING.values(), ids=MISSING)
def test_what_is_not_there_cannot_be_changed(
    published: Ports, change: Callable[[Ports], object]
) -> None:
    before = published.catalog.project(DEMO)

    with pytest.raises(NotFound):
        change(published)

    assert published.catalog.project(DEMO) == before
