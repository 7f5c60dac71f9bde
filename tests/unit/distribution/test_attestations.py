from __future__ import annotations

import copy
import hashlib
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.distribution import attestations
from idlewheel.domain.attestations import Policy, Publisher, Trust
from idlewheel.errors import Rejected, Unavailable
from tests import attested

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = Trust(Policy.RECORD)


def proven(filename: str, text: str, trust: Trust = RECORD) -> dict[str, Any]:
    """Prove a file by attestations as the upload form has them."""
    digest = hashlib.sha256(attested.file(filename)[1]).hexdigest()
    found: dict[str, Any] = json.loads(attestations.provenance(text, filename, digest, trust))
    return found


def codes(filename: str, text: str, trust: Trust = RECORD) -> set[str]:
    with pytest.raises(Rejected) as caught:
        proven(filename, text, trust)
    return {problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("filename", "publisher"),
    [
        (attested.GITHUB, attested.GITHUB_PUBLISHER),
        (
            attested.GITLAB,
            {
                "kind": "GitLab",
                "repository": "facutuesca/gitlab-oidc-project",
                "workflow_filepath": ".gitlab-ci.yml",
            },
        ),
        (
            attested.CIRCLECI,
            {
                "kind": "CircleCI",
                "pipeline_definition_id": "8e4f8ab2-8d7c-4827-9f15-de076d6d647f",
                "project_id": "fdd9283f-e619-46af-8f9c-851f7d3e8b2b",
            },
        ),
    ],
)
def test_provenance_names_the_publisher_that_the_certificate_proves(
    filename: str, publisher: dict[str, str]
) -> None:
    found = proven(filename, attested.sent(filename))

    assert found == {
        "version": 1,
        "attestation_bundles": [
            {"publisher": publisher, "attestations": [attested.attestation(filename)]}
        ],
    }


def test_both_kinds_of_attestation_of_one_publisher_are_in_one_bundle() -> None:
    [bundle] = proven(attested.GITHUB, attested.sent(attested.GITHUB, "publish", "slsa"))[
        "attestation_bundles"
    ]

    assert len(bundle["attestations"]) == 2


@pytest.mark.parametrize(
    "text", ["", "x", "{}", "[]", "null", "[" * 10_000, json.dumps([{}] * 5), '"[]"', "1e999"]
)
def test_what_is_no_short_array_is_refused(text: str) -> None:
    assert codes(attested.GITHUB, text) == {"attestations-are-a-short-array"}


@pytest.mark.parametrize("element", [None, 1, "x", [], {}, {"version": 2}, {"version": 1}])
def test_what_is_no_attestation_is_refused(element: object) -> None:
    assert codes(attested.GITHUB, json.dumps([element])) == {"attestations-are-well-formed"}


def test_two_attestations_of_one_kind_are_refused() -> None:
    text = attested.sent(attested.GITHUB, "publish", "publish")

    assert codes(attested.GITHUB, text) == {"attestations-are-one-of-each-kind"}


def test_an_attestation_of_another_file_is_refused() -> None:
    text = attested.sent(attested.GITLAB)

    assert codes(attested.GITHUB, text) == {"attestations-are-of-this-file"}


def test_an_attestation_of_other_bytes_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        attestations.provenance(attested.sent(attested.GITHUB), attested.GITHUB, "0" * 64, RECORD)

    assert [problem.code for problem in caught.value.problems] == ["attestations-are-of-this-file"]


def test_who_signed_as_a_person_is_no_publisher() -> None:
    text = attested.sent(attested.BY_A_PERSON)

    assert codes(attested.BY_A_PERSON, text) == {"attestations-name-a-known-publisher"}


@pytest.mark.parametrize("policy", [Policy.RECORD, Policy.REQUIRE])
def test_a_project_that_names_publishers_takes_no_others(policy: Policy) -> None:
    named = Publisher.of("GitHub", repository="trailofbits/pypi-attestations", workflow="x.yml")
    text = attested.sent(attested.GITHUB)

    found = codes(attested.GITHUB, text, Trust(policy, (named,)))

    assert found == {"attestations-come-from-an-accepted-publisher"}


def test_who_requires_attestations_and_names_nobody_takes_nobody_s() -> None:
    text = attested.sent(attested.GITHUB)

    found = codes(attested.GITHUB, text, Trust(Policy.REQUIRE))

    assert found == {"attestations-come-from-an-accepted-publisher"}


def test_a_publisher_is_known_whatever_the_case_of_its_repository() -> None:
    named = Publisher.of(
        "GitHub", repository="TrailOfBits/PyPI-Attestations", workflow="release.yml"
    )

    found = proven(attested.GITHUB, attested.sent(attested.GITHUB), Trust(Policy.REQUIRE, (named,)))

    assert found["attestation_bundles"][0]["publisher"] == attested.GITHUB_PUBLISHER


def test_all_problems_of_all_attestations_come_at_once() -> None:
    broken = attested.attestation(attested.GITLAB)
    broken["envelope"]["signature"] = attested.attestation(attested.GITHUB)["envelope"]["signature"]
    text = json.dumps([broken, broken])

    assert codes(attested.GITHUB, text) == {
        "attestations-are-one-of-each-kind",
        "attestations-are-of-this-file",
        "attestations-verify",
    }


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Find the way to every value inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        yield (*path, key)
        if isinstance(one, dict | list):
            yield from parts(one, (*path, key))


def replaced(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    """Give the attestation with one value replaced."""
    document = copy.deepcopy(attested.attestation(attested.GITHUB))
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


STRANGE: tuple[Any, ...] = (
    None,
    0,
    -1,
    "",
    "x",
    [],
    {},
    10**30,
    "AAAA",
    [[]],
    {"a": 1},
    "é" * 10,
    1.5,
)


@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_no_value_inside_may_be_anything_else(value: object) -> None:
    for path in parts(attested.attestation(attested.GITHUB)):
        text = json.dumps([replaced(path, value)])

        with pytest.raises(Rejected):
            proven(attested.GITHUB, text)


@pytest.mark.parametrize("place", ["certificate", "statement", "signature"])
def test_no_sign_of_what_is_signed_may_change(place: str) -> None:
    chance = random.Random(place)
    path = next(it for it in parts(attested.attestation(attested.GITHUB)) if it[-1] == place)
    whole = attested.attestation(attested.GITHUB)[path[0]][place]
    for _ in range(40):
        at = chance.randrange(len(whole) - 4)
        sign = chance.choice("ABCabc019+/".replace(whole[at], ""))
        text = json.dumps([replaced(path, whole[:at] + sign + whole[at + 1 :])])

        with pytest.raises(Rejected):
            proven(attested.GITHUB, text)


def test_without_the_trust_root_nobody_is_blamed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    attestations.verifier.cache_clear()
    monkeypatch.setattr(attestations, "files", lambda _: tmp_path)

    with pytest.raises(Unavailable):
        proven(attested.GITHUB, attested.sent(attested.GITHUB))
