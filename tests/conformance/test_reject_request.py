"""Requests that are no good form: too large, not multipart, not text, or to the wrong place."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests import factories
from tests.conformance.clients import basic, fresh, problems, sha256
from tests.conformance.forms import Part, content_type, texts, twine_form

if TYPE_CHECKING:
    from tests.conformance.clients import Index


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

    index.has_refused(name, answer, "sha256-digest-matches")


@pytest.mark.checklist("REJ-52")
@pytest.mark.parametrize("field", ["requires_dist", "provides_extra", "classifiers", "keywords"])
def test_fields_beyond_all_measure_are_never_our_failure(
    index: Index, name: str, field: str
) -> None:
    values = [f"{'x' * 500}{number}" for number in range(1900)]
    form = [*texts({field: values}), *twine_form(*factories.wheel(name))]

    assert index.post(form).status_code < 500
