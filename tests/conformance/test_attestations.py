"""Attestations (PEP 740): taken, verified without asking anybody, served, linked, required."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packaging.utils import canonicalize_name

from tests import attested, factories
from tests.conformance.clients import HTML, JSON, basic, problems, sha256
from tests.conformance.forms import Part, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.conformance.clients import Index

INTEGRITY = "application/vnd.pypi.integrity.v1+json"
PROJECT = "pypi-attestations"


def upload(index: Index, filename: str, attestations: str | None) -> httpx.Response:
    """Upload a file that was really signed, as uv does: the attestations follow it."""
    filename, content = attested.file(filename)
    fields = factories.upload_form(filename, content)
    after = {} if attestations is None else {"attestations": [attestations]}
    return index.post([*texts(fields), Part("content", content, filename), *texts(after)])


@pytest.fixture(scope="module")
def page_url(index: Index) -> str:
    """The page of a project whose one file has a publish attestation and SLSA provenance."""
    text = attested.sent(attested.GITHUB, "publish", "slsa")
    answer = upload(index, attested.GITHUB, text)
    assert answer.status_code == 200, answer.text
    return index.page_url(PROJECT)


@pytest.fixture
def asking(index: Index) -> Iterator[Any]:
    """Ask something of a project's attestations, until the test ends."""
    asked = []

    def ask(name: str, **wish: Any) -> None:
        asked.append(name)
        index.manage("PUT", f"projects/{name}/attestations", wish)

    yield ask
    for name in asked:
        index.manage("PUT", f"projects/{name}/attestations", {})


def provenance_url(index: Index) -> str:
    url: str = index.file(PROJECT, attested.GITHUB)["provenance"]
    return url


@pytest.mark.checklist("ATT-07", "ATT-08", "JSON-17")
@pytest.mark.parametrize("accept", [INTEGRITY, "application/json", "*/*"])
def test_who_attests_a_file_is_told_where_its_page_says(
    index: Index, page_url: str, accept: str
) -> None:
    url = provenance_url(index)

    answer = index.download(url, Accept=accept)

    document = answer.json()
    [bundle] = document["attestation_bundles"]
    assert url.startswith(page_url.removesuffix(f"/simple/{PROJECT}/"))
    assert (answer.status_code, document["version"]) == (200, 1)
    assert answer.headers["content-type"] == INTEGRITY
    assert bundle["publisher"] == attested.GITHUB_PUBLISHER
    assert bundle["attestations"] == [
        attested.attestation(attested.GITHUB, kind) for kind in ("publish", "slsa")
    ]


@pytest.mark.checklist("ATT-09")
def test_html_links_the_same_provenance(index: Index, page_url: str) -> None:
    anchor = index.html(PROJECT).anchor(attested.GITHUB)

    assert anchor.attributes["data-provenance"] == provenance_url(index)
    assert index.get(page_url, Accept=HTML).text.count("data-provenance") == 1


def test_each_host_of_an_index_links_to_itself(index: Index, page_url: str) -> None:
    url = page_url.replace("127.0.0.1", "localhost")

    for _ in range(2):
        links = [
            index.get(base, Accept=JSON).json()["files"][0]["provenance"]
            for base in (page_url, url)
        ]

        assert links[0].startswith("http://127.0.0.1:")
        assert links[1].startswith("http://localhost:")


@pytest.mark.checklist("ATT-06")
def test_provenance_cannot_be_had_as_anything_but_json(index: Index, page_url: str) -> None:
    assert index.get(provenance_url(index), Accept="text/html").status_code == 406


@pytest.mark.checklist("ATT-05")
def test_a_file_that_nobody_attests_has_no_provenance(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)
    base = index.root_url.replace("/simple/", "/integrity/")

    for path in (f"{name}/1.0/{filename}", f"{name}/1.0/nothing.whl", "unknown/1.0/x.whl"):
        answer = index.get(f"{base}{path}/provenance")

        assert answer.status_code == 404


@pytest.mark.checklist("AUTH-07")
def test_provenance_is_for_those_who_may_read(index: Index, page_url: str) -> None:
    assert index.http.get(provenance_url(index)).status_code == 401


@pytest.mark.checklist("ATT-01", "ATT-02")
@pytest.mark.parametrize(
    "text",
    [
        *("x", "{}", "[]", "null", "[1]", '"[]"', "[{}", "[[]]", "[" * 5_000),
        '[{"a": "' + "a" * 700_000 + '"}]',
    ],
    ids=lambda text: text[:10],
)
def test_attestations_that_are_no_array_of_objects_are_refused(
    index: Index, name: str, text: str
) -> None:
    answer = index.uv(*factories.wheel(name), attestations=text)

    assert answer.status_code == 400
    assert index.get(index.page_url(name)).status_code == 404


@pytest.mark.checklist("ATT-03")
@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("attestations-are-well-formed", '[{"version": 1}]'),
        ("attestations-are-of-this-file", attested.sent(attested.GITHUB)),
        ("attestations-name-a-known-publisher", attested.sent(attested.BY_A_PERSON)),
        (
            "attestations-are-one-of-each-kind",
            attested.sent(attested.GITHUB, "publish", "publish"),
        ),
    ],
)
def test_attestations_that_do_not_prove_the_file_refuse_it(
    index: Index, name: str, code: str, text: str
) -> None:
    answer = index.uv(*factories.wheel(name), attestations=text)

    assert answer.status_code == 400
    assert code in problems(answer)
    assert index.get(index.page_url(name)).status_code == 404


@pytest.mark.checklist("ATT-03")
@pytest.mark.parametrize("part", ["certificate", "statement", "signature"])
def test_an_attestation_with_a_part_of_another_does_not_verify(index: Index, part: str) -> None:
    document = attested.attestation(attested.GITLAB)
    place = "verification_material" if part == "certificate" else "envelope"
    other = attested.attestation(attested.GITHUB)
    document[place][part] = other[place][part]

    answer = upload(index, attested.GITLAB, json.dumps([document]))

    assert answer.status_code == 400
    assert {code for code in problems(answer) if code.startswith("attestations-")}
    assert index.get(index.page_url("gitlab-oidc-project")).status_code == 404


def test_the_problems_of_a_file_and_of_its_attestations_come_at_once(
    index: Index, name: str
) -> None:
    metadata = factories.core_metadata(name, requires_python="three")
    filename, content = factories.wheel(name, metadata=metadata)
    fields = factories.upload_form(filename, content, attestations=attested.sent(attested.GITHUB))

    answer = index.post([*texts(fields), Part("content", content, filename)])

    assert {"fields-are-valid", "attestations-are-of-this-file"} <= problems(answer)


def test_a_project_that_requires_attestations_takes_no_file_without(
    index: Index, asking: Any
) -> None:
    name = canonicalize_name(attested.CIRCLECI.split("-")[0])
    publisher = {
        "kind": "CircleCI",
        "pipeline_definition_id": "8e4f8ab2-8d7c-4827-9f15-de076d6d647f",
        "project_id": "fdd9283f-e619-46af-8f9c-851f7d3e8b2b",
    }
    asking(name, policy="require", publishers=[attested.GITHUB_PUBLISHER])

    without = upload(index, attested.CIRCLECI, None)
    by_others = upload(index, attested.CIRCLECI, attested.sent(attested.CIRCLECI))
    asking(name, policy="require", publishers=[publisher])
    known = upload(index, attested.CIRCLECI, attested.sent(attested.CIRCLECI))

    assert (without.status_code, problems(without)) == (400, {"attestations-are-sent"})
    assert problems(by_others) == {"attestations-come-from-an-accepted-publisher"}
    assert known.status_code == 200
    found = index.download(index.file(name, attested.CIRCLECI)["provenance"]).json()
    assert found["attestation_bundles"][0]["publisher"] == publisher


def test_a_project_that_wants_no_attestations_leaves_them_aside(
    index: Index, name: str, asking: Any
) -> None:
    asking(name, policy="off")

    answer = index.uv(*factories.wheel(name), attestations=attested.sent(attested.GITHUB))

    assert answer.status_code == 200
    assert "provenance" not in index.page(name)["files"][0]


def test_what_a_project_asks_is_told(index: Index, name: str, asking: Any) -> None:
    wish = {"policy": "require", "publishers": [attested.GITHUB_PUBLISHER]}
    asking(name, **wish)

    assert index.manage("GET", f"projects/{name}/attestations").json() == wish


def test_only_an_administrator_asks_something_of_attestations(index: Index, name: str) -> None:
    url = f"{index.facts.manage_url}projects/{name}/attestations"

    for method in ("GET", "PUT"):
        answer = index.ask(method, url, Authorization=basic(index.facts.token))

        assert answer.status_code == 403


def test_in_quarantine_nothing_proves_anything(index: Index, page_url: str) -> None:
    url = provenance_url(index)
    stored = index.get(url).headers["location"]

    index.set_status(PROJECT, "quarantined")
    hidden = [index.get(url).status_code, index.http.get(stored).status_code]
    index.set_status(PROJECT, "active")

    assert hidden == [404, 404]
    assert index.download(url).status_code == 200
    assert sha256(attested.file(attested.GITHUB)[1]) in index.get(page_url, Accept=JSON).text
