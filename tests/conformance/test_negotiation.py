"""Which form of a page is answered: RFC 9110 §12 and PEP 691."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.clients import (
    HTML,
    JSON,
    PIP_ACCEPTS,
    SIMPLE,
    TEXT_HTML,
    UV_ACCEPTS,
    basic,
    fresh,
)

if TYPE_CHECKING:
    from tests.conformance.clients import Index


@pytest.fixture(scope="module", params=["project", "list"])
def url(request: pytest.FixtureRequest, index: Index) -> str:
    """A page of each kind: both negotiate in the same way."""
    if request.param == "list":
        return index.root_url
    name = fresh()
    index.wheel(name)
    return index.page_url(name)


def media_type(index: Index, url: str, accept: str) -> str:
    answer = index.get(url, Accept=accept)
    assert answer.status_code == 200, answer.text
    return answer.headers["content-type"].partition(";")[0]


@pytest.mark.checklist("NEG-01", "NEG-03", "NEG-18")
def test_without_an_accept_header_any_form_is_answered_and_named(index: Index, url: str) -> None:
    request = index.http.build_request(
        "GET", url, headers={"Authorization": basic(index.facts.token)}
    )
    del request.headers["Accept"]

    answer = index.http.send(request)

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] in SIMPLE


@pytest.mark.checklist("NEG-02")
def test_who_takes_anything_is_answered_any_form(index: Index, url: str) -> None:
    assert media_type(index, url, "*/*") in SIMPLE


@pytest.mark.checklist("NEG-04")
def test_the_versioned_html_is_answered_by_its_name(index: Index, url: str) -> None:
    assert media_type(index, url, HTML) == HTML


@pytest.mark.checklist("NEG-05")
def test_who_asks_for_html_never_gets_json(index: Index, url: str) -> None:
    assert media_type(index, url, TEXT_HTML) in {TEXT_HTML, HTML}


@pytest.mark.checklist("NEG-06", "NEG-07", "NEG-18")
@pytest.mark.parametrize("accept", [PIP_ACCEPTS, UV_ACCEPTS], ids=["pip", "uv"])
def test_installers_get_json(index: Index, url: str, accept: str) -> None:
    assert media_type(index, url, accept) == JSON


@pytest.mark.checklist("NEG-08", "NEG-09")
@pytest.mark.parametrize("quality", ["0.1", "0", "0.000"])
def test_the_higher_q_wins_and_zero_excludes(index: Index, url: str, quality: str) -> None:
    assert media_type(index, url, f"{JSON};q={quality}, {TEXT_HTML};q=0.9") == TEXT_HTML


@pytest.mark.checklist("NEG-10")
def test_the_latest_version_may_be_asked_for_and_is_answered_by_its_number(
    index: Index, url: str
) -> None:
    assert media_type(index, url, "application/vnd.pypi.simple.latest+json") == JSON


@pytest.mark.checklist("NEG-11")
def test_a_version_that_does_not_exist_is_not_acceptable(index: Index, url: str) -> None:
    answer = index.get(url, Accept="application/vnd.pypi.simple.v2+json")

    assert answer.status_code == 406
    assert JSON in answer.text


@pytest.mark.checklist("NEG-12")
def test_caches_are_told_that_the_answer_depends_on_accept(index: Index, url: str) -> None:
    for accept in SIMPLE:
        varies = index.get(url, Accept=accept).headers["vary"].lower().split(", ")

        assert {"accept", "accept-encoding"} <= set(varies)


@pytest.mark.checklist("NEG-13")
def test_the_format_in_the_url_wins_over_the_header(index: Index, url: str) -> None:
    address = f"{url}?format=application%2Fvnd.pypi.simple.v1%2Bjson"

    assert media_type(index, address, TEXT_HTML) == JSON


@pytest.mark.checklist("NEG-14")
@pytest.mark.parametrize("asked", ["bogus", "", "%00", "a%ZZ", "application/json&format=bogus"])
def test_a_format_that_does_not_exist_is_the_clients_mistake(
    index: Index, url: str, asked: str
) -> None:
    assert index.get(f"{url}?format={asked}", Accept=TEXT_HTML).status_code < 500


@pytest.mark.checklist("NEG-15")
@pytest.mark.parametrize(
    "accept",
    [
        ";q=,;,/,",
        "text/html;q=abc",
        "text/html;q=1e999",
        "*/*;q=-1",
        "," * 6000,
        "text/html;" + "x=y;" * 1000,
        "text/hÿml, \xe9\xe8",
    ],
    ids=["punctuation", "q is a word", "q overflows", "q is negative", "commas", "long", "latin-1"],
)
def test_an_accept_header_that_makes_no_sense_is_never_our_failure(
    index: Index, url: str, accept: str
) -> None:
    headers = [
        (b"accept", accept.encode("latin-1")),
        (b"authorization", basic(index.facts.token).encode()),
    ]

    assert index.http.get(url, headers=headers).status_code < 500


@pytest.mark.checklist("NEG-15")
def test_an_accept_header_of_20_kilobytes_is_never_our_failure(index: Index, url: str) -> None:
    assert index.get(url, Accept="text/html;q=0.1," * 1200).status_code < 500


@pytest.mark.checklist("NEG-16")
def test_a_range_of_application_types_is_answered_one_of_them(index: Index, url: str) -> None:
    assert media_type(index, url, "application/*") in {JSON, HTML}


@pytest.mark.checklist("NEG-17")
def test_case_and_white_space_do_not_matter(index: Index, url: str) -> None:
    accept = f"TEXT/HTML ; Q=0.1 ,\t{JSON.upper()}  ;  q=0.9"

    assert media_type(index, url, accept) == JSON
