from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import unquote, urljoin

import pytest

from idlewheel.domain.project import File, ProjectPage, Status
from tests.unit.web.reader import Reader, as_html, as_json
from tests.unit.web.shelf import MOMENT, SERIAL, page, release, sdist, wheel

PAGE_URL = "https://index.example/prod/simple/demo-project/"
FILES_URL = "https://index.example/prod/files/demo-project"


def read_json(shown: ProjectPage, **options: Any) -> Any:
    return json.loads(as_json(shown, **options))


def only_file(file: File) -> Any:
    return read_json(page(file))["files"][0]


@pytest.mark.checklist("JSON-02", "JSON-03", "JSON-04", "JSON-21", "JSON-22")
def test_the_json_page_says_what_it_is() -> None:
    document = read_json(page(wheel()))

    assert document["meta"] == {"api-version": "1.4", "_last-serial": SERIAL}
    assert document["name"] == "demo-project"
    assert set(document) == {"meta", "name", "project-status", "versions", "files"}


@pytest.mark.checklist("JSON-05", "JSON-06", "JSON-07", "JSON-10", "JSON-11", "JSON-14", "JSON-16")
def test_a_file_is_described_in_full() -> None:
    described = only_file(wheel(requires_python=">=3.9,<4"))

    assert described == {
        "filename": "demo_project-1.0-py3-none-any.whl",
        "url": f"../../files/demo-project/{'a' * 64}/demo_project-1.0-py3-none-any.whl",
        "hashes": {"sha256": "a" * 64},
        "requires-python": ">=3.9,<4",
        "size": 1234,
        "upload-time": "2026-11-22T13:14:15.123456Z",
        "yanked": False,
        "core-metadata": {"sha256": "b" * 64},
        "dist-info-metadata": {"sha256": "b" * 64},
    }


@pytest.mark.checklist("JSON-12")
@pytest.mark.parametrize("absent", [None, ""])
def test_a_requires_python_that_is_not_there_is_left_out(absent: str | None) -> None:
    assert "requires-python" not in only_file(wheel(requires_python=absent))


@pytest.mark.checklist("JSON-15", "META-09", "JSON-17", "ATT-04")
def test_a_file_without_metadata_of_its_own_promises_none() -> None:
    described = only_file(sdist())

    assert (described["core-metadata"], described["dist-info-metadata"]) == (False, False)
    assert "provenance" not in described


@pytest.mark.checklist("JSON-13", "YANK-01", "YANK-02")
@pytest.mark.parametrize(
    ("yanked", "said"), [(None, False), ("", True), ('a "bad" <b> idée', 'a "bad" <b> idée')]
)
def test_a_yank_is_told_with_its_reason(yanked: str | None, said: object) -> None:
    assert only_file(wheel(yanked=yanked))["yanked"] == said


@pytest.mark.checklist("JSON-10")
def test_a_time_without_microseconds_has_them_all_the_same_and_is_in_utc() -> None:
    moment = MOMENT.replace(microsecond=0).astimezone(timezone(timedelta(hours=-5)))

    assert only_file(wheel(uploaded_at=moment))["upload-time"] == "2026-11-22T13:14:15.000000Z"


@pytest.mark.checklist("JSON-08", "JSON-09")
def test_versions_cover_the_files_and_the_releases_that_have_none() -> None:
    shown = page(wheel("2.0"), sdist("2.0"), releases=[release("1.0"), release("2.0")])

    assert read_json(shown)["versions"] == ["1.0", "2.0"]


@pytest.mark.checklist("JSON-23")
def test_files_are_in_one_order_whoever_stored_them_in_which() -> None:
    shown = page(wheel("1.0"), sdist("1.0"), sdist("0.9"))

    assert as_json(shown) == as_json(replace(shown, files=shown.files[::-1]))


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        pytest.param(Status.ACTIVE, None, {"status": "active"}, id="JSON-18"),
        pytest.param(
            Status.DEPRECATED,
            "use demo2",
            {"status": "deprecated", "reason": "use demo2"},
            id="YANK-10",
        ),
        pytest.param(Status.ARCHIVED, "", {"status": "archived"}, id="YANK-06"),
    ],
)
def test_the_status_of_a_project_is_told(status: Status, reason: str | None, said: object) -> None:
    document = read_json(page(wheel(), status=status, status_reason=reason))

    assert document["project-status"] == said
    assert len(document["files"]) == 1


@pytest.mark.checklist("YANK-07")
def test_a_project_in_quarantine_lists_no_file_in_either_form() -> None:
    shown = page(wheel(), status=Status.QUARANTINED)

    assert read_json(shown)["files"] == []
    assert read_json(shown)["project-status"] == {"status": "quarantined"}
    assert Reader(as_html(shown)).anchors == []


@pytest.mark.parametrize(
    "version", ["1.0+local.7", "1!2.0", "1.0.post1", "1.0"], ids=lambda v: f"version {v}"
)
def test_links_resolve_to_the_key_under_any_stage(version: str) -> None:
    file = wheel(version)
    url = only_file(file)["url"]

    assert "+" not in url, "some clients and S3 would read it as a space"
    assert unquote(urljoin(PAGE_URL, url)) == f"{FILES_URL}/{'a' * 64}/{file.filename}"


def test_links_are_absolute_where_the_page_is_read_from_another_host() -> None:
    base = "https://index.example/prod"
    in_json = read_json(page(wheel()), base=base)["files"][0]["url"]
    in_html = Reader(as_html(page(wheel()), base=base)).anchors[0][0]["href"] or ""

    assert in_json.startswith(f"{FILES_URL}/")
    assert in_html.startswith(f"{FILES_URL}/")


def test_pages_are_plain_ascii_json_so_that_their_size_is_their_length() -> None:
    content = as_json(page(wheel(yanked="idée")))

    assert re.fullmatch(rb"[\x20-\x7e]+", content)
