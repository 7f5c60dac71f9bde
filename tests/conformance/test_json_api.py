"""The JSON API, statistics and feeds: what PyPI answers there is the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests import factories
from tests.conformance.clients import fresh, sha256

if TYPE_CHECKING:
    import httpx

    from tests.conformance.clients import Index

INFO_KEYS = {
    *("author", "author_email", "bugtrack_url", "classifiers", "description"),
    *("description_content_type", "docs_url", "download_url", "downloads", "dynamic"),
    *("home_page", "keywords", "license", "license_expression", "license_files", "maintainer"),
    *("maintainer_email", "name", "package_url", "platform", "project_url", "project_urls"),
    *("provides_extra", "release_url", "requires_dist", "requires_python", "summary"),
    *("version", "yanked", "yanked_reason"),
}
FILE_KEYS = {
    *("comment_text", "core-metadata", "digests", "downloads", "filename", "has_sig"),
    *("md5_digest", "packagetype", "python_version", "requires_python", "size", "upload_time"),
    *("upload_time_iso_8601", "url", "yanked", "yanked_reason"),
}


def ask(index: Index, path: str) -> httpx.Response:
    return index.get(f"{index.facts.json_url}{path}", Accept="application/json")


def told(index: Index, path: str) -> dict[str, Any]:
    answer = ask(index, path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.checklist("API-01", "API-02", "API-03", "API-12")
def test_a_project_is_described_with_everything_that_pypi_tells(index: Index, name: str) -> None:
    index.wheel(
        name,
        requires_python=">=3.9",
        requires_dist=["idna>=3"],
        headers=[
            "Summary: In short",
            "Author-email: Ann <ann@example.com>",
            "Classifier: Private :: Do Not Upload",
            "Project-URL: Home, https://example.com",
            "Description-Content-Type: text/markdown",
        ],
        description="# At length\n",
    )

    answer = ask(index, f"{name}/json")

    document = answer.json()
    info = document["info"]
    assert answer.headers["content-type"] == "application/json"
    assert document.keys() == {
        *("info", "last_serial", "ownership", "releases", "urls", "vulnerabilities"),
    }
    assert document["vulnerabilities"] == []
    assert document["ownership"] == {"organization": None, "roles": []}
    assert info.keys() >= INFO_KEYS
    assert (info["name"], info["version"], info["summary"]) == (name, "1.0", "In short")
    assert (info["requires_dist"], info["requires_python"]) == (["idna>=3"], ">=3.9")
    assert info["description"].strip() == "# At length"
    assert info["description_content_type"] == "text/markdown"
    assert info["classifiers"] == ["Private :: Do Not Upload"]
    assert info["project_urls"] == {"Home": "https://example.com"}
    assert (info["yanked"], info["yanked_reason"]) == (False, None)


@pytest.mark.checklist("API-12")
def test_what_is_not_declared_is_null_or_empty(index: Index, name: str) -> None:
    index.wheel(name)

    info = told(index, f"{name}/json")["info"]

    assert info["requires_dist"] is None
    assert info["requires_python"] is None
    assert info["project_urls"] is None
    assert info["classifiers"] == []
    assert info["summary"] == ""


@pytest.mark.checklist("API-04", "API-05")
def test_each_file_is_described_and_at_its_url(index: Index, name: str) -> None:
    contents = dict([index.wheel(name, requires_python=">=3.9"), index.sdist(name)])

    document = told(index, f"{name}/json")

    assert {file["filename"] for file in document["urls"]} == contents.keys()
    for file in document["urls"]:
        content = index.download(file["url"]).content
        assert file.keys() >= FILE_KEYS
        assert content == contents[file["filename"]]
        assert file["digests"]["sha256"] == sha256(content)
        assert file["digests"].keys() == {"md5", "sha256", "blake2b_256"}
        assert file["size"] == len(content)
        assert file["upload_time_iso_8601"].endswith("Z")
        assert (file["packagetype"], file["python_version"]) == (
            ("bdist_wheel", "py3") if file["filename"].endswith(".whl") else ("sdist", "source")
        )
    assert document["releases"] == {"1.0": document["urls"]}


@pytest.mark.checklist("API-06")
def test_the_latest_is_final_and_not_yanked(index: Index, name: str) -> None:
    for version in ("0.9", "1.10", "1.9", "2.0rc1"):
        index.wheel(name, version)

    assert told(index, f"{name}/json")["info"]["version"] == "1.10"

    index.manage("PUT", f"projects/{name}/releases/1.10/yank", {"reason": "wrong"})

    assert told(index, f"{name}/json")["info"]["version"] == "1.9"
    assert told(index, f"{name}/1.10/json")["info"]["yanked_reason"] == "wrong"


@pytest.mark.checklist("API-07", "API-08")
@pytest.mark.parametrize("spelling", ["1.0", "1.0.0", "1", "v1.0", "1.0.0.0"])
def test_a_release_is_found_by_any_spelling_and_tells_of_itself_alone(
    index: Index, name: str, spelling: str
) -> None:
    index.wheel(name, "1.0")
    index.wheel(name, "2.0")

    document = told(index, f"{name}/{spelling}/json")

    assert document["info"]["version"] == "1.0"
    assert "releases" not in document
    assert len(document["urls"]) == 1


@pytest.mark.checklist("API-09")
def test_any_spelling_of_the_name_finds_the_project(index: Index) -> None:
    name = fresh("Some.Demo")
    index.wheel(name)

    assert told(index, f"{name}/json")["info"]["name"] == name


@pytest.mark.checklist("API-10")
def test_what_is_unknown_is_not_found(index: Index, name: str) -> None:
    assert ask(index, f"{name}/json").status_code == 404
    index.wheel(name)

    for version in ("2.0", "nonsense", "1.0-1", "%00", "9" * 5000):
        assert ask(index, f"{name}/{version}/json").status_code == 404, version


@pytest.mark.checklist("API-11")
def test_a_final_slash_makes_no_difference(index: Index, name: str) -> None:
    index.wheel(name)

    for path in (f"{name}/json", f"{name}/1.0/json"):
        assert ask(index, f"{path}/").json() == ask(index, path).json()


def test_a_project_in_quarantine_is_not_told_of(index: Index, name: str) -> None:
    index.wheel(name)

    index.set_status(name, "quarantined")

    assert ask(index, f"{name}/json").status_code == 404
    assert ask(index, f"{name}/1.0/json").status_code == 404


# --- feeds and statistics ------------------------------------------------------------------------


def feed(index: Index, path: str) -> list[ET.Element]:
    answer = index.get(index.root_url.replace("/simple/", f"/rss/{path}"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] in {"text/xml", "application/rss+xml"}
    root = ET.fromstring(answer.content)
    assert root.tag == "rss"
    assert root.get("version") == "2.0"
    return list(root.iter("item"))


@pytest.mark.checklist("API-13")
def test_the_feed_of_updates_begins_with_the_newest_release(index: Index, name: str) -> None:
    index.wheel(name, "1.0", headers=["Summary: a <b>thing</b> & more"])
    index.wheel(name, "2.0")

    items = feed(index, "updates.xml")

    titles = [item.findtext("title") for item in items]
    assert titles[0] == f"{name} 2.0"
    assert len(items) <= 100


@pytest.mark.checklist("API-13")
def test_the_feed_of_projects_begins_with_the_newest_project(index: Index, name: str) -> None:
    older = fresh()
    index.wheel(older)
    index.wheel(name)
    index.wheel(older, "2.0")

    titles = [item.findtext("title") or "" for item in feed(index, "packages.xml")]

    assert titles[0].startswith(name)
    assert titles[1].startswith(older)
    assert len(titles) <= 40


@pytest.mark.checklist("API-13")
def test_the_feed_of_a_project_has_its_releases_newest_first(index: Index, name: str) -> None:
    index.publish(*(factories.wheel(name, version) for version in ("2.0", "1.0", "1.1")))

    items = feed(index, f"project/{name}/releases.xml")

    versions = [(item.findtext("title") or "").removeprefix(f"{name} ") for item in items]
    assert versions == ["1.1", "1.0", "2.0"]
    assert index.get(items[0].findtext("link") or "").json()["info"]["version"] == "1.1"


@pytest.mark.checklist("API-13")
def test_there_is_no_feed_of_a_project_that_is_unknown(index: Index, name: str) -> None:
    url = index.root_url.replace("/simple/", f"/rss/project/{name}/releases.xml")

    assert index.get(url).status_code == 404


def test_statistics_count_the_bytes_of_what_is_listed(index: Index, name: str) -> None:
    url = index.root_url.replace("/simple/", "/stats/")
    before = index.get(url, Accept="application/json").json()["total_packages_size"]
    noise = bytes(range(256)) * 4000
    filename, content = index.wheel(name, files={"demo.bin": noise}, compression=0)
    _, small = index.sdist(name)

    stats = index.get(url, Accept="application/json").json()

    assert stats["top_packages"][name] == {"size": len(content) + len(small)}
    assert stats["total_packages_size"] == before + len(content) + len(small)

    index.manage("DELETE", f"projects/{name}/files/{filename}")

    after = index.get(url, Accept="application/json").json()
    assert after["total_packages_size"] == before + len(small)
