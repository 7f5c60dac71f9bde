"""What caches may keep of pages and files: RFC 9110, RFC 9111, and what pip 26.2 does of them."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pytest

from tests.conformance.clients import HTML, JSON, TEXT_HTML, fresh

if TYPE_CHECKING:
    import httpx

    from tests.conformance.clients import Index


@pytest.fixture(scope="module")
def url(index: Index) -> str:
    """The page of a project with some files."""
    name = fresh()
    for version in ("1.0", "2.0", "3.0"):
        index.wheel(name, version, requires_python=">=3.9")
    return index.page_url(name)


def directives(answer: httpx.Response) -> dict[str, str]:
    """Take a Cache-Control header apart."""
    parts = [part.strip().partition("=") for part in answer.headers["cache-control"].split(",")]
    return {name.lower(): value for name, _, value in parts}


@pytest.mark.checklist("CACHE-01", "CACHE-02", "CACHE-06")
@pytest.mark.parametrize("accept", [JSON, HTML, TEXT_HTML])
def test_a_page_that_the_client_has_is_not_sent_again(index: Index, url: str, accept: str) -> None:
    for page in (url, index.root_url):
        first = index.get(page, Accept=accept)

        again = index.get(page, Accept=accept, If_None_Match=first.headers["etag"])

        assert (again.status_code, again.content) == (304, b"")
        for header in ("etag", "vary", "cache-control"):
            assert again.headers[header] == first.headers[header]


@pytest.mark.checklist("CACHE-03")
def test_no_two_forms_of_a_page_share_an_etag(index: Index, url: str) -> None:
    tags = [
        index.get(url, Accept=accept, Accept_Encoding=encoding).headers["etag"]
        for accept in (JSON, HTML, TEXT_HTML)
        for encoding in ("identity", "gzip")
    ]

    assert len(set(tags)) == 6
    assert all(re.fullmatch(r'"[\x21\x23-\x7e]+"', tag) for tag in tags)


@pytest.mark.checklist("CACHE-04")
def test_after_an_upload_the_old_etag_brings_the_new_page(index: Index, name: str) -> None:
    index.wheel(name, "1.0")
    for accept in (JSON, TEXT_HTML):
        old = index.get(index.page_url(name), Accept=accept)
        filename, _ = index.wheel(name, "2.0" if accept == JSON else "3.0")

        new = index.get(index.page_url(name), Accept=accept, If_None_Match=old.headers["etag"])

        assert new.status_code == 200
        assert filename in new.text
        assert filename not in old.text


@pytest.mark.checklist("CACHE-04")
def test_after_an_upload_the_old_etag_brings_the_new_list(index: Index, name: str) -> None:
    old = index.get(index.root_url, Accept=JSON)
    index.wheel(name)

    new = index.get(index.root_url, Accept=JSON, If_None_Match=old.headers["etag"])

    assert new.status_code == 200
    assert name in new.text


@pytest.mark.checklist("CACHE-05", "CACHE-12")
def test_pages_are_asked_for_again_and_kept_by_nobody_for_others(index: Index, url: str) -> None:
    for page in (url, index.root_url):
        says = directives(index.get(page, Accept=JSON))

        assert "no-cache" in says
        assert "private" in says
        assert "public" not in says
        assert int(says.get("max-age", 0)) <= 600


@pytest.mark.checklist("CACHE-07")
@pytest.mark.parametrize("form", ['"other", {}', "W/{}", 'W/"other", W/{}', "{},W/{}", "*"])
def test_a_list_of_etags_and_weak_ones_are_understood(index: Index, url: str, form: str) -> None:
    tag = index.get(url, Accept=JSON).headers["etag"]

    again = index.get(url, Accept=JSON, If_None_Match=form.replace("{}", tag))

    assert again.status_code == 304


@pytest.mark.checklist("CACHE-07")
def test_an_etag_that_only_looks_alike_does_not_match(index: Index, url: str) -> None:
    tag = index.get(url, Accept=JSON).headers["etag"]

    for other in (tag[:-2] + '"', f'"{tag[1:-1]}x"', tag.strip('"')):
        assert index.get(url, Accept=JSON, If_None_Match=other).status_code == 200


@pytest.mark.checklist("CACHE-08", "CACHE-09")
@pytest.mark.parametrize("accept", [JSON, TEXT_HTML])
def test_a_compressed_page_is_smaller_and_the_same_document(
    index: Index, url: str, accept: str
) -> None:
    plain = index.get(url, Accept=accept, Accept_Encoding="identity")
    request = index.http.build_request(
        "GET", url, headers={**plain.request.headers, "Accept-Encoding": "gzip, deflate"}
    )
    packed = index.http.send(request, stream=True)
    raw = b"".join(packed.iter_raw())

    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content)


@pytest.mark.checklist("CACHE-10")
def test_a_file_may_be_kept_for_long_by_its_reader_alone(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)

    for suffix in ("", ".metadata"):
        says = directives(index.download(index.file_url(name, filename) + suffix))

        assert "immutable" in says
        assert int(says["max-age"]) >= 3600
        assert "private" in says


@pytest.mark.checklist("CACHE-11")
def test_what_is_not_there_may_be_there_soon(index: Index, name: str) -> None:
    answers = [
        index.get(index.page_url(name), Accept=JSON),
        index.get(f"{index.facts.json_url}{name}/json"),
        index.download(index.root_url.replace("/simple/", "/files/x/y")),
    ]

    for answer in answers:
        says = directives(answer) if "cache-control" in answer.headers else {}
        assert answer.status_code == 404
        assert "public" not in says
        assert int(says.get("max-age", 0)) <= 60
