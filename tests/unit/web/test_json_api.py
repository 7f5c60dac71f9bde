from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.domain.project import ProjectPage, Status
from idlewheel.errors import NotFound
from idlewheel.web.delivery import Delivery
from idlewheel.web.gateway import Request
from idlewheel.web.json_api import JsonApi, precedence
from tests.unit.web.shelf import SERIAL, Shelf, page, release, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "https://index.example/prod"
METADATA: Mapping[str, object] = {
    "metadata_version": "2.4",
    "summary": "A demo",
    "description": "# Demo",
    "description_content_type": "text/markdown",
    "keywords": "a,b",
    "license_expression": "MIT",
    "license_files": ("LICENSE",),
    "classifiers": ("Private :: Do Not Upload",),
    "requires_dist": ("idna>=3",),
    "requires_python": ">=3.9",
    "provides_extra": (),
    "project_urls": {"Source": "https://git.example/demo"},
    "author_email": "ci@index.example",
}


def asking(project: str = "demo-project", version: str | None = None, **changes: Any) -> Request:
    parameters = {"project": project, **({} if version is None else {"version": version})}
    path = "/".join(["/pypi", *parameters.values(), "json"])
    return Request(path=path, parameters=parameters, base_url=BASE, **changes)


def ask(shown: ProjectPage, version: str | None = None, metadata: Any = METADATA) -> Any:
    shelf = Shelf(shown)
    shelf.metadata = dict.fromkeys((found.version for found in shown.releases), metadata)
    return json.loads(JsonApi(shelf).answer(asking(version=version)).body)


@pytest.mark.checklist("API-01", "API-02", "API-12", "JSON-21")
def test_a_project_is_described_whole() -> None:
    reply = JsonApi(Shelf(page(wheel()))).answer(asking())
    document = json.loads(reply.body)

    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.headers["X-PyPI-Last-Serial"] == str(document["last_serial"]) == str(SERIAL)
    assert document["vulnerabilities"] == []
    assert document["ownership"] == {"organization": None, "roles": []}
    assert set(document) == {
        *("info", "last_serial", "ownership", "releases", "urls", "vulnerabilities")
    }


@pytest.mark.checklist("API-03", "API-12")
def test_info_is_the_core_metadata_by_the_names_of_the_api() -> None:
    info = ask(page(wheel()))["info"]

    assert info == {
        "name": "Demo.Project",
        "version": "1.0",
        "summary": "A demo",
        "description": "# Demo",
        "description_content_type": "text/markdown",
        "keywords": "a,b",
        "license": "",
        "license_expression": "MIT",
        "license_files": ["LICENSE"],
        "classifiers": ["Private :: Do Not Upload"],
        "requires_dist": ["idna>=3"],
        "requires_python": ">=3.9",
        "provides_extra": None,
        "project_urls": {"Source": "https://git.example/demo"},
        "author": "",
        "author_email": "ci@index.example",
        "maintainer": "",
        "maintainer_email": "",
        "home_page": "",
        "download_url": "",
        "platform": "",
        "dynamic": None,
        "yanked": False,
        "yanked_reason": None,
        "package_url": f"{BASE}/simple/demo-project/",
        "project_url": f"{BASE}/simple/demo-project/",
        "release_url": f"{BASE}/pypi/demo-project/1.0/json",
        "bugtrack_url": None,
        "docs_url": None,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
    }


@pytest.mark.checklist("API-03")
def test_a_release_of_which_nothing_is_kept_has_every_key_all_the_same() -> None:
    assert ask(page(wheel()), metadata={})["info"].keys() == ask(page(wheel()))["info"].keys()


@pytest.mark.checklist("API-04", "API-05")
def test_a_file_is_described_as_tools_expect() -> None:
    file = wheel("1.0+l.1", blake2b="d" * 64, md5="e" * 32, requires_python=">=3.9")
    (described,) = ask(page(file))["urls"]

    assert described == {
        "comment_text": None,
        "core-metadata": {"sha256": "b" * 64},
        "digests": {"blake2b_256": "d" * 64, "md5": "e" * 32, "sha256": "a" * 64},
        "downloads": -1,
        "filename": "demo_project-1.0+l.1-py3-none-any.whl",
        "has_sig": False,
        "md5_digest": "e" * 32,
        "packagetype": "bdist_wheel",
        "python_version": "py3",
        "requires_python": ">=3.9",
        "size": 1234,
        "upload_time": "2026-11-22T13:14:15",
        "upload_time_iso_8601": "2026-11-22T13:14:15.123456Z",
        "url": f"{BASE}/packages/demo-project/{'a' * 64}/demo_project-1.0%2Bl.1-py3-none-any.whl",
        "yanked": False,
        "yanked_reason": None,
    }


def test_an_sdist_is_called_so_and_digests_that_are_not_known_are_left_out() -> None:
    (described,) = ask(page(sdist()))["urls"]

    assert (described["packagetype"], described["python_version"]) == ("sdist", "source")
    assert described["digests"] == {"sha256": "c" * 64}
    assert described["core-metadata"] is False


@pytest.mark.parametrize(
    ("yanked", "said"),
    [
        pytest.param(None, (False, None), id="YANK-04"),
        pytest.param("", (True, None), id="YANK-01: without a reason"),
        pytest.param('"bad" <é>', (True, '"bad" <é>'), id="YANK-02: with one"),
    ],
)
def test_a_yank_is_told_of_the_release_and_of_its_files(yanked: str | None, said: object) -> None:
    document = ask(page(wheel(), releases=[release(yanked=yanked)]))

    for told in (document["info"], document["urls"][0]):
        assert (told["yanked"], told["yanked_reason"]) == said


@pytest.mark.checklist("API-06")
@pytest.mark.parametrize(
    ("versions", "latest"),
    [
        (["1.0", "1.10", "1.9"], "1.10"),
        (["1.0", "2.0rc1", "2.0.dev3"], "1.0"),
        (["1.0.dev1", "1.0a1"], "1.0a1"),
        (["1.0", "1!0.1"], "1!0.1"),
        (["1.0", "1.0.post1", "1.0+local"], "1.0.post1"),
        (["1.0", "2.0 yanked"], "1.0"),
        (["1.0rc1", "2.0 yanked"], "1.0rc1"),
        (["1.0 yanked", "0.9 yanked"], "1.0"),
    ],
    ids=" ".join,
)
def test_the_latest_release_is_the_highest_final_one_that_is_not_yanked(
    versions: list[str], latest: str
) -> None:
    releases = [
        release(version.split()[0], yanked="" if "yanked" in version else None)
        for version in versions
    ]

    assert ask(page(releases=releases))["info"]["version"] == latest


@given(st.permutations(["1.0", "1.0rc1", "2.0", "1!0.1", "1.0.post1", "1.0+l"]))
def test_the_order_in_which_releases_are_stored_decides_nothing(versions: list[str]) -> None:
    assert max(map(release, versions), key=precedence).version == "1!0.1"


def test_releases_are_listed_lowest_first_with_their_files() -> None:
    shown = page(
        wheel("1.10"), wheel("1.9"), sdist("1.9"), releases=list(map(release, ["1.10", "1.9", "0"]))
    )
    releases = ask(shown)["releases"]

    assert list(releases) == ["0", "1.9", "1.10"]
    assert [len(files) for files in releases.values()] == [0, 2, 1]


@pytest.mark.checklist("API-07")
def test_one_release_is_described_without_the_others() -> None:
    document = ask(page(wheel("1.0"), wheel("2.0")), version="1.0")

    assert "releases" not in document
    assert document["info"]["version"] == "1.0"
    assert [file["filename"] for file in document["urls"]] == ["demo_project-1.0-py3-none-any.whl"]


@pytest.mark.checklist("API-08")
@pytest.mark.parametrize("asked", ["1.0+l.1", "1.0+L-1", "v1.0+l.1", "01.0+l.1"])
def test_a_version_is_found_by_any_spelling(asked: str) -> None:
    document = ask(page(wheel("1.0+l.1")), version=quote(asked))

    assert document["info"]["version"] == "1.0+l.1"
    assert document["info"]["release_url"] == f"{BASE}/pypi/demo-project/1.0%2Bl.1/json"


@pytest.mark.checklist("API-08")
@pytest.mark.parametrize(("asked", "found"), [("1.0.0", "1.0"), ("1", "1.0"), ("2", "2.0.0")])
def test_a_version_is_found_by_any_that_is_equal(asked: str, found: str) -> None:
    assert ask(page(wheel("1.0"), wheel("2.0.0")), version=asked)["info"]["version"] == found


@pytest.mark.parametrize("asked", ["1.0", "1.0.0"])
def test_of_equal_versions_the_one_spelled_as_asked_is_described(asked: str) -> None:
    assert ask(page(wheel("1.0"), wheel("1.0.0")), version=asked)["info"]["version"] == asked


@pytest.mark.checklist("API-09", "API-11")
@pytest.mark.parametrize("asked", ["Demo.Project", "demo__project", "demo-project"])
def test_a_project_is_found_by_any_spelling(asked: str) -> None:
    reply = JsonApi(Shelf(page(wheel()))).answer(asking(asked))

    assert json.loads(reply.body)["info"]["name"] == "Demo.Project"


@pytest.mark.checklist("API-10")
@pytest.mark.parametrize(
    ("project", "version"),
    [
        ("nobody", None),
        ("a%20b", None),
        ("demo-project", "3.0"),
        ("demo-project", "x"),
        ("demo-project", "1" * 5_000),
        ("demo-project", "%FF"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_not_there_is_not_found(project: str, version: str | None, method: str) -> None:
    with pytest.raises(NotFound):
        JsonApi(Shelf(page(wheel()))).answer(asking(project, version, method=method))


def test_a_project_without_any_release_has_nothing_to_describe() -> None:
    with pytest.raises(NotFound, match="no release"):
        JsonApi(Shelf(page())).answer(asking())


@pytest.mark.checklist("YANK-07")
def test_a_project_in_quarantine_is_not_told_of_here_either() -> None:
    with pytest.raises(NotFound, match="quarantined"):
        ask(page(wheel(), status=Status.QUARANTINED))


@pytest.mark.checklist("CACHE-02")
def test_an_answer_is_kept_and_named_as_pages_are() -> None:
    shelf = Shelf(page(wheel()))
    api = JsonApi(shelf, Delivery())
    compressed = {"accept-encoding": "gzip"}
    first = api.answer(asking(headers=compressed))
    second = api.answer(asking(headers=compressed))
    third = api.answer(asking(headers={**compressed, "if-none-match": first.headers["ETag"]}))

    assert first == second
    assert shelf.reads["page"] == 1
    assert third.status == 304
    assert json.loads(gzip.decompress(base64.b64decode(first.body)))["info"]["version"] == "1.0"
