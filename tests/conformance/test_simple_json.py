"""The JSON form of the simple API: PEP 691, 700, 714, 740, 792."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conformance.clients import JSON, fresh, sha256

if TYPE_CHECKING:
    from tests.conformance.clients import Index


@pytest.mark.checklist("JSON-01", "JSON-02", "JSON-03", "JSON-04", "JSON-18", "JSON-22")
def test_a_project_page_is_version_1_4_of_the_api_and_says_nothing_that_was_rejected(
    index: Index,
) -> None:
    name = fresh("Some.Demo")
    index.wheel(name)

    answer = index.get(index.page_url(canonicalize_name(name)), Accept=JSON)

    page = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == JSON
    assert page["meta"]["api-version"] == "1.4"
    assert page["name"] == canonicalize_name(name)
    assert page["project-status"] == {"status": "active"}
    assert not {"alternate-locations", "tracks", "namespaces"} & (page.keys() | page["meta"].keys())


@pytest.mark.checklist("JSON-05", "JSON-06", "JSON-07")
def test_each_file_is_at_its_url_of_its_size_and_digest(index: Index, name: str) -> None:
    contents = dict([index.wheel(name), index.sdist(name), index.wheel(name, "1.0+local")])

    for file in index.page(name)["files"]:
        content = index.download(urljoin(index.page_url(name), file["url"])).content

        assert content == contents[file["filename"]]
        assert file["size"] == len(content)
        assert file["hashes"]["sha256"] == sha256(content)


@pytest.mark.checklist("JSON-08", "JSON-09")
def test_versions_are_each_there_once_in_normal_form(index: Index, name: str) -> None:
    index.wheel(name, "1.0")
    index.sdist(name, "1.0")
    index.wheel(name, "2.0RC1")

    versions = index.page(name)["versions"]

    assert sorted(versions) == ["1.0", "2.0rc1"]
    assert versions == [str(Version(version)) for version in versions]


@pytest.mark.checklist("JSON-08")
def test_a_release_whose_only_file_was_deleted_is_still_a_version(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)

    index.manage("DELETE", f"projects/{name}/files/{filename}")

    page = index.page(name)
    assert page["versions"] == ["1.0"]
    assert page["files"] == []


@pytest.mark.checklist("JSON-10")
def test_upload_time_is_utc_to_the_microsecond_and_of_now(index: Index, name: str) -> None:
    before = time.time()
    filename, _ = index.wheel(name)

    text = index.file(name, filename)["upload-time"]

    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)
    assert before - 1 <= moment <= time.time() + 1


@pytest.mark.checklist("JSON-11", "JSON-12")
def test_requires_python_is_what_was_uploaded_and_absent_where_nothing_was(
    index: Index, name: str
) -> None:
    with_it, _ = index.wheel(name, "1.0", requires_python="<4,>=3.9")
    without, _ = index.wheel(name, "2.0")

    assert index.file(name, with_it)["requires-python"] == "<4,>=3.9"
    assert index.file(name, without).get("requires-python") is None


@pytest.mark.checklist("JSON-13", "JSON-17", "ATT-04")
def test_a_fresh_file_is_not_yanked_and_attested_by_nobody(index: Index, name: str) -> None:
    filename, _ = index.wheel(name)

    file = index.file(name, filename)

    assert file["yanked"] is False
    assert file.get("provenance") is None
    assert "data-provenance" not in index.html(name).anchor(filename).attributes


@pytest.mark.checklist("JSON-14", "JSON-15", "JSON-16")
def test_core_metadata_is_the_digest_of_a_sidecar_that_is_served(index: Index, name: str) -> None:
    index.wheel(name)
    index.sdist(name, metadata=f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")

    for file in index.page(name)["files"]:
        sidecar = index.download(urljoin(index.page_url(name), file["url"]) + ".metadata")
        if file["filename"].endswith(".whl"):
            assert file["core-metadata"] == {"sha256": sha256(sidecar.content)}
        else:
            assert file["core-metadata"] is False
            assert sidecar.status_code == 404
        assert file["dist-info-metadata"] == file["core-metadata"]


@pytest.mark.checklist("JSON-19")
def test_the_list_of_projects_holds_what_was_uploaded(index: Index, name: str) -> None:
    index.wheel(name)

    page = index.get(index.root_url, Accept=JSON).json()

    assert page["meta"]["api-version"] == "1.4"
    assert name in {canonicalize_name(project["name"]) for project in page["projects"]}


@pytest.mark.checklist("JSON-20")
def test_a_project_that_is_unknown_is_not_found_in_json_either(index: Index, name: str) -> None:
    assert index.get(index.page_url(name), Accept=JSON).status_code == 404


@pytest.mark.checklist("JSON-21")
def test_serials_rise_with_each_upload_and_are_the_same_everywhere(index: Index, name: str) -> None:
    serials = []
    for version in ("1.0", "2.0", "3.0"):
        index.wheel(name, version)
        answer = index.get(index.page_url(name), Accept=JSON)
        root = index.get(index.root_url, Accept=JSON)
        listed = next(it for it in root.json()["projects"] if it["name"] == name)
        api = index.get(f"{index.facts.json_url}{name}/json")
        serials.append(answer.json()["meta"]["_last-serial"])

        assert answer.headers["x-pypi-last-serial"] == str(serials[-1])
        assert listed["_last-serial"] == serials[-1]
        assert api.headers["x-pypi-last-serial"] == str(serials[-1])
        assert api.json()["last_serial"] == serials[-1]
        assert int(root.headers["x-pypi-last-serial"]) >= serials[-1]

    assert serials == sorted(set(serials))


@pytest.mark.checklist("JSON-23")
def test_no_filename_is_listed_twice(index: Index, name: str) -> None:
    made = index.wheel(name)
    index.publish(made, made)

    filenames = [file["filename"] for file in index.page(name)["files"]]

    assert filenames == [made[0]]
