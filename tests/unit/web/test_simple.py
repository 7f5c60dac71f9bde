from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta, timezone
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.domain.names import NormalizedName, normalize
from idlewheel.domain.project import File, FileState, Listing, ProjectPage, Status
from idlewheel.web import simple
from tests.unit.web.shelf import MOMENT, SERIAL, page, release, sdist, wheel

PAGE_URL = "https://index.example/prod/simple/demo-project/"
ROOT_URL = "https://index.example/prod/simple/"
FILES_URL = "https://index.example/prod/files/demo-project"


class Reader(HTMLParser):
    """Reads anchors and metas as an installer does."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.anchors: list[tuple[dict[str, str | None], str]] = []
        self.metas: dict[str | None, str | None] = {}
        self.comments: list[str] = []
        self.declaration = ""
        self._open = False
        self.feed(content.decode())
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.declaration = decl

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag == "a"
        if tag == "a":
            self.anchors.append((dict(attrs), ""))
        if tag == "meta":
            self.metas[dict(attrs).get("name")] = dict(attrs).get("content")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._open:
            attributes, text = self.anchors[-1]
            self.anchors[-1] = (attributes, text + data)


def read_json(shown: ProjectPage, **options: Any) -> Any:
    return json.loads(simple.as_json(shown, **options))


def only_file(file: File) -> Any:
    return read_json(page(file))["files"][0]


def only_anchor(file: File) -> dict[str, str | None]:
    return Reader(simple.as_html(page(file))).anchors[0][0]


# --- JSON


@pytest.mark.decides("JSON-02", "JSON-03", "JSON-04", "JSON-21", "JSON-22")
def test_the_json_page_says_what_it_is() -> None:
    document = read_json(page(wheel()))

    assert document["meta"] == {"api-version": "1.4", "_last-serial": SERIAL}
    assert document["name"] == "demo-project"
    assert set(document) == {"meta", "name", "project-status", "versions", "files"}


@pytest.mark.decides("JSON-05", "JSON-06", "JSON-07", "JSON-10", "JSON-11", "JSON-14", "JSON-16")
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


@pytest.mark.decides("JSON-12")
@pytest.mark.parametrize("absent", [None, ""])
def test_a_requires_python_that_is_not_there_is_left_out(absent: str | None) -> None:
    assert "requires-python" not in only_file(wheel(requires_python=absent))


@pytest.mark.decides("JSON-15", "META-09", "JSON-17", "ATT-04")
def test_a_file_without_metadata_of_its_own_promises_none() -> None:
    described = only_file(sdist())

    assert (described["core-metadata"], described["dist-info-metadata"]) == (False, False)
    assert "provenance" not in described


@pytest.mark.decides("JSON-13", "YANK-01", "YANK-02")
@pytest.mark.parametrize(
    ("yanked", "said"), [(None, False), ("", True), ('a "bad" <b> idée', 'a "bad" <b> idée')]
)
def test_a_yank_is_told_with_its_reason(yanked: str | None, said: object) -> None:
    assert only_file(wheel(yanked=yanked))["yanked"] == said


@pytest.mark.decides("JSON-10")
def test_a_time_without_microseconds_has_them_all_the_same_and_is_in_utc() -> None:
    moment = MOMENT.replace(microsecond=0).astimezone(timezone(timedelta(hours=-5)))

    assert only_file(wheel(uploaded_at=moment))["upload-time"] == "2026-11-22T13:14:15.000000Z"


@pytest.mark.decides("JSON-08", "JSON-09")
def test_versions_cover_the_files_and_the_releases_that_have_none() -> None:
    shown = page(wheel("2.0"), sdist("2.0"), releases=[release("1.0"), release("2.0")])

    assert read_json(shown)["versions"] == ["1.0", "2.0"]


@pytest.mark.decides("JSON-23")
def test_files_are_in_one_order_whoever_stored_them_in_which() -> None:
    shown = page(wheel("1.0"), sdist("1.0"), sdist("0.9"))

    assert simple.as_json(shown) == simple.as_json(replace(shown, files=shown.files[::-1]))


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


@pytest.mark.decides("YANK-07")
def test_a_project_in_quarantine_lists_no_file_in_either_form() -> None:
    shown = page(wheel(), status=Status.QUARANTINED)

    assert read_json(shown)["files"] == []
    assert read_json(shown)["project-status"] == {"status": "quarantined"}
    assert Reader(simple.as_html(shown)).anchors == []


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
    in_html = Reader(simple.as_html(page(wheel()), base=base)).anchors[0][0]["href"] or ""

    assert in_json.startswith(f"{FILES_URL}/")
    assert in_html.startswith(f"{FILES_URL}/")


# --- HTML


@pytest.mark.decides("HTML-01", "HTML-03", "HTML-06", "JSON-21")
def test_the_html_page_says_what_it_is() -> None:
    content = simple.as_html(page(wheel()))
    read = Reader(content)

    assert content.startswith(b"<!DOCTYPE html>")
    assert read.metas["pypi:repository-version"] == "1.4"
    assert read.metas["pypi:project-status"] == "active"
    assert "pypi:project-status-reason" not in read.metas
    assert read.comments == [f"SERIAL {SERIAL}"]


@pytest.mark.decides("HTML-04", "HTML-05", "HTML-08", "HTML-09", "HTML-16", "ATT-04")
def test_an_anchor_describes_its_file() -> None:
    file = wheel("1.0+local.7")
    ((attributes, text),) = Reader(simple.as_html(page(file))).anchors
    href = urlsplit(attributes.pop("href") or "")

    assert text == file.filename == unquote(href.path.rpartition("/")[2])
    assert href.fragment == f"sha256={'a' * 64}"
    assert attributes == {
        "data-core-metadata": f"sha256={'b' * 64}",
        "data-dist-info-metadata": f"sha256={'b' * 64}",
    }


@pytest.mark.decides("HTML-07")
def test_requires_python_is_escaped_in_the_markup() -> None:
    content = simple.as_html(page(wheel(requires_python=">=3.9,<4")))

    assert b'data-requires-python="&gt;=3.9,&lt;4"' in content
    assert only_anchor(wheel(requires_python=">=3.9,<4"))["data-requires-python"] == ">=3.9,<4"


@pytest.mark.decides("YANK-01", "YANK-02")
@pytest.mark.parametrize("reason", ["", "plain", "a \"bad\" <b> & 'idée' \u2028"])
def test_a_yank_survives_in_html(reason: str) -> None:
    assert only_anchor(wheel(yanked=reason))["data-yanked"] == reason


@pytest.mark.decides("YANK-04")
def test_a_file_that_is_not_yanked_has_no_such_attribute() -> None:
    assert "data-yanked" not in only_anchor(wheel())


@pytest.mark.decides("YANK-10")
def test_the_reason_of_a_status_is_escaped_too() -> None:
    shown = page(status=Status.ARCHIVED, status_reason='see "<new>"')

    assert Reader(simple.as_html(shown)).metas["pypi:project-status-reason"] == 'see "<new>"'


@pytest.mark.decides("HTML-12")
def test_a_project_without_files_has_an_empty_page_not_none() -> None:
    assert read_json(page())["files"] == []
    assert Reader(simple.as_html(page())).anchors == []


LISTED_FILES = st.lists(
    st.builds(
        wheel,
        filename=st.from_regex(r"[A-Za-z0-9._+!-]{1,20}\.whl", fullmatch=True),
        yanked=st.none() | st.text(st.characters(codec="utf-8"), max_size=20),
        state=st.sampled_from(FileState),
        size=st.integers(0, 5 * 10**9),
    ),
    max_size=6,
    unique_by=lambda file: file.filename,
)


@pytest.mark.decides("HTML-15")
@given(LISTED_FILES)
def test_json_and_html_list_the_same_files(files: list[File]) -> None:
    shown = page(*files)
    in_json = read_json(shown)["files"]
    in_html = Reader(simple.as_html(shown)).anchors

    assert [file["filename"] for file in in_json] == [text for _, text in in_html]
    assert [file["url"] for file in in_json] == [
        (attributes["href"] or "").partition("#")[0] for attributes, _ in in_html
    ]
    assert len(in_json) == sum(file.state is FileState.ACTIVE for file in files)


# --- the list of projects

LISTINGS = [
    Listing(NormalizedName("acme-core"), "Acme.Core", 7),
    Listing(NormalizedName("demo"), "demo", 12),
]


@pytest.mark.decides("JSON-19", "JSON-21")
def test_the_json_list_names_every_project_with_its_serial() -> None:
    assert json.loads(simple.root_json(LISTINGS)) == {
        "meta": {"api-version": "1.4", "_last-serial": 12},
        "projects": [
            {"name": "Acme.Core", "_last-serial": 7},
            {"name": "demo", "_last-serial": 12},
        ],
    }


@pytest.mark.decides("HTML-01", "HTML-02")
def test_the_html_list_links_every_project() -> None:
    content = simple.root_html(LISTINGS)
    read = Reader(content)

    assert content.startswith(b"<!DOCTYPE html>")
    for attributes, text in read.anchors:
        assert urljoin(ROOT_URL, attributes["href"]) == f"{ROOT_URL}{normalize(text)}/"
    assert len(read.anchors) == len(LISTINGS)


def test_an_empty_index_lists_nothing_at_serial_nought() -> None:
    assert json.loads(simple.root_json([]))["meta"]["_last-serial"] == 0
    assert Reader(simple.root_html([])).anchors == []


def test_pages_are_plain_ascii_json_so_that_their_size_is_their_length() -> None:
    content = simple.as_json(page(wheel(yanked="idée")))

    assert re.fullmatch(rb"[\x20-\x7e]+", content)
