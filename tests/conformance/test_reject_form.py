"""Forms that must be refused: 400, the reason in the body, and nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests import factories
from tests.conformance.forms import Part, twine_form

if TYPE_CHECKING:
    from tests.conformance.clients import Index


def case(checklist_id: str, code: str, **changes: str | list[str]) -> Any:
    return pytest.param(code, changes, id=f"{checklist_id} {next(iter(changes))}")


@pytest.mark.checklist(
    *("REJ-02", "REJ-03", "REJ-04", "REJ-05", "REJ-07", "REJ-08", "REJ-09", "REJ-10", "REJ-11"),
    *("REJ-39", "REJ-40", "REJ-41", "REJ-43", "REJ-49", "REJ-50", "REJ-51", "REJ-53", "REJ-54"),
)
@pytest.mark.parametrize(
    ("code", "changes"),
    [
        case("REJ-02", "sha256-digest-matches", sha256_digest="0" * 64),
        case("REJ-02", "form-has-well-formed-digests", sha256_digest="not hex"),
        case("REJ-03", "blake2b_256-digest-matches", blake2_256_digest="0" * 64),
        case("REJ-04", "md5-digest-matches", md5_digest="0" * 32),
        case("REJ-05", "form-has-a-digest", sha256_digest=[], blake2_256_digest=[]),
        case("REJ-07", "form-has-a-valid-name", name=[]),
        case("REJ-07", "form-has-a-valid-version", version=[]),
        case("REJ-08", "form-has-the-filetype-of-the-filename", filetype="bdist_egg"),
        case("REJ-08", "form-has-the-filetype-of-the-filename", filetype="sdist"),
        case("REJ-09", "form-has-a-valid-name", name="-demo"),
        case("REJ-09", "form-has-a-valid-name", name="de mo"),
        case("REJ-09", "form-has-a-valid-name", name="dëmo"),
        case("REJ-09", "form-has-a-valid-name", name="demo\n"),
        case("REJ-10", "form-has-a-valid-version", version="1.0-final-really"),
        case("REJ-10", "form-has-a-valid-version", version="1." + "9" * 5000),
        case("REJ-11", "fields-are-valid", metadata_version="9.9"),
        case("REJ-39", "fields-are-valid", requires_dist=["idna >= three"]),
        case("REJ-39", "fields-are-valid", requires_python="three"),
        case("REJ-40", "requirements-name-projects", requires_dist="a @ https://example.com/a"),
        case("REJ-41", "classifiers-are-known", classifiers=["Mood :: Happy"]),
        case("REJ-43", "fields-are-valid", description_content_type="text/html"),
        case("REJ-49", "form-speaks-protocol-1", protocol_version="2"),
        case("REJ-50", "form-is-an-upload", action="file_download"),
        case("REJ-50", "form-is-an-upload", action=[]),
        case("REJ-51", "summary-is-short", summary="s" * 513),
        case("REJ-51", "fields-are-valid", summary="two\nlines"),
        case("REJ-53", "form-fields-come-once", name=["demo", "demo"]),
        case("REJ-53", "form-fields-come-once", version=["1.0", "2.0"]),
    ],
)
def test_a_field_that_breaks_a_rule_refuses_the_upload(
    index: Index, name: str, code: str, changes: dict[str, str | list[str]]
) -> None:
    answer = index.twine(*factories.wheel(name), **changes)

    index.has_refused(name, answer, code)


@pytest.mark.checklist("REJ-01")
def test_other_bytes_under_a_filename_that_is_taken_are_a_conflict(index: Index, name: str) -> None:
    filename, content = index.wheel(name)

    answer = index.twine(*factories.wheel(name, files={"demo.py": "other = True\n"}))

    assert answer.status_code == 409
    assert "already exist" in answer.text.lower()
    assert index.download(index.file_url(name, filename)).content == content


@pytest.mark.checklist("REJ-02", "REJ-54")
def test_a_byte_that_changed_on_its_way_refuses_the_upload(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 1

    answer = index.post(
        [
            *twine_form(filename, content)[:-1],
            Part("content", bytes(damaged), filename, "application/octet-stream"),
        ]
    )

    index.has_refused(name, answer, "sha256-digest-matches")


@pytest.mark.checklist("REJ-06")
def test_a_form_without_its_file_is_refused(index: Index, name: str) -> None:
    answer = index.post(twine_form(*factories.wheel(name))[:-1])

    index.has_refused(name, answer, "no-content")


@pytest.mark.checklist(
    "REJ-12", "REJ-13", "REJ-14", "REJ-15", "REJ-16", "REJ-17", "REJ-19", "REJ-20"
)
@pytest.mark.parametrize(
    ("code", "pattern"),
    [
        pytest.param("filename-is-plain-text", "../{}-1.0-py3-none-any.whl", id="REJ-12 slash"),
        pytest.param("invalid-filename", "..\\{}-1.0-py3-none-any.whl", id="REJ-12 backslash"),
        pytest.param("invalid-filename", "{}-1.0\x01-py3-none-any.whl", id="REJ-12 control"),
        pytest.param("filename-is-plain-text", "/etc/{}-1.0.tar.gz", id="REJ-12 absolute"),
        pytest.param("filename-has-a-known-extension", "{}-1.0-py3-none-any.egg", id="REJ-13"),
        pytest.param("filename-has-a-known-extension", "{}-1.0.exe", id="REJ-13 exe"),
        pytest.param("form-agrees-with-the-filename", "other-1.0-py3-none-any.whl", id="REJ-14"),
        pytest.param("form-agrees-with-the-filename", "{}-2.0-py3-none-any.whl", id="REJ-15"),
        pytest.param("filename-is-normalized", "{}.X-1.0-py3-none-any.whl", id="REJ-16 dot"),
        pytest.param("filename-has-all-its-parts", "{}-1.0-py3.whl", id="REJ-17"),
        pytest.param("filename-has-all-its-parts", "{}.whl", id="REJ-17 one part"),
        pytest.param("filename-is-normalized", "{}.x-1.0.tar.gz", id="REJ-19"),
        pytest.param("filename-has-a-known-extension", "{}-1.0.zip", id="REJ-20"),
    ],
)
def test_a_filename_that_breaks_a_rule_refuses_the_upload(
    index: Index, name: str, code: str, pattern: str
) -> None:
    _, content = factories.wheel(name)
    filename = pattern.format(name.replace("-", "_"))
    fields = twine_form(*factories.wheel(name))[:-1]

    answer = index.post([*fields, Part("content", content, filename)])

    index.has_refused(name, answer, code)


@pytest.mark.checklist("REJ-16")
def test_a_wheel_whose_name_has_capitals_is_refused(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    capitals = filename.replace("demo", "Demo", 1)

    answer = index.post([*twine_form(filename, content)[:-1], Part("content", content, capitals)])

    index.has_refused(name, answer, "filename-is-normalized")


@pytest.mark.checklist("REJ-18")
@pytest.mark.parametrize("pattern", ["other-1.0.tar.gz", "{}-2.0.tar.gz"])
def test_an_sdist_named_for_another_project_or_version_is_refused(
    index: Index, name: str, pattern: str
) -> None:
    made, content = factories.sdist(name)
    filename = pattern.format(name.replace("-", "_"))

    answer = index.post([*twine_form(made, content)[:-1], Part("content", content, filename)])

    index.has_refused(name, answer, "form-agrees-with-the-filename")


@pytest.mark.checklist("REJ-46")
@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("form-agrees-with-the-filename", {"name": "another"}),
        ("form-agrees-with-the-filename", {"version": "1.1"}),
        ("metadata-agrees-with-the-form", {"requires_python": ">=3.99"}),
        ("metadata-agrees-with-the-form", {"requires_dist": ["evil"]}),
    ],
)
def test_a_form_that_disagrees_with_its_file_is_refused(
    index: Index, name: str, code: str, changes: dict[str, str | list[str]]
) -> None:
    answer = index.twine(*factories.wheel(name), **changes)

    index.has_refused(name, answer, code)
