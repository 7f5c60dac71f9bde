"""Archives that must be refused: their bytes are those that were declared, and yet wrong."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories
from tests.hostile import raw_zip

if TYPE_CHECKING:
    from tests.conformance.clients import Index


def members(made: tuple[str, bytes]) -> dict[str, bytes]:
    """Take a wheel apart."""
    with zipfile.ZipFile(io.BytesIO(made[1])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def wheel_without(name: str, *endings: str) -> tuple[str, bytes]:
    """Make a wheel that lacks some of its files, and whose RECORD does not miss them."""
    made = factories.wheel(name)
    left = {
        path: content
        for path, content in members(made).items()
        if not path.endswith((*endings, "/RECORD"))
    }
    if "/RECORD" not in endings:
        record = f"{factories.distribution_stem(name, '1.0')}.dist-info/RECORD"
        left[record] = factories.record_text(left, record).encode()
    return made[0], factories.zip_of(left)


# --- wheels --------------------------------------------------------------------------------------


@pytest.mark.checklist("REJ-21")
@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"PK", gzip.compress(b"x", mtime=0), bytes(999)]
)
def test_a_wheel_that_is_no_zip_is_refused(index: Index, name: str, content: bytes) -> None:
    filename, _ = factories.wheel(name)
    code = "zip-ends-in-an-end-record" if content else "file-is-not-empty"

    index.refuses(name, (filename, content), code)


@pytest.mark.checklist("REJ-23", "REJ-24", "REJ-25")
@pytest.mark.parametrize("missing", ["/WHEEL", "/METADATA", "/RECORD"])
def test_a_wheel_without_one_of_its_three_files_is_refused(
    index: Index, name: str, missing: str
) -> None:
    index.refuses(name, wheel_without(name, missing), "wheel-has-its-dist-info")


@pytest.mark.checklist("REJ-26")
@pytest.mark.parametrize(
    ("code", "row"),
    [
        (
            "record-lists-only-members",
            "not_there.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0",
        ),
        ("record-lists-nothing-twice", "{first}"),
    ],
)
def test_a_record_that_does_not_list_what_is_there_is_refused(
    index: Index, name: str, code: str, row: str
) -> None:
    filename, content = factories.wheel(name)
    inside = members((filename, content))
    record = next(path for path in inside if path.endswith("/RECORD"))
    first = inside[record].decode().splitlines()[0]
    inside[record] = f"{row.format(first=first)}\n".encode() + inside[record]

    index.refuses(name, (filename, factories.zip_of(inside)), code)


@pytest.mark.checklist("REJ-26")
def test_a_file_that_record_does_not_know_is_refused(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    inside = {**members((filename, content)), "demo/evil.py": b"import os"}

    index.refuses(name, (filename, factories.zip_of(inside)), "record-lists-every-member")


@pytest.mark.checklist("REJ-27")
def test_a_zip_with_one_name_twice_is_refused(index: Index, name: str) -> None:
    filename, _ = factories.wheel(name)
    honest = raw_zip.demo(name=name)

    index.refuses(
        name, (filename, raw_zip.raw_zip([*honest, honest[0]])), "member-names-are-unique"
    )


@pytest.mark.checklist("REJ-28")
@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"#!/bin/sh\n", b"", "zip-directory-is-where-its-end-says"),
        (b"", b"\0", "zip-ends-in-an-end-record"),
    ],
)
def test_a_zip_with_bytes_before_or_behind_it_is_refused(
    index: Index, name: str, before: bytes, after: bytes, code: str
) -> None:
    filename, content = factories.wheel(name)

    index.refuses(name, (filename, before + content + after), code)


@pytest.mark.checklist("REJ-29")
def test_a_zip_with_a_record_that_its_directory_hides_is_refused(index: Index, name: str) -> None:
    filename, _ = factories.wheel(name)
    evil = raw_zip.Member(b"demo/evil.py", b"import os\n", has_central=False)

    index.refuses(
        name,
        (filename, raw_zip.raw_zip([evil, *raw_zip.demo(name=name)])),
        "zip-records-follow-each-other",
    )


@pytest.mark.checklist("REJ-30")
def test_a_zip_that_was_written_as_a_stream_is_refused(index: Index, name: str) -> None:
    class Stream(io.RawIOBase):
        """Where nobody can seek: the writer puts sizes behind the contents."""

        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, content: Any) -> int:
            self.written += bytes(content)
            return len(content)

    filename, content = factories.wheel(name)
    stream = Stream()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, member in members((filename, content)).items():
            archive.writestr(zipfile.ZipInfo(path, factories.FIXED_DATE), member)

    index.refuses(name, (filename, stream.written), "zip-members-have-no-data-descriptors")


@pytest.mark.checklist("REJ-31")
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "LZMA"])
def test_a_zip_with_members_that_not_everybody_can_read_is_refused(
    index: Index, name: str, method: int
) -> None:
    index.refuses(
        name, factories.wheel(name, compression=method), "zip-members-are-readable-by-all"
    )


@pytest.mark.checklist("REJ-32")
def test_a_bomb_is_refused(index: Index, name: str) -> None:
    wheel = factories.wheel(name, files={"demo/zeros.bin": bytes(70 * 1024 * 1024)})
    sdist = factories.sdist(name, files={"zeros.bin": bytes(70 * 1024 * 1024)})

    index.refuses(name, wheel, "zip-is-no-bomb")
    index.refuses(name, sdist, "gzip-is-no-bomb")


@pytest.mark.checklist("REJ-58")
@pytest.mark.parametrize("path", ["../evil.py", "/etc/evil.py", "demo/../../evil.py", "C:/evil.py"])
def test_a_wheel_with_a_file_that_leads_outside_is_refused(
    index: Index, name: str, path: str
) -> None:
    made = factories.wheel(name, files={"demo.py": "", path: "evil"})
    code = "member-names-are-relative" if path[0] in "/C" else "member-names-are-canonical"

    index.refuses(name, made, code)


@pytest.mark.checklist("REJ-44")
@pytest.mark.parametrize(
    "text", ["no section = demo", "[console_scripts]\nno reference\n", "[x\ny = z", "\xff"]
)
def test_entry_points_that_cannot_be_read_are_refused(index: Index, name: str, text: str) -> None:
    files = {"demo.py": b"", ".dist-info/entry_points.txt": text.encode("latin-1")}

    index.refuses(name, factories.wheel(name, files=files), "entry-points-are-ini")


# --- metadata inside -----------------------------------------------------------------------------


@pytest.mark.checklist("REJ-11", "REJ-38", "REJ-39", "REJ-43", "REJ-51")
@pytest.mark.parametrize(
    "header",
    [
        "License-Expression: MIT AND",
        "License-Expression: NotALicence",
        "Requires-Dist: idna >= three",
        "Requires-Python: three",
        "Description-Content-Type: text/html",
        "Summary: two\n        lines",
    ],
)
@pytest.mark.parametrize("make", [factories.wheel, factories.sdist], ids=["wheel", "sdist"])
def test_metadata_that_is_not_valid_is_refused(
    index: Index, name: str, header: str, make: Any
) -> None:
    index.refuses(name, make(name, headers=[header]), "fields-are-valid")


@pytest.mark.checklist("REJ-11")
def test_a_version_of_metadata_that_does_not_exist_is_refused(index: Index, name: str) -> None:
    metadata = factories.core_metadata(name, metadata_version="9.9")

    index.refuses(name, factories.wheel(name, metadata=metadata), "fields-are-valid")


@pytest.mark.checklist("REJ-38")
def test_a_licence_expression_before_metadata_2_4_is_refused(index: Index, name: str) -> None:
    metadata = factories.core_metadata(
        name, metadata_version="2.3", headers=["License-Expression: MIT"]
    )

    index.refuses(name, factories.wheel(name, metadata=metadata), "fields-are-valid")


@pytest.mark.checklist("REJ-37")
@pytest.mark.parametrize("make", [factories.wheel, factories.sdist], ids=["wheel", "sdist"])
def test_a_licence_file_that_is_not_there_is_refused(index: Index, name: str, make: Any) -> None:
    made = make(name, headers=["License-File: LICENSE"])

    index.refuses(name, made, "metadata-has-its-license-files")


@pytest.mark.checklist("REJ-40")
def test_a_requirement_that_is_a_url_is_refused(index: Index, name: str) -> None:
    made = factories.wheel(name, requires_dist=["demo @ https://example.com/demo.whl"])

    index.refuses(name, made, "requirements-name-projects")


@pytest.mark.checklist("REJ-42")
def test_a_description_that_does_not_render_is_refused(index: Index, name: str) -> None:
    made = factories.wheel(
        name,
        headers=["Description-Content-Type: text/x-rst"],
        description="Title\n=====\n\n.. raw:: html\n\n   <script>\n\n:nosuch:`role`\n\nTitle\n==\n",
    )

    index.refuses(name, made, "description-renders")


@pytest.mark.checklist("REJ-46")
@pytest.mark.parametrize("inside", [{"name": "another"}, {"version": "2.0"}])
def test_metadata_of_another_name_or_version_than_the_filename_is_refused(
    index: Index, name: str, inside: dict[str, str]
) -> None:
    metadata = factories.core_metadata(**{"name": name, "version": "1.0", **inside})
    code = "metadata-has-name-and-version-of-the-filename"

    index.refuses(name, factories.wheel(name, metadata=metadata), code)
    index.refuses(name, factories.sdist(name, metadata=metadata), code)
