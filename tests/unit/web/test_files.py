from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.project import FileState, ProjectPage, Status
from idlewheel.errors import Denied, Gone, NotFound
from idlewheel.web.files import Downloads, asked_project, parse
from idlewheel.web.gateway import Request
from tests.unit.web.shelf import MOMENT, Shelf, page, project, sdist, wheel

if TYPE_CHECKING:
    from idlewheel.domain.project import File
    from idlewheel.web.gateway import Reply

SHA256 = "a" * 64
LOCAL = wheel("1.0+local.7")


def asking(path: str, *, method: str = "GET", scopes: str = "read:*") -> Request:
    context = {"principal": "ci", "token_id": "t1", "scopes": scopes, "expires_at": "1800000000"}
    return Request(method, f"/files/{path}", parameters={"proxy": path}, context=context)


def path_of(file: File) -> str:
    return f"demo-project/{file.sha256}/{file.filename}".replace("+", "%2B")


def describe(file: File, path: str | None = None, **changes: Any) -> Reply:
    shown = ProjectPage(project(**changes), (), (file,))
    downloads = Downloads(Shelf(shown), sign=signed)
    return downloads.describe(asking(path or path_of(file), method="HEAD"))


def signed(key: str) -> str:
    return f"https://bucket.example/{key}?signed"


@pytest.mark.checklist("UP-11")
@pytest.mark.parametrize("suffix", ["", ".metadata"])
@pytest.mark.parametrize("spelled", ["%2B", "+", "%2b"])
def test_a_download_goes_to_the_key_that_is_its_url(suffix: str, spelled: str) -> None:
    shelf = Shelf(page(LOCAL))
    path = path_of(LOCAL).replace("%2B", spelled) + suffix
    reply = Downloads(shelf, sign=signed).redirect(asking(path))

    assert reply.status == 302, "pip would keep a 301 or 308 for good"
    assert reply.headers["Location"] == signed(LOCAL.key(project().name) + suffix)
    assert reply.headers["Cache-Control"] == "private, no-store"
    assert not shelf.reads, "signing reads no table"


@pytest.mark.checklist("FILE-11", "FILE-12")
@pytest.mark.parametrize(
    "path",
    [
        "demo",
        "demo-project/x/demo.whl",
        f"demo-project/{SHA256[:-1]}/demo.whl",
        f"demo-project/{SHA256}/..%2F..%2Fsecret",
        f"demo-project/{SHA256}/.hidden",
        f"demo-project/{SHA256}/",
        f"demo-project/{SHA256}/a/b.whl",
        f"..%2Fpages/{SHA256}/demo.whl",
        f"Demo.Project/{SHA256}/demo.whl",
        f"demo-project/{SHA256}/demo.whl%0A",
        f"demo-project/{SHA256}/{'x' * 265}",
        f"{'x' * 129}/{SHA256}/demo.whl",
    ],
)
def test_a_path_that_can_name_no_file_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        parse(asking(path))


def test_the_longest_names_that_can_be_published_are_found() -> None:
    name, filename = "x" * 128, "y" * 251 + ".whl"
    asked = parse(asking(f"{name}/{SHA256}/{filename}.metadata"))

    assert (asked.project, asked.filename, asked.is_metadata) == (name, filename, True)


@pytest.mark.parametrize("method", ["redirect", "describe"])
def test_who_may_not_read_the_project_gets_no_file(method: str) -> None:
    downloads = Downloads(Shelf(page(LOCAL)), sign=signed)

    with pytest.raises(Denied):
        getattr(downloads, method)(asking(path_of(LOCAL), scopes="read:project:other"))


@pytest.mark.checklist("FILE-03", "FILE-04", "FILE-13", "FILE-14", "CACHE-10")
def test_head_tells_how_long_a_file_is() -> None:
    reply = describe(LOCAL)

    assert (reply.status, reply.body) == (200, "")
    assert reply.headers["Content-Length"] == "1234"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in reply.headers["Cache-Control"]
    assert "immutable" in reply.headers["Cache-Control"]


@pytest.mark.checklist("META-05", "META-07")
def test_head_tells_how_long_the_metadata_is() -> None:
    reply = describe(replace(LOCAL, metadata_size=99), path_of(LOCAL) + ".metadata")

    assert reply.headers["Content-Length"] == "99"
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.checklist("META-09")
def test_metadata_that_a_file_does_not_have_is_not_found() -> None:
    with pytest.raises(NotFound, match="no core metadata"):
        describe(sdist(), path_of(sdist()) + ".metadata")


def test_a_file_under_another_digest_is_not_found() -> None:
    with pytest.raises(NotFound, match="digest"):
        describe(LOCAL, path_of(LOCAL).replace(SHA256, "f" * 64))


def test_a_deleted_file_is_gone() -> None:
    with pytest.raises(Gone):
        describe(replace(LOCAL, state=FileState.DELETED, deleted_at=MOMENT))


@pytest.mark.checklist("YANK-08")
def test_a_file_in_quarantine_is_not_served() -> None:
    with pytest.raises(NotFound, match="quarantined"):
        describe(LOCAL, status=Status.QUARANTINED)


@pytest.mark.parametrize(
    ("segment", "name"),
    [("Demo.Project", "demo-project"), ("Demo%2EProject", "demo-project"), ("a__b", "a-b")],
)
def test_a_name_in_a_url_is_decoded_once_and_normalized(segment: str, name: str) -> None:
    assert asked_project(segment) == name


@pytest.mark.parametrize("segment", ["demo%252Eproject", "%20", "-demo", "d%C3%A9mo", "x" * 129])
def test_what_can_be_no_name_is_not_found(segment: str) -> None:
    with pytest.raises(NotFound):
        asked_project(segment)
