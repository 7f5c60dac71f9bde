from __future__ import annotations

from idlewheel.web import cors
from idlewheel.web.gateway import Reply, Request


def test_a_preflight_allows_to_read_with_a_token() -> None:
    reply = cors.preflight(Request(method="OPTIONS"))

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


def test_a_preflight_never_lets_a_browser_send_what_it_keeps() -> None:
    reply = cors.preflight(Request(method="OPTIONS"))

    assert "Access-Control-Allow-Credentials" not in reply.headers


def test_a_preflight_tells_who_has_no_token_nothing_of_what_exists() -> None:
    one, other = (Request(method="OPTIONS", path=f"/simple/{name}/") for name in ("a", "b"))

    assert cors.preflight(one) == cors.preflight(other)


def test_a_shared_answer_is_the_answer_for_pages_of_any_origin() -> None:
    def endpoint(_request: Request) -> Reply:
        return Reply(200, {"ETag": '"1"'}, "body")

    reply = cors.shared(endpoint)(Request())

    assert (reply.status, reply.body, reply.headers["ETag"]) == (200, "body", '"1"')
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-PyPI-Last-Serial" in reply.headers["Access-Control-Expose-Headers"]
