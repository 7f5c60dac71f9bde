"""Files and their metadata, as downloaded: RFC 9110 §14, PEP 658, PEP 714."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests import factories
from tests.conformance.clients import JSON, fresh, sha256
from tests.conformance.forms import metadata_of

if TYPE_CHECKING:
    from tests.conformance.clients import Index


class Published(NamedTuple):
    """A wheel that is listed, and where."""

    project: str
    filename: str
    content: bytes
    url: str


@pytest.fixture(scope="module")
def wheel(index: Index) -> Published:
    """A wheel whose name has a plus sign in it."""
    project = fresh()
    filename, content = index.wheel(project, "1.0+local.1")
    return Published(project, filename, content, index.file_url(project, filename))


@pytest.mark.checklist("FILE-01", "FILE-02", "FILE-10", "FILE-13")
@pytest.mark.parametrize("encoding", ["identity", "gzip, deflate, br, zstd"])
def test_a_file_arrives_as_it_was_uploaded_and_never_compressed(
    index: Index, wheel: Published, encoding: str
) -> None:
    answer = index.download(wheel.url, Accept_Encoding=encoding)

    assert answer.status_code == 200
    assert answer.content == wheel.content
    assert answer.headers["content-length"] == str(len(wheel.content))
    assert "content-encoding" not in answer.headers
    assert "content-disposition" not in answer.headers
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.checklist("FILE-01")
def test_a_plus_sign_in_a_url_is_percent_encoded(index: Index, wheel: Published) -> None:
    redirect = index.get(wheel.url)

    assert wheel.url.endswith("%2Blocal.1-py3-none-any.whl")
    assert redirect.status_code == 302
    assert "%2Blocal.1-py3-none-any.whl?" in redirect.headers["location"]
    assert index.download(wheel.url.replace("%2B", "+")).content == wheel.content


@pytest.mark.checklist("FILE-03", "FILE-04", "FILE-14")
def test_head_tells_the_length_and_that_ranges_are_served(index: Index, wheel: Published) -> None:
    answer = index.ask("HEAD", wheel.url)

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(wheel.content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert index.get(wheel.url).headers["x-content-type-options"] == "nosniff"
    assert answer.content == b""


@pytest.mark.checklist("FILE-05", "FILE-06")
@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=-20", -20, None)]
)
def test_a_range_is_served_through_the_redirect(
    index: Index, wheel: Published, asked: str, start: int, stop: int | None
) -> None:
    answer = index.download(wheel.url, Range=asked)

    size = len(wheel.content)
    first, last = (0, 9) if start == 0 else (size - 20, size - 1)
    assert answer.status_code == 206
    assert answer.content == wheel.content[start:stop]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"


@pytest.mark.checklist("FILE-07")
def test_a_range_beyond_the_end_cannot_be_satisfied(index: Index, wheel: Published) -> None:
    answer = index.download(wheel.url, Range=f"bytes={len(wheel.content) + 1}-")

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(wheel.content)}"


@pytest.mark.checklist("FILE-09")
def test_a_file_that_the_client_has_is_not_sent_again(index: Index, wheel: Published) -> None:
    tag = index.download(wheel.url).headers["etag"]

    again = index.download(wheel.url, If_None_Match=tag)

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.checklist("FILE-11")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_that_nobody_uploaded_is_not_found(
    index: Index, wheel: Published, method: str
) -> None:
    unknown = [
        wheel.url.replace("1.0%2B", "1.1%2B"),
        wheel.url.replace(sha256(wheel.content), "0" * 64),
        wheel.url.replace(wheel.project, f"{wheel.project}x"),
        index.root_url.replace("/simple/", "/files/nothing"),
    ]

    for url in unknown:
        assert index.download(url, method).status_code == 404


@pytest.mark.checklist("FILE-12")
@pytest.mark.parametrize(
    "path",
    [
        "..%2F..%2F..%2Fetc%2Fpasswd",
        "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "..%5c..%5cetc%5cpasswd",
        "%252e%252e%252fetc%252fpasswd",
        "demo/" + "a" * 64 + "/..%2f..%2f..%2fmanifests",
        "%00",
        "demo/" + "a" * 64 + "/demo.whl%0d%0aSet-Cookie:x",
        "pages/root",
        "%ff%fe",
    ],
)
def test_no_path_leads_out_of_the_files(index: Index, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = index.download(index.root_url.replace("/simple/", f"/files/{path}"), method)

        assert 400 <= answer.status_code < 500
        assert "root:" not in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.checklist("FILE-15")
def test_a_url_keeps_its_bytes_whatever_is_uploaded_later(index: Index, name: str) -> None:
    filename, content = index.wheel(name)
    url = index.file_url(name, filename)

    index.wheel(name, "2.0")
    index.sdist(name)
    index.twine(*factories.wheel(name, files={"demo.py": "other = True\n"}))

    assert index.file_url(name, filename) == url
    assert index.download(url).content == content


@pytest.mark.checklist("FILE-16")
@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "bytes=9-1", "bytes=a-b", "lines=1-2", "bytes="]
)
def test_a_range_that_makes_no_sense_is_never_our_failure(
    index: Index, wheel: Published, asked: str
) -> None:
    for method in ("GET", "HEAD"):
        assert index.download(wheel.url, method, Range=asked).status_code < 500


# --- metadata ------------------------------------------------------------------------------------


@pytest.mark.checklist("META-01", "META-02", "META-03", "META-04", "META-07")
def test_the_sidecar_of_a_wheel_is_its_metadata_byte_for_byte(
    index: Index, wheel: Published
) -> None:
    answer = index.download(f"{wheel.url}.metadata")

    announced = index.file(wheel.project, wheel.filename)["core-metadata"]
    assert answer.status_code == 200
    assert answer.content == metadata_of(wheel.filename, wheel.content)
    assert announced == {"sha256": sha256(answer.content)}
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.checklist("META-05")
def test_head_tells_the_length_of_a_sidecar(index: Index, wheel: Published) -> None:
    answer = index.ask("HEAD", f"{wheel.url}.metadata")

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(metadata_of(*wheel[1:3])))


@pytest.mark.checklist("META-06")
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_metadata_in_any_language_and_with_any_newlines_is_served_as_it_is(
    index: Index, name: str, newline: str
) -> None:
    metadata = factories.core_metadata(
        name, headers=["Author: Žofie 日本"], description="Ünïcode ✓\n"
    ).replace("\n", newline)
    filename, _ = index.wheel(name, metadata=metadata)

    served = index.download(index.file_url(name, filename) + ".metadata")

    assert served.content == metadata.encode()


@pytest.mark.checklist("META-08")
def test_an_sdist_whose_metadata_is_static_has_a_sidecar(index: Index, name: str) -> None:
    filename, content = index.sdist(name, requires_dist=["idna>=3"])

    served = index.download(index.file_url(name, filename) + ".metadata")

    assert served.content == metadata_of(filename, content)
    assert index.file(name, filename)["core-metadata"] == {"sha256": sha256(served.content)}


@pytest.mark.checklist("META-09")
@pytest.mark.parametrize(
    "metadata",
    ["Metadata-Version: 2.1", "Metadata-Version: 2.2\nDynamic: Requires-Dist"],
    ids=["before 2.2", "dynamic"],
)
def test_an_sdist_whose_metadata_may_change_has_none(
    index: Index, name: str, metadata: str
) -> None:
    filename, _ = index.sdist(name, metadata=f"{metadata}\nName: {name}\nVersion: 1.0\n")

    assert index.file(name, filename)["core-metadata"] is False
    for method in ("GET", "HEAD"):
        sidecar = index.download(index.file_url(name, filename) + ".metadata", method)
        assert sidecar.status_code == 404


@pytest.mark.checklist("META-10")
def test_whatever_a_page_lists_can_be_fetched_at_that_moment(index: Index, name: str) -> None:
    for version in range(5):
        made = factories.wheel(name, f"{version}.0")
        index.publish(made)
        file = index.get(index.page_url(name), Accept=JSON).json()["files"][-1]
        url = index.file_url(name, file["filename"])

        assert file["filename"] == made[0]
        assert index.download(url).content == made[1]
        assert index.download(f"{url}.metadata").status_code == 200
