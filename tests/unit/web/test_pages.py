from __future__ import annotations

import json
from urllib.parse import urljoin

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import ProjectPage, Status
from idlewheel.errors import NotAcceptable, NotFound
from idlewheel.web.files import asked_project
from idlewheel.web.negotiation import HTML, JSON, TEXT_HTML
from idlewheel.web.pages import Pages
from tests.unit.web.reader import GZIP, answer, asking, decoded, listed
from tests.unit.web.shelf import SERIAL, Shelf, page, project, sdist, wheel

NAME = NormalizedName("demo-project")


def publish(shelf: Shelf, *, serial: int) -> ProjectPage:
    """Put the next revision of the page, with one more file, on the shelf."""
    following = page(wheel(), sdist(), revision=2, serial=serial)
    shelf.pages[NAME] = following
    return following


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(page(wheel()))


@pytest.fixture
def pages(shelf: Shelf) -> Pages:
    return Pages(shelf)


@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param(JSON, id="JSON-01"),
        pytest.param(HTML, id="NEG-04"),
        pytest.param(TEXT_HTML, id="NEG-05"),
    ],
)
def test_a_page_comes_in_the_form_that_was_asked_for(pages: Pages, media_type: str) -> None:
    reply = pages.project("demo-project", asking(media_type))

    assert reply.status == 200
    assert reply.headers["Content-Type"] == media_type
    assert b"demo_project-1.0-py3-none-any.whl" in decoded(reply)


@pytest.mark.checklist("NEG-03", "NEG-12", "CACHE-01", "CACHE-05", "CACHE-12", "JSON-21")
@pytest.mark.parametrize("route", ["project", "root"])
def test_the_headers_of_a_page_keep_caches_honest(pages: Pages, route: str) -> None:
    reply = answer(pages, route)

    assert reply.headers["Vary"] == "Accept, Accept-Encoding, Authorization"
    assert reply.headers["Cache-Control"] == "private, no-cache"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-PyPI-Last-Serial"] == str(SERIAL)
    assert json.loads(decoded(reply))["meta"]["_last-serial"] == SERIAL


@pytest.mark.checklist("NEG-18", "NEG-11", "NEG-13")
@pytest.mark.parametrize("route", ["project", "root"])
def test_both_routes_negotiate_alike(pages: Pages, route: str) -> None:
    by_parameter = answer(pages, route, TEXT_HTML, query={"format": JSON})

    assert by_parameter.headers["Content-Type"] == JSON
    with pytest.raises(NotAcceptable):
        answer(pages, route, "application/json")


@pytest.mark.checklist("CACHE-02", "CACHE-06")
@pytest.mark.parametrize("route", ["project", "root"])
def test_who_has_the_page_is_told_so_after_one_small_read(
    pages: Pages, shelf: Shelf, route: str
) -> None:
    first = answer(pages, route)
    shelf.reads.clear()
    again = answer(pages, route, headers={"if-none-match": first.headers["ETag"]})

    assert (again.status, again.body) == (304, "")
    assert sum(shelf.reads.values()) == 1
    for name in ("Content-Type", "ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == first.headers[name]


@pytest.mark.checklist("CACHE-03")
@pytest.mark.parametrize("route", ["project", "root"])
def test_every_form_has_an_etag_of_its_own(pages: Pages, route: str) -> None:
    etags = {
        answer(pages, route, accept, headers=headers).headers["ETag"]
        for accept in (JSON, HTML, TEXT_HTML)
        for headers in ({}, GZIP)
    }

    assert len(etags) == 6
    assert not any(etag.startswith("W/") for etag in etags)


@pytest.mark.checklist("CACHE-04", "YANK-05")
def test_a_change_gives_another_etag_and_the_new_page(pages: Pages, shelf: Shelf) -> None:
    old = answer(pages, "project").headers["ETag"]
    publish(shelf, serial=SERIAL + 1)
    reply = answer(pages, "project", headers={"if-none-match": old})

    assert reply.status == 200
    assert reply.headers["ETag"] != old
    assert len(listed(reply)) == 2


@pytest.mark.checklist("HTML-14", "CACHE-04")
def test_a_new_project_is_in_the_list_at_once(pages: Pages, shelf: Shelf) -> None:
    old = answer(pages, "root").headers["ETag"]
    shelf.pages[NormalizedName("other")] = page(name=NormalizedName("other"), display_name="Other")
    reply = answer(pages, "root", headers={"if-none-match": old})

    assert [found["name"] for found in json.loads(decoded(reply))["projects"]] == [
        "Demo.Project",
        "Other",
    ]


@pytest.mark.checklist("CACHE-08", "CACHE-09")
@pytest.mark.parametrize("route", ["project", "root"])
@pytest.mark.parametrize("accept", [JSON, TEXT_HTML])
def test_a_compressed_page_is_the_same_document(pages: Pages, route: str, accept: str) -> None:
    plain = answer(pages, route, accept)
    compressed = answer(pages, route, accept, headers=GZIP)

    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert decoded(compressed) == decoded(plain)


def test_a_page_is_rendered_once_for_all_its_readers(pages: Pages, shelf: Shelf) -> None:
    replies = [answer(pages, "project", headers=GZIP) for _ in range(3)]

    assert shelf.reads == {"project": 3, "page": 1}
    assert replies[0] == replies[1] == replies[2]


def test_both_names_of_html_share_one_body(pages: Pages, shelf: Shelf) -> None:
    replies = [answer(pages, "project", accept) for accept in (HTML, TEXT_HTML)]

    assert shelf.reads["page"] == 1
    assert replies[0].body == replies[1].body


def test_a_page_read_later_than_its_head_goes_under_its_own_name(shelf: Shelf) -> None:
    shelf.heads[NAME] = shelf.pages[NAME].project
    publish(shelf, serial=SERIAL + 5)
    pages = Pages(shelf)
    between = answer(pages, "project")
    del shelf.heads[NAME]
    after = answer(pages, "project")

    assert between.headers["X-PyPI-Last-Serial"] == str(SERIAL + 5)
    assert between == after, "what the client was given is what that name stands for"
    assert shelf.reads["page"] == 1, "and it was kept for those who come after"


@pytest.mark.checklist("HTML-13")
@pytest.mark.parametrize("route", ["project", "root"])
def test_head_answers_as_get_without_the_body(pages: Pages, route: str) -> None:
    got = answer(pages, route, headers=GZIP)
    head = answer(pages, route, headers=GZIP, method="HEAD")

    assert (head.status, head.headers) == (got.status, got.headers)
    assert (head.body, head.is_base64) == ("", False)


@pytest.mark.checklist("HTML-12", "JSON-20")
@pytest.mark.parametrize("asked", ["nobody", "a%20b", "%C3%A9", "-x", "x" * 200, "%00", "a%2Fb"])
def test_what_is_not_there_is_not_found(pages: Pages, asked: str) -> None:
    with pytest.raises(NotFound):
        pages.project(asked, asking(path=f"/simple/{asked}/"))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/simple/demo-project", id="HTML-10: no slash"),
        pytest.param("/simple/Demo.Project/", id="HTML-11: another spelling"),
        pytest.param("/simple/Demo__Project", id="HTML-11: both"),
        pytest.param("/simple/demo%2Dproject/", id="HTML-11: encoded without need"),
    ],
)
def test_another_spelling_is_redirected_to_the_one_page(pages: Pages, path: str) -> None:
    reply = pages.project(path.split("/")[2], asking(path=path, query={"format": JSON}))
    arrived = urljoin(f"https://index.example/prod{path}", reply.headers["Location"])

    assert reply.status == 301
    assert arrived == (
        "https://index.example/prod/simple/demo-project/"
        "?format=application%2Fvnd.pypi.simple.v1%2Bjson"
    )


@pytest.mark.checklist("HTML-10")
def test_the_list_without_its_slash_is_redirected_so_that_links_resolve(pages: Pages) -> None:
    reply = pages.root(asking(path="/simple"))

    assert reply.status == 301
    assert urljoin("https://index.example/prod/simple", reply.headers["Location"]) == (
        "https://index.example/prod/simple/"
    )


@pytest.mark.checklist("YANK-07")
def test_a_project_in_quarantine_is_there_without_files() -> None:
    shelf = Shelf(page(wheel(), status=Status.QUARANTINED))
    reply = answer(Pages(shelf), "project")

    assert (reply.status, listed(reply)) == (200, [])


def test_a_name_in_a_url_is_read_once_and_normalized() -> None:
    assert asked_project("Demo%2EProject") == "demo-project"
    assert project().name == "demo-project"


def test_a_percent_sign_that_was_encoded_is_no_second_encoding() -> None:
    with pytest.raises(NotFound):
        asked_project("demo%252Eproject")
