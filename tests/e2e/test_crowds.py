"""Many at once: none is lost, and where only one may win, one does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.e2e.publishers import PUBLISHERS, project
from tests.factories import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.index import Index
    from tests.e2e.sandbox import Sandbox


@pytest.mark.checklist("UP-08", "UP-22")
def test_fifty_files_of_one_release_uploaded_at_once_are_all_listed(
    index: Index, name: str
) -> None:
    files = [wheel(name, "1.0", tags=[f"cp311-cp311-linux_{number}"]) for number in range(50)]
    statuses = upload_at_once(index, files)

    assert statuses == [200] * 50
    assert set(index.files(name)) == {filename for filename, _ in files}
    for filename, content in files[::10]:
        assert index.download(name, filename) == content


@pytest.mark.checklist("UP-23")
def test_of_twenty_different_files_of_one_name_exactly_one_is_published(
    index: Index, name: str
) -> None:
    files = [wheel(name, "1.0", description=f"The one by number {it}") for it in range(20)]
    statuses = upload_at_once(index, files)

    assert sorted(statuses) == [200] + [409] * 19
    winner = files[statuses.index(200)]
    assert index.download(name, winner[0]) == winner[1]


@pytest.mark.checklist("UP-05")
def test_of_twenty_equal_files_each_is_told_that_it_is_published(index: Index, name: str) -> None:
    files = [wheel(name, "1.0")] * 20
    statuses = upload_at_once(index, files)

    assert statuses == [200] * 20
    assert set(index.files(name)) == {files[0][0]}


@pytest.mark.shows("uploads beside others to one project", by="twine uv poetry pdm hatch flit")
def test_every_client_uploads_to_one_project_at_the_same_time(
    index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    machines = [sandbox, another]
    machines += [another.copy(f"machine-{it}") for it in range(len(PUBLISHERS) - 2)]
    for number, machine in enumerate(machines):
        project(machine.work, name, f"1.{number}")
    with ThreadPoolExecutor(len(PUBLISHERS)) as pool:
        runs = list(
            pool.map(
                lambda it: it[0].publish(it[1], index.upload_url, index.publish_token),
                zip(PUBLISHERS, machines, strict=True),
            )
        )

    for run in runs:
        run.succeeded()
    assert len(index.files(name)) == 2 * len(PUBLISHERS)


def upload_at_once(index: Index, files: Iterable[tuple[str, bytes]]) -> list[int]:
    """Upload every file in a thread of its own; answer the statuses, in the same order."""
    files = list(files)
    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(lambda file: index.post(*file).status_code, files))
