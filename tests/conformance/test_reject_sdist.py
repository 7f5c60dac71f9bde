"""Sdists that must be refused: their bytes are those that were declared, and yet wrong."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests import factories
from tests.hostile import raw_tar

if TYPE_CHECKING:
    from tests.conformance.clients import Index


@pytest.mark.checklist("REJ-22")
@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("file-is-gzip", b"<html>"),
        ("file-is-gzip", b"PK\3\4"),
        ("file-is-gzip", bytes(999)),
        ("gzip-member-is-whole", b"\x1f\x8b\x08"),
    ],
)
def test_an_sdist_that_is_no_gzip_is_refused(
    index: Index, name: str, code: str, content: bytes
) -> None:
    filename, _ = factories.sdist(name)

    index.refuses(name, (filename, content), code)


@pytest.mark.checklist("REJ-22")
def test_an_sdist_that_is_no_tar_inside_is_refused(index: Index, name: str) -> None:
    filename, _ = factories.sdist(name)

    index.refuses(
        name, (filename, gzip.compress(b"no tar" * 999)), "tar-blocks-have-their-checksum"
    )


@pytest.mark.checklist("REJ-33")
def test_an_sdist_without_pkg_info_is_refused(index: Index, name: str) -> None:
    filename, _ = factories.sdist(name)
    content = raw_tar.raw_sdist(raw_tar.demo(name=name)[1:])

    index.refuses(name, (filename, content), "sdist-has-pkg-info")


@pytest.mark.checklist("REJ-34")
def test_an_sdist_with_two_roots_is_refused(index: Index, name: str) -> None:
    filename, _ = factories.sdist(name)
    other = raw_tar.Member(b"other-1.0/evil.py", b"import os\n")

    index.refuses(
        name,
        (filename, raw_tar.raw_sdist([*raw_tar.demo(name=name), other])),
        "sdist-has-one-root",
    )


@pytest.mark.checklist("REJ-35", "REJ-36")
@pytest.mark.parametrize(
    ("code", "member"),
    [
        ("tar-only-files-have-contents", raw_tar.Member(b"x", type=b"S", magic=raw_tar.GNU_MAGIC)),
        ("pax-records-are-known", raw_tar.Member(b"x", pax={b"GNU.sparse.major": b"1"})),
        ("tar-members-are-plain", raw_tar.Member(b"x", type=b"3")),
        ("tar-members-are-plain", raw_tar.Member(b"x", type=b"4")),
        ("tar-members-are-plain", raw_tar.Member(b"x", type=b"6")),
        ("tar-links-stay-inside", raw_tar.Member(b"x", type=b"2", link=b"../../etc/passwd")),
        ("tar-links-stay-inside", raw_tar.Member(b"x", type=b"2", link=b"/etc/passwd")),
        ("member-names-are-canonical", raw_tar.Member(b"../x", b"evil")),
    ],
    ids=[
        "sparse",
        "sparse in PAX",
        "character",
        "block",
        "fifo",
        "link up",
        "link away",
        "name up",
    ],
)
def test_an_sdist_with_more_than_files_inside_its_root_is_refused(
    index: Index, name: str, code: str, member: raw_tar.Member
) -> None:
    filename, _ = factories.sdist(name)
    root = filename.removesuffix(".tar.gz").encode() + b"/"
    inside = replace(member, name=root + member.name)

    index.refuses(name, (filename, raw_tar.raw_sdist([*raw_tar.demo(name=name), inside])), code)


@pytest.mark.checklist("REJ-20", "REJ-22")
def test_an_sdist_that_is_another_kind_of_archive_is_refused(index: Index, name: str) -> None:
    filename, _ = factories.sdist(name)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    zipped = factories.zip_of({f"{filename.removesuffix('.tar.gz')}/PKG-INFO": b"Name: x"})

    index.refuses(name, (filename, zipped), "sdist-is-not-a-zip")
    index.refuses(name, (filename, buffer.getvalue()), "file-is-gzip")
