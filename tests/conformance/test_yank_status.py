"""Yanks (PEP 592) and statuses of projects (PEP 792), as their pages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import factories
from tests.conformance.clients import JSON, TEXT_HTML

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.clients import Index


@pytest.mark.checklist("YANK-01", "YANK-03", "YANK-04")
@pytest.mark.parametrize("reason", ["", "breaks on Mondays"])
def test_a_yanked_file_is_marked_and_still_served_until_it_is_unyanked(
    index: Index, name: str, reason: str
) -> None:
    filename, content = index.wheel(name)
    other, _ = index.sdist(name)

    index.yank(name, filename, reason)

    assert index.file(name, filename)["yanked"] == (reason or True)
    assert index.html(name).anchor(filename).attributes["data-yanked"] == reason
    assert index.file(name, other)["yanked"] is False
    assert index.download(index.file_url(name, filename)).content == content

    index.manage("DELETE", f"projects/{name}/files/{filename}/yank")

    assert index.file(name, filename)["yanked"] is False
    assert "data-yanked" not in index.html(name).anchor(filename).attributes


@pytest.mark.checklist("YANK-01", "YANK-04")
def test_a_yanked_release_marks_each_of_its_files(index: Index, name: str) -> None:
    index.publish(factories.wheel(name), factories.sdist(name), factories.wheel(name, "2.0"))

    index.manage("PUT", f"projects/{name}/releases/1.0/yank", {"reason": "wrong"})

    yanked = {file["filename"]: file["yanked"] for file in index.page(name)["files"]}
    assert sorted(yanked.values(), key=str) == [False, "wrong", "wrong"]

    index.manage("DELETE", f"projects/{name}/releases/1.0/yank")

    assert not any(file["yanked"] for file in index.page(name)["files"])


@pytest.mark.checklist("YANK-02")
def test_a_reason_survives_whatever_signs_are_in_it(index: Index, name: str) -> None:
    reason = """it's "broken" <b>& ünsafe</b> → 日本"""
    filename, _ = index.wheel(name)

    index.yank(name, filename, reason)

    assert index.file(name, filename)["yanked"] == reason
    assert index.html(name).anchor(filename).attributes["data-yanked"] == reason
    assert "<b>" not in index.html(name).text
    assert index.html(name).text.isascii(), "so a client that guesses the charset reads it right"


@pytest.mark.checklist("YANK-05")
@pytest.mark.parametrize("accept", [JSON, TEXT_HTML])
def test_yanks_and_statuses_are_seen_by_who_has_the_page(
    index: Index, name: str, accept: str
) -> None:
    filename, _ = index.wheel(name)
    changes: list[Callable[[], None]] = [
        lambda: index.yank(name, filename),
        lambda: index.yank(name, filename, "with a reason"),
        lambda: index.set_status(name, "deprecated"),
        lambda: index.set_status(name, "deprecated", "use another"),
        lambda: index.set_status(name, "active"),
    ]

    for change in changes:
        before = index.get(index.page_url(name), Accept=accept)
        change()
        after = index.get(index.page_url(name), Accept=accept, If_None_Match=before.headers["etag"])

        assert after.status_code == 200
        assert after.text != before.text


@pytest.mark.checklist("YANK-06", "YANK-10", "YANK-11", "JSON-18")
def test_an_archived_project_offers_its_files_and_takes_no_more_until_it_is_active(
    index: Index, name: str
) -> None:
    filename, content = index.wheel(name)

    index.set_status(name, "archived", "finished & <done>")

    refusal = index.twine(*factories.wheel(name, "2.0"))
    assert refusal.status_code == 403
    assert "archived" in refusal.text
    assert index.page(name)["project-status"] == {
        "status": "archived",
        "reason": "finished & <done>",
    }
    metas = index.html(name).metas
    assert metas["pypi:project-status"] == "archived"
    assert metas["pypi:project-status-reason"] == "finished & <done>"
    assert index.download(index.file_url(name, filename)).content == content

    index.set_status(name, "active")

    assert index.twine(*factories.wheel(name, "2.0")).status_code == 200
    assert index.page(name)["project-status"] == {"status": "active"}


@pytest.mark.checklist("YANK-07", "YANK-08", "YANK-11")
def test_a_quarantined_project_offers_nothing_until_it_is_active(index: Index, name: str) -> None:
    filename, content = index.wheel(name)
    url = index.file_url(name, filename)

    index.set_status(name, "quarantined", "malware?")

    assert index.page(name)["files"] == []
    assert index.html(name).anchors == []
    assert index.page(name)["project-status"]["status"] == "quarantined"
    assert index.html(name).metas["pypi:project-status"] == "quarantined"
    for suffix in ("", ".metadata"):
        for method in ("GET", "HEAD"):
            assert index.download(url + suffix, method).status_code == 404
    assert index.twine(*factories.wheel(name, "2.0")).status_code == 403
    assert name not in index.get(index.root_url, Accept=JSON).text

    index.set_status(name, "active")

    assert index.download(url).content == content
    assert index.filenames(name) == {filename}
    assert index.twine(*factories.wheel(name, "2.0")).status_code == 200
    assert name in index.get(index.root_url, Accept=JSON).text


@pytest.mark.checklist("YANK-09", "YANK-10")
def test_a_deprecated_project_works_as_before_and_says_so(index: Index, name: str) -> None:
    filename, content = index.wheel(name)

    index.set_status(name, "deprecated", "use another")

    assert index.page(name)["project-status"] == {"status": "deprecated", "reason": "use another"}
    assert index.html(name).metas["pypi:project-status-reason"] == "use another"
    assert index.download(index.file_url(name, filename)).content == content
    assert index.twine(*factories.wheel(name, "2.0")).status_code == 200
