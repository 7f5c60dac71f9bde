from __future__ import annotations

import json
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.domain.names import NormalizedName, normalize
from idlewheel.domain.project import File, FileState, Listing, Status
from tests.unit.web.reader import Reader, as_html, as_json, root_html, root_json
from tests.unit.web.shelf import SERIAL, page, sdist, wheel

ROOT_URL = "https://index.example/prod/simple/"


def only_anchor(file: File) -> dict[str, str | None]:
    return Reader(as_html(page(file))).anchors[0][0]


@pytest.mark.checklist("HTML-01", "HTML-03", "HTML-06", "JSON-21")
def test_the_html_page_says_what_it_is() -> None:
    content = as_html(page(wheel()))
    read = Reader(content)

    assert content.startswith(b"<!DOCTYPE html>")
    assert read.metas["pypi:repository-version"] == "1.4"
    assert read.metas["pypi:project-status"] == "active"
    assert "pypi:project-status-reason" not in read.metas
    assert read.comments == [f"SERIAL {SERIAL}"]


@pytest.mark.checklist("HTML-04", "HTML-05", "HTML-08", "HTML-09", "HTML-16", "ATT-04")
def test_an_anchor_describes_its_file() -> None:
    file = wheel("1.0+local.7")
    ((attributes, text),) = Reader(as_html(page(file))).anchors
    href = urlsplit(attributes.pop("href") or "")

    assert text == file.filename == unquote(href.path.rpartition("/")[2])
    assert href.fragment == f"sha256={'a' * 64}"
    assert attributes == {
        "data-core-metadata": f"sha256={'b' * 64}",
        "data-dist-info-metadata": f"sha256={'b' * 64}",
    }


@pytest.mark.checklist("YANK-02")
def test_a_page_is_read_right_by_who_guesses_its_charset() -> None:
    content = as_html(page(wheel(yanked="ünsafe → 日本")))
    read = Reader(content.decode("latin-1").encode())

    assert content.isascii()
    assert read.anchors[0][0]["data-yanked"] == "ünsafe → 日本"


@pytest.mark.checklist("META-09")
def test_an_anchor_of_a_file_without_metadata_promises_none() -> None:
    assert set(only_anchor(sdist())) == {"href"}


@pytest.mark.checklist("HTML-07")
def test_requires_python_is_escaped_in_the_markup() -> None:
    content = as_html(page(wheel(requires_python=">=3.9,<4")))

    assert b'data-requires-python="&gt;=3.9,&lt;4"' in content
    assert only_anchor(wheel(requires_python=">=3.9,<4"))["data-requires-python"] == ">=3.9,<4"


@pytest.mark.checklist("YANK-01", "YANK-02")
@pytest.mark.parametrize("reason", ["", "plain", "a \"bad\" <b> & 'idée' \u2028"])
def test_a_yank_survives_in_html(reason: str) -> None:
    assert only_anchor(wheel(yanked=reason))["data-yanked"] == reason


@pytest.mark.checklist("YANK-04")
def test_a_file_that_is_not_yanked_has_no_such_attribute() -> None:
    assert "data-yanked" not in only_anchor(wheel())


@pytest.mark.checklist("YANK-10")
def test_the_reason_of_a_status_is_escaped_too() -> None:
    shown = page(status=Status.ARCHIVED, status_reason='see "<new>"')

    assert Reader(as_html(shown)).metas["pypi:project-status-reason"] == 'see "<new>"'


@pytest.mark.checklist("HTML-12")
def test_a_project_without_files_has_an_empty_page_not_none() -> None:
    assert json.loads(as_json(page()))["files"] == []
    assert Reader(as_html(page())).anchors == []


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


@pytest.mark.checklist("HTML-15")
@given(LISTED_FILES)
def test_json_and_html_list_the_same_files(files: list[File]) -> None:
    shown = page(*files)
    in_json = json.loads(as_json(shown))["files"]
    in_html = Reader(as_html(shown)).anchors

    assert [file["filename"] for file in in_json] == [text for _, text in in_html]
    assert [file["url"] for file in in_json] == [
        (attributes["href"] or "").partition("#")[0] for attributes, _ in in_html
    ]
    assert len(in_json) == sum(file.state is FileState.ACTIVE for file in files)


LISTINGS = [
    Listing(NormalizedName("acme-core"), "Acme.Core", 7),
    Listing(NormalizedName("demo"), "demo", 12),
]


@pytest.mark.checklist("JSON-19", "JSON-21")
def test_the_json_list_names_every_project_with_its_serial() -> None:
    assert json.loads(root_json(LISTINGS)) == {
        "meta": {"api-version": "1.4", "_last-serial": 12},
        "projects": [
            {"name": "Acme.Core", "_last-serial": 7},
            {"name": "demo", "_last-serial": 12},
        ],
    }


@pytest.mark.checklist("HTML-01", "HTML-02")
def test_the_html_list_links_every_project() -> None:
    content = root_html(LISTINGS)
    read = Reader(content)

    assert content.startswith(b"<!DOCTYPE html>")
    for attributes, text in read.anchors:
        assert urljoin(ROOT_URL, attributes["href"]) == f"{ROOT_URL}{normalize(text)}/"
    assert len(read.anchors) == len(LISTINGS)


def test_an_empty_index_lists_nothing_at_serial_nought() -> None:
    assert json.loads(root_json([]))["meta"]["_last-serial"] == 0
    assert Reader(root_html([])).anchors == []
