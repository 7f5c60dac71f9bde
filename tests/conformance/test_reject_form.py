"""Forms that must be refused: 400, the reason in the body, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories
from tests.conformance.clients import (
    Part,
    basic,
    content_type,
    fresh,
    problems,
    sha256,
    texts,
    twine_form,
)

if TYPE_CHECKING:
    import httpx

    from tests.conformance.clients import Index


def refused(index: Index, name: str, answer: httpx.Response, code: str) -> None:
    """Hold a refusal to its form: 400, the problem by its code, no project left behind."""
    assert answer.status_code == 400, answer.text
    assert code in problems(answer), answer.text
    assert index.get(index.page_url(name)).status_code == 404


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
        case("REJ-41", "classifiers-are-in-known-groups", classifiers=["Mood :: Happy"]),
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

    refused(index, name, answer, code)


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

    refused(index, name, answer, "sha256-digest-matches")


@pytest.mark.checklist("REJ-06")
def test_a_form_without_its_file_is_refused(index: Index, name: str) -> None:
    answer = index.post(twine_form(*factories.wheel(name))[:-1])

    refused(index, name, answer, "no-content")


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

    refused(index, name, answer, code)


@pytest.mark.checklist("REJ-16")
def test_a_wheel_whose_name_has_capitals_is_refused(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    capitals = filename.replace("demo", "Demo", 1)

    answer = index.post([*twine_form(filename, content)[:-1], Part("content", content, capitals)])

    refused(index, name, answer, "filename-is-normalized")


@pytest.mark.checklist("REJ-18")
@pytest.mark.parametrize("pattern", ["other-1.0.tar.gz", "{}-2.0.tar.gz"])
def test_an_sdist_named_for_another_project_or_version_is_refused(
    index: Index, name: str, pattern: str
) -> None:
    made, content = factories.sdist(name)
    filename = pattern.format(name.replace("-", "_"))

    answer = index.post([*twine_form(made, content)[:-1], Part("content", content, filename)])

    refused(index, name, answer, "form-agrees-with-the-filename")


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

    refused(index, name, answer, code)


@pytest.mark.checklist("REJ-47")
@pytest.mark.parametrize("size", [5, 9, 12])
def test_a_file_over_the_limit_of_the_form_is_answered_how_it_can_be_sent(
    index: Index, name: str, size: int
) -> None:
    filename, content = factories.wheel(
        name, files={"demo.bin": bytes(range(256)) * 4096 * size}, compression=0
    )

    answer = index.twine(filename, content)

    assert answer.status_code == 413
    assert "idlewheel publish" in answer.text
    assert index.get(index.page_url(name)).status_code == 404


@pytest.mark.checklist("REJ-48")
@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"name=demo&version=1.0"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a'),
        (content_type(), b"\x00\xff" * 500),
    ],
)
def test_a_body_that_is_no_form_is_refused(index: Index, media_type: str, body: bytes) -> None:
    answer = index.http.post(
        index.facts.upload_url,
        content=body,
        headers={"Content-Type": media_type, "Authorization": basic(index.facts.token)},
    )

    assert 400 <= answer.status_code < 500
    assert answer.text


@pytest.mark.checklist("REJ-50")
@pytest.mark.parametrize("action", ["submit", "submit_pkg_info", "doc_upload"])
@pytest.mark.parametrize("has_file", [True, False])
def test_what_the_upload_api_could_do_long_ago_is_gone(
    index: Index, name: str, action: str, has_file: bool
) -> None:
    form = twine_form(*factories.wheel(name), action=action)

    answer = index.post(form if has_file else form[:-1])

    assert answer.status_code == 410
    assert action in answer.text
    assert index.get(index.page_url(name)).status_code == 404


@pytest.mark.checklist("REJ-52")
@pytest.mark.parametrize(
    "value", [b"a\0b", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"a" * 2_000_000]
)
def test_bytes_that_are_no_text_are_refused(index: Index, name: str, value: bytes) -> None:
    form = twine_form(*factories.wheel(name))

    for field in ("summary", "author", "nobody_knows_me"):
        answer = index.post([Part(field, value), *form])

        assert answer.status_code == 400, answer.text
    assert index.get(index.page_url(name)).status_code == 404


@pytest.mark.checklist("REJ-55")
def test_every_reason_is_in_the_body_for_people_and_for_uv(index: Index, name: str) -> None:
    made = factories.wheel(name)
    wrong = {"protocol_version": "2", "filetype": "sdist", "summary": "s" * 600}

    text, uv = index.twine(*made, **wrong), index.uv(*made, **wrong)

    said = json.loads(uv.text)
    codes = {
        "form-speaks-protocol-1",
        "form-has-the-filetype-of-the-filename",
        "summary-is-short",
    }
    assert codes <= problems(text)
    assert codes <= problems(uv)
    assert uv.headers["content-type"] == "application/json"
    assert said["code"].startswith("400 ")
    assert "protocol_version must be 1" in said["code"]


@pytest.mark.checklist("REJ-56")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_another_method_on_the_upload_url_is_the_clients_mistake(index: Index, method: str) -> None:
    assert 400 <= index.ask(method, index.facts.upload_url).status_code < 500


@pytest.mark.checklist("REJ-57")
def test_the_name_of_a_deleted_file_is_never_used_again(index: Index, name: str) -> None:
    filename, content = index.wheel(name)
    other = factories.wheel(name, files={"demo.py": "other = True\n"})

    index.manage("DELETE", f"projects/{name}/files/{filename}")
    answers = [index.twine(*other), index.twine(filename, content)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert index.filenames(name) == set()


def test_a_post_to_a_page_fails_and_says_where_uploads_go(index: Index, name: str) -> None:
    base = index.facts.upload_url.removesuffix("legacy/")

    for wrong in ("", "simple/", "simple", f"simple/{name}/", "pypi/", "upload/"):
        answer = index.post(twine_form(*factories.wheel(name)), url=base + wrong)

        assert answer.status_code in {404, 405}, wrong
        assert "/legacy/" in answer.text
    assert index.get(index.page_url(name)).status_code == 404


def test_a_post_to_the_list_of_projects_is_what_uv_knows_to_explain(index: Index) -> None:
    name = fresh()

    answer = index.post(twine_form(*factories.wheel(name)), url=index.root_url)

    assert answer.status_code == 405
    assert "POST" not in answer.headers["allow"]


def test_an_md5_that_matches_does_not_save_a_sha256_that_does_not(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()

    answer = index.twine(filename, content, md5_digest=md5, sha256_digest=sha256(b"other"))

    refused(index, name, answer, "sha256-digest-matches")


@pytest.mark.checklist("REJ-52")
@pytest.mark.parametrize("field", ["requires_dist", "provides_extra", "classifiers", "keywords"])
def test_fields_beyond_all_measure_are_never_our_failure(
    index: Index, name: str, field: str
) -> None:
    values = [f"{'x' * 500}{number}" for number in range(1900)]
    form = [*texts({field: values}), *twine_form(*factories.wheel(name))]

    assert index.post(form).status_code < 500
