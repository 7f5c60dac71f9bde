"""Who may do what, and what those are told who may not: RFC 7235, RFC 7617, RFC 6750."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from tests import factories
from tests.conformance.clients import JSON, basic, fresh
from tests.conformance.forms import twine_form

if TYPE_CHECKING:
    from tests.conformance.clients import Index


@pytest.mark.checklist("AUTH-01", "AUTH-02", "AUTH-03")
@pytest.mark.parametrize(
    "authorization",
    ["", basic("wrong"), basic("iw_p_0123456789_" + "a" * 38), basic(""), "Bearer wrong"],
    ids=["none", "wrong", "well formed", "empty", "wrong bearer"],
)
def test_an_upload_without_a_valid_token_is_refused_and_told_how(
    index: Index, name: str, authorization: str
) -> None:
    answer = index.post(twine_form(*factories.wheel(name)), authorization=authorization)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert index.get(index.page_url(name)).status_code == 404


@pytest.mark.checklist("AUTH-04", "AUTH-06", "AUTH-11")
@pytest.mark.parametrize(
    "form",
    [
        "Bearer {token}",
        "bearer {token}",
        "BEARER   {token}",
        "token {token}",
        "basic {basic}",
        "BASIC {basic}",
        "Basic {spaced}",
        "Basic {nobody}",
    ],
)
def test_a_token_is_taken_however_it_is_presented(index: Index, name: str, form: str) -> None:
    token = index.facts.token
    spellings = {
        "token": token,
        "basic": basic(token).removeprefix("Basic "),
        "spaced": basic(f"  {token}\n ").removeprefix("Basic "),
        "nobody": basic(token, "any user at all").removeprefix("Basic "),
    }

    answer = index.post(twine_form(*factories.wheel(name)), authorization=form.format(**spellings))

    assert answer.status_code == 200, answer.text


@pytest.mark.checklist("AUTH-05")
@pytest.mark.parametrize(
    "authorization",
    [
        *(
            "Basic",
            "Basic ",
            "Basic !!!",
            "Basic Zm9v",
            "Bearer",
            "Digest username=x",
            ":",
            "x" * 4000,
        ),
        *("Basic //////8=", "Basic AAAA AAAA", "Negotiate abc", "Bearer iw_p_", "Bearer \xe9\xe8"),
    ],
)
def test_credentials_that_make_no_sense_are_never_our_failure(
    index: Index, authorization: str
) -> None:
    for url in (index.root_url, index.facts.upload_url):
        for method in ("GET", "POST"):
            answer = index.http.request(
                method, url, headers=[(b"authorization", authorization.strip().encode("latin-1"))]
            )

            assert 400 <= answer.status_code < 500


@pytest.mark.checklist("AUTH-07", "AUTH-08", "AUTH-03")
def test_without_a_token_everything_is_a_401_whether_it_exists_or_not(
    index: Index, name: str
) -> None:
    filename, _ = index.wheel(name)
    url = index.file_url(name, filename)
    paths = [
        index.root_url,
        index.page_url(name),
        index.page_url(fresh()),
        url,
        f"{url}.metadata",
        url.replace(name, fresh()),
        f"{index.facts.json_url}{name}/json",
        f"{index.facts.json_url}{fresh()}/json",
        f"{index.facts.manage_url}tokens",
    ]

    for path in paths:
        for headers in ({}, {"Authorization": basic("wrong")}):
            answer = index.http.get(path, headers={"Accept": JSON, **headers})

            assert answer.status_code == 401, path
            assert "www-authenticate" in answer.headers
            assert "location" not in answer.headers


@pytest.mark.checklist("AUTH-09")
def test_a_token_for_reading_cannot_upload(index: Index, name: str) -> None:
    token = index.token("read", "read:*")

    answer = index.post(twine_form(*factories.wheel(name)), authorization=basic(token))

    assert answer.status_code == 403
    assert f"publish:project:{name}" in answer.text
    assert index.get(index.root_url, Authorization=basic(token)).status_code == 200


@pytest.mark.checklist("AUTH-10")
def test_a_token_for_one_project_cannot_upload_to_another(index: Index, name: str) -> None:
    token = index.token("publish", f"publish:project:{name}", f"read:project:{name}")
    other = fresh()

    answers = [
        index.post(twine_form(*factories.wheel(project)), authorization=basic(token))
        for project in (name, other, f"{name}-x")
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 403]
    assert index.get(index.page_url(other)).status_code == 404
    assert index.get(index.page_url(name), Authorization=basic(token)).status_code == 200
    assert index.get(index.page_url(other), Authorization=basic(token)).status_code == 403


def test_who_may_not_read_learns_nothing_of_what_exists(index: Index, name: str) -> None:
    index.wheel(name)
    token = basic(index.token("read", f"read:project:{fresh()}"))

    known, unknown = (
        index.get(index.page_url(project), Authorization=token) for project in (name, fresh())
    )

    assert known.status_code == unknown.status_code == 403


@pytest.mark.checklist("AUTH-12")
def test_no_answer_repeats_a_secret(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    token = index.facts.token
    answers = [
        index.twine(filename, content),
        index.twine(filename, content, protocol_version="2"),
        index.get(index.root_url, Accept=JSON),
        index.get(index.page_url(name), Accept=JSON),
        index.get(f"{index.facts.json_url}{name}/json"),
        index.get(index.page_url(fresh())),
        index.get(index.file_url(name, filename)),
        index.get(index.root_url, Authorization=f"Bearer {token}x"),
        index.get(f"{index.facts.manage_url}tokens"),
        index.manage("GET", "tokens"),
    ]

    secrets = {token.rpartition("_")[2], index.facts.admin_token.rpartition("_")[2]}
    for answer in answers:
        said = answer.text + repr(answer.headers.raw)
        assert not any(secret in said for secret in secrets)


@pytest.mark.checklist("AUTH-13")
def test_where_a_file_is_stored_no_token_is_needed(index: Index, name: str) -> None:
    filename, content = index.wheel(name)

    location = index.get(index.file_url(name, filename)).headers["location"]

    assert urlsplit(location).netloc != urlsplit(index.root_url).netloc
    assert httpx.get(location).content == content


@pytest.mark.checklist("AUTH-14")
def test_nobody_can_disclose_a_token_without_signing_for_it(index: Index) -> None:
    base = index.facts.upload_url.removesuffix("legacy/")
    leak = [{"token": index.facts.token, "type": "idlewheel", "url": "https://example.com"}]

    for headers in ({}, {"Authorization": basic(index.facts.token)}):
        answer = index.http.post(f"{base}_/secrets/disclose-token", json=leak, headers=headers)

        assert answer.status_code in {400, 401, 403, 404}
    assert index.get(index.root_url).status_code == 200


def test_a_revoked_token_publishes_nothing(index: Index, name: str) -> None:
    token = index.token("publish", "publish:*")
    index.manage("DELETE", f"tokens/{token.split('_')[2]}")

    answer = index.post(twine_form(*factories.wheel(name)), authorization=basic(token))

    assert answer.status_code in {401, 403}
    assert index.get(index.page_url(name)).status_code == 404
