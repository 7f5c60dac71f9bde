"""Browsers: a page of another origin may read, with a token that its script knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.clients import JSON, basic

if TYPE_CHECKING:
    from tests.conformance.clients import Index

ORIGIN = {"Origin": "https://notebook.example"}


def test_a_browser_may_ask_before_it_has_sent_a_token(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)
    urls = [
        index.root_url,
        index.page_url(name),
        index.page_url("unknown"),
        index.file_url(name, filename),
        f"{index.facts.json_url}{name}/json",
        f"{index.facts.json_url}{name}/1.0/json",
    ]
    wish = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }

    answers = [index.http.options(url, headers={**ORIGIN, **wish}) for url in urls]

    for answer in answers:
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in answer.headers


def test_a_browser_may_see_what_it_reads(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)
    headers = {**ORIGIN, "Authorization": basic(index.facts.token), "Accept": JSON}

    for url in (
        index.root_url,
        index.page_url(name),
        index.file_url(name, filename),
        f"{index.facts.json_url}{name}/json",
    ):
        answer = index.http.get(url, headers=headers)

        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["legacy/", "manage/tokens", "uploads/0"])
def test_no_page_of_another_origin_may_write(index: Index, path: str) -> None:
    url = index.facts.upload_url.replace("legacy/", path)
    wish = {"Access-Control-Request-Method": "POST"}

    answer = index.http.options(url, headers={**ORIGIN, **wish})

    assert not answer.is_success
    assert "access-control-allow-methods" not in answer.headers
