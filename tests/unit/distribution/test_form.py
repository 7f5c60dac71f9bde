from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.distribution.form import Declaration, check_form
from idlewheel.errors import Problem, Rejected
from tests import factories

WHEEL, CONTENT = factories.wheel()
SDIST, SDIST_CONTENT = factories.sdist()


def form(**changes: str | list[str]) -> dict[str, list[str]]:
    return factories.upload_form(WHEEL, CONTENT, **changes)


def codes(fields: dict[str, list[str]], filename: str = WHEEL) -> set[str]:
    with pytest.raises(Rejected) as rejected:
        check_form(fields, filename)
    return {problem.code for problem in rejected.value.problems}


def test_an_honest_form_becomes_a_declaration() -> None:
    fields = form(requires_dist=["a>1", "b"], requires_python=">=3.9", attestations="[{}]")

    declaration = check_form(fields, WHEEL)

    assert (declaration.project, declaration.version, declaration.kind) == ("demo", "1.0", "wheel")
    assert declaration.digests == {
        "md5": fields["md5_digest"][0],
        "sha256": fields["sha256_digest"][0],
        "blake2b_256": fields["blake2_256_digest"][0],
    }
    assert declaration.fields == {"requires_python": (">=3.9",), "requires_dist": ("a>1", "b")}
    assert declaration.attestations == "[{}]"


def test_an_sdist_may_leave_its_pyversion_out() -> None:
    fields = factories.upload_form(SDIST, SDIST_CONTENT, pyversion=[])

    declaration = check_form(fields, SDIST)

    assert declaration.kind == "sdist"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "DEMO"},
        {"version": "v1.0"},
        {"protocol_version": []},
        {"metadata_version": []},
        {"metadata_version": "1.0"},
        {"sha256_digest": [], "md5_digest": []},
        {"sha256_digest": "A" * 64},
        {"home_page": "UNKNOWN"},
        {"summary": ["", "only one of these says something"]},
        {"requires_python": ""},
        {"gpg_signature": "anything", "a field nobody knows": ["x", "y"]},
        {"import_names": ["plural", "as uv sends them"]},
        {"classifiers": ["Private :: Do Not Upload"]},
        {"metadata_version": "2.1", "license_file": ["LICENSE"]},
        {"keywords": "a, b, c", "project_urls": ["Home, https://a.b", "Docs, https://c.d"]},
        {"description": "é" * 100_000},
    ],
)
def test_what_clients_send_is_accepted(changes: dict[str, str | list[str]]) -> None:
    declaration = check_form(form(**changes), WHEEL)

    assert declaration.filename == WHEEL


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": "submit"}, "form-is-an-upload"),
        ({"action": "doc_upload"}, "form-is-an-upload"),
        ({"action": []}, "form-is-an-upload"),
        ({"protocol_version": "2"}, "form-speaks-protocol-1"),
        ({"summary": "a\0b"}, "form-is-text"),
        ({"comment": "\udc80"}, "form-is-text"),
        ({"name": ["demo", "evil"]}, "form-fields-come-once"),
        ({"version": ["1.0", "1.0"]}, "form-fields-come-once"),
        ({"sha256_digest": ["a" * 64, "b" * 64]}, "form-fields-come-once"),
        ({"summary": ["a", "b"]}, "form-fields-come-once"),
        ({"filetype": "bdist_egg"}, "form-has-the-filetype-of-the-filename"),
        ({"filetype": "sdist"}, "form-has-the-filetype-of-the-filename"),
        ({"filetype": []}, "form-has-the-filetype-of-the-filename"),
        ({"pyversion": "source"}, "form-has-a-fitting-pyversion"),
        ({"pyversion": []}, "form-has-a-fitting-pyversion"),
        (
            {"md5_digest": [], "sha256_digest": [], "blake2_256_digest": []},
            "form-has-a-digest",
        ),
        ({"md5_digest": "a" * 31}, "form-has-well-formed-digests"),
        ({"sha256_digest": "g" * 64}, "form-has-well-formed-digests"),
        ({"sha256_digest": "a" * 64 + "\n"}, "form-has-well-formed-digests"),
        ({"name": []}, "form-has-a-valid-name"),
        ({"name": "-demo"}, "form-has-a-valid-name"),
        ({"name": "de mo"}, "form-has-a-valid-name"),
        ({"name": "dému"}, "form-has-a-valid-name"),
        ({"version": []}, "form-has-a-valid-version"),
        ({"version": "one"}, "form-has-a-valid-version"),
        ({"version": "1." + "9" * 5000}, "form-has-a-valid-version"),
        ({"name": "evil"}, "form-agrees-with-the-filename"),
        ({"version": "1.1"}, "form-agrees-with-the-filename"),
        ({"attestations": "{}"}, "form-has-attestations-in-json"),
        ({"attestations": "[]"}, "form-has-attestations-in-json"),
        ({"attestations": "[1]"}, "form-has-attestations-in-json"),
        ({"attestations": "[" * 100_000}, "form-has-attestations-in-json"),
        ({"metadata_version": "9.9"}, "fields-are-valid"),
        ({"metadata_version": "2.0"}, "fields-are-valid"),
        ({"requires_python": "three"}, "fields-are-valid"),
        ({"requires_dist": ["((("]}, "fields-are-valid"),
        ({"requires_dist": ["a; " + "(" * 3000]}, "fields-are-valid"),
        ({"requires_dist": ["a" * 5000]}, "fields-are-of-sane-length"),
        ({"requires_dist": ["a @ https://x.y/z"]}, "requirements-name-projects"),
        ({"license_expression": "Free Beer"}, "fields-are-valid"),
        ({"license_expression": "MIT", "metadata_version": "2.3"}, "fields-are-valid"),
        ({"license_expression": "MIT", "license": "MIT"}, "license-is-stated-once"),
        ({"description_content_type": "text/html"}, "fields-are-valid"),
        ({"summary": "a\nb"}, "fields-are-valid"),
        ({"summary": "a" * 513}, "summary-is-short"),
        ({"author_email": "nobody"}, "addresses-can-be-written-to"),
        ({"home_page": "javascript:x"}, "urls-are-links"),
        ({"project_urls": ["https://a.b"]}, "project-urls-have-short-labels"),
        ({"classifiers": ["Evil :: Yes"]}, "classifiers-are-known"),
        ({"dynamic": ["Evil"]}, "fields-are-valid"),
        ({"provides_extra": ["-x"]}, "fields-are-valid"),
    ],
)
def test_a_form_that_breaks_a_rule_is_refused(
    changes: dict[str, str | list[str]], code: str
) -> None:
    found = codes(form(**changes))

    assert code in found


def test_every_problem_of_form_and_filename_is_told_at_once() -> None:
    found = codes(form(name="-", protocol_version="7", summary="a" * 600), "../demo.zip")

    assert found == {
        "filename-is-plain-text",
        "filename-has-a-known-extension",
        "form-speaks-protocol-1",
        "form-has-a-valid-name",
        "summary-is-short",
    }


def test_an_empty_form_is_refused_and_not_a_failure() -> None:
    found = codes({})

    assert {"form-is-an-upload", "form-has-a-digest", "form-has-a-valid-name"} <= found


def test_what_was_declared_in_capitals_is_compared_in_small_letters() -> None:
    declaration = check_form(form(sha256_digest="AB" * 32), WHEEL)

    assert declaration.digests["sha256"] == "ab" * 32


def test_a_large_upload_declares_no_more_than_its_name_and_digest() -> None:
    declaration = Declaration.of(WHEEL, {"sha256": "a" * 64})

    assert (declaration.project, declaration.fields) == ("demo", {})
    assert declaration.digests == {"sha256": "a" * 64}


@given(
    st.dictionaries(st.sampled_from(sorted(form())) | st.text(), st.lists(st.text(), max_size=3))
)
def test_no_form_does_anything_but_be_accepted_or_refused(fields: dict[str, list[str]]) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        check_form({**form(), **fields}, WHEEL)
    except Rejected as rejected:
        problems = rejected.problems

    assert all(problem.message.isprintable() for problem in problems)
