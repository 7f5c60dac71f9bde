from __future__ import annotations

import pytest

from idlewheel_cli.failures import Failure
from idlewheel_cli.index import Index, escaped, user_info


@pytest.mark.parametrize(
    "url",
    [
        "https://index.example/prod",
        "https://index.example/prod/",
        "https://index.example/prod/simple",
        "https://index.example/prod/simple/",
        "https://index.example/prod/legacy/",
        "https://index.example/prod/pypi/",
        "https://index.example/prod/manage/",
        "https://__token__:iw_x@index.example/prod/simple/",
        "https://INDEX.example/prod",
        "index.example/prod",
        " https://index.example/prod ",
    ],
)
def test_any_url_of_an_index_names_it(url: str) -> None:
    assert Index.of(url).base == "https://index.example/prod"


def test_a_machine_of_ones_own_needs_no_scheme() -> None:
    assert Index.of("127.0.0.1:8080").base == "http://127.0.0.1:8080"
    assert Index.of("localhost:8080/simple/").base == "http://localhost:8080"


@pytest.mark.parametrize("url", ["ftp://x", "https://", "/tmp/x", ""])
def test_what_is_no_url_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Failure, match="is not the URL of an index"):
        Index.of(url)


@pytest.mark.parametrize(
    "service",
    [
        "https://index.example/prod/simple/",
        "https://index.example/prod/simple",
        "https://index.example/prod/legacy/",
        "https://index.example/prod",
        "https://index.example/",
        "https://index.example:443/prod/simple/",
        "https://user@index.example/prod/simple/",
        "https://user:old@index.example/prod/simple/",
        "index.example",
        "INDEX.example",
    ],
)
def test_whatever_tools_ask_for_is_covered(service: str) -> None:
    assert Index("https://index.example/prod").covers(service)


@pytest.mark.parametrize(
    "service",
    [
        "https://other.example/simple/",
        "https://index.example.evil/prod/simple/",
        "https://index.example:8443/prod/simple/",
        "https://index.example/production/simple/",
        "http://index.example/prod/simple/",
        "https://evil.example/index.example/prod/",
        "example",
        "poetry-repository-index.example",
        "system",
        "",
    ],
)
def test_another_host_stage_scheme_or_port_is_not(service: str) -> None:
    assert not Index("https://index.example/prod").covers(service)


@pytest.mark.parametrize(
    "service", ["127.0.0.1:8080", "127.0.0.1", "http://127.0.0.1:8080/simple/"]
)
def test_a_port_may_be_named_or_left_out(service: str) -> None:
    assert Index("http://127.0.0.1:8080").covers(service)


def test_another_port_is_another_index() -> None:
    assert not Index("http://127.0.0.1:8080").covers("127.0.0.1:9090")


def test_user_info_is_decoded() -> None:
    assert user_info("https://a%40b:c%2Fd@host/") == ("a@b", "c/d")
    assert user_info("https://host/") == (None, None)
    assert user_info("https://user@host/") == ("user", None)


def test_a_segment_keeps_no_slash() -> None:
    assert escaped("1.0+a/b") == "1.0%2Ba%2Fb"
