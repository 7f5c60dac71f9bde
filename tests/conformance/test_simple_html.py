"""The HTML form of the simple API: PEP 503, 629, 658, 714; frozen at 1.4 by PEP 833."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from packaging.utils import canonicalize_name

from tests.conformance.clients import JSON, TEXT_HTML, fresh, hrefs, sha256
from tests.conformance.page import Page

if TYPE_CHECKING:
    from tests.conformance.clients import Index


@pytest.mark.checklist("HTML-01")
def test_the_list_of_projects_is_an_html5_document(index: Index) -> None:
    answer = index.get(index.root_url, Accept=TEXT_HTML)

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == TEXT_HTML
    assert answer.text.lower().startswith("<!doctype html>")


@pytest.mark.checklist("HTML-02", "HTML-14")
def test_the_list_links_to_a_project_that_was_uploaded_a_moment_ago(index: Index) -> None:
    name = fresh("Some.Demo")
    index.wheel(name)

    answer = index.get(index.root_url, Accept=TEXT_HTML)

    links = {canonicalize_name(a.text): a.href for a in Page(answer.text).anchors}
    target = urljoin(index.root_url, links[canonicalize_name(name)])
    assert index.get(target, Accept=JSON).json()["name"] == canonicalize_name(name)


@pytest.mark.checklist("HTML-03", "HTML-04")
def test_a_project_page_has_one_link_for_each_file_written_as_its_filename(
    index: Index, name: str
) -> None:
    files = [index.wheel(name), index.sdist(name), index.wheel(name, "1.0+local.1")]

    answer = index.get(index.page_url(name), Accept=TEXT_HTML)

    page = Page(answer.text)
    assert answer.headers["content-type"].partition(";")[0] == TEXT_HTML
    assert sorted(a.text for a in page.anchors) == sorted(filename for filename, _ in files)
    for anchor in page.anchors:
        assert unquote(urldefrag(anchor.href)[0].rpartition("/")[2]) == anchor.text


@pytest.mark.checklist("HTML-05")
def test_each_link_carries_the_digest_of_what_it_downloads(index: Index, name: str) -> None:
    index.wheel(name)
    index.sdist(name)

    for url in hrefs(index.html(name), index.page_url(name)):
        target, fragment = urldefrag(url)

        assert re.fullmatch(r"sha256=[0-9a-f]{64}", fragment)
        assert fragment == f"sha256={sha256(index.download(target).content)}"


@pytest.mark.checklist("HTML-06")
def test_the_page_says_that_it_is_version_1_of_the_api_and_no_later_than_frozen(
    index: Index, name: str
) -> None:
    index.wheel(name)

    major, minor = index.html(name).metas["pypi:repository-version"].split(".")

    assert (int(major), int(minor) <= 4) == (1, True)


@pytest.mark.checklist("HTML-07")
def test_requires_python_is_an_attribute_whose_angle_brackets_are_escaped(
    index: Index, name: str
) -> None:
    filename, _ = index.wheel(name, requires_python="<4,>=3.9")

    page = index.html(name)

    assert page.anchor(filename).attributes["data-requires-python"] == "<4,>=3.9"
    assert 'data-requires-python="&lt;4,&gt;=3.9"' in page.text


@pytest.mark.checklist("HTML-08", "HTML-09")
def test_a_wheel_has_the_digest_of_its_metadata_under_both_names(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)

    anchor = index.html(name).anchor(filename)
    sidecar = index.download(index.file_url(name, filename) + ".metadata").content

    assert anchor.attributes["data-core-metadata"] == f"sha256={sha256(sidecar)}"
    assert anchor.attributes["data-dist-info-metadata"] == f"sha256={sha256(sidecar)}"


@pytest.mark.checklist("HTML-10")
def test_a_project_without_the_final_slash_leads_to_its_page(index: Index, name: str) -> None:
    index.wheel(name)

    answer = index.get(index.page_url(name).removesuffix("/"), Accept=TEXT_HTML)

    assert answer.is_redirect
    assert urljoin(str(answer.url), answer.headers["location"]) == index.page_url(name)


@pytest.mark.checklist("HTML-10")
def test_the_list_without_the_final_slash_leads_to_the_list(index: Index) -> None:
    answer = index.get(index.root_url.removesuffix("/"), Accept=TEXT_HTML)

    assert answer.is_redirect
    assert urljoin(str(answer.url), answer.headers["location"]) == index.root_url


@pytest.mark.checklist("HTML-11")
def test_a_name_spelled_otherwise_leads_to_the_page_on_this_host(index: Index, name: str) -> None:
    index.wheel(name)

    answer = index.get(index.page_url(name.upper().replace("-", "_.")), Accept=TEXT_HTML)

    assert answer.is_redirect
    assert urljoin(str(answer.url), answer.headers["location"]) == index.page_url(name)


@pytest.mark.checklist("HTML-12")
def test_a_project_that_is_unknown_is_not_found(index: Index, name: str) -> None:
    answer = index.get(index.page_url(name), Accept=TEXT_HTML)

    assert answer.status_code == 404
    assert name in answer.text


@pytest.mark.checklist("HTML-13")
@pytest.mark.parametrize("accept", [TEXT_HTML, JSON])
def test_head_answers_as_get_does_without_a_body(index: Index, name: str, accept: str) -> None:
    index.wheel(name)

    for url in (index.root_url, index.page_url(name)):
        got, head = (index.ask(method, url, Accept=accept) for method in ("GET", "HEAD"))

        assert head.status_code == got.status_code == 200
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers["etag"] == got.headers["etag"]
        assert head.content == b""


@pytest.mark.checklist("HTML-15", "HTML-16")
def test_html_and_json_list_the_same_files_none_of_them_signed(index: Index, name: str) -> None:
    index.wheel(name)
    index.sdist(name)
    index.wheel(name, "2.0")

    page = index.html(name)

    assert {anchor.text for anchor in page.anchors} == index.filenames(name)
    assert not any("data-gpg-sig" in anchor.attributes for anchor in page.anchors)
    assert index.download(index.file_url(name, page.anchors[0].text) + ".asc").status_code == 404
