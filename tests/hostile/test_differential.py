"""Whatever we accept is one tree to every reader; nothing makes us fail instead of answering.

FUZZ_EXAMPLES in the environment says how hard to try (150).
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idlewheel.distribution import filenames
from idlewheel.distribution.judge import judge
from idlewheel.distribution.policy import MIB, Policy
from tests import factories
from tests.hostile import cases_unusual, cases_unusual_sdist, raw_tar, raw_zip, readers
from tests.hostile.case import SDIST, WHEEL, Case

EXAMPLES = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
POLICY = Policy(free_inflated_bytes=8 * MIB)

UNUSUAL = (*cases_unusual.cases(), *cases_unusual_sdist.cases())
ANY_WHEELS = tuple(
    case
    for case in UNUSUAL
    if case.filename.endswith("-none-any.whl") and "acme" not in case.filename
)
INSTALLABLE = tuple(
    case
    for case in ANY_WHEELS
    if b".data/" not in case.content
    and "script" not in case.title
    and not case.filename.startswith("unknown-")  # uv takes the name UNKNOWN for none
)
WITH_COMMANDS_OR_DATA = tuple(
    case
    for case in ANY_WHEELS
    if b".data/" in case.content or b"entry_points.txt" in case.content or "script" in case.title
)
SDISTS = tuple(case for case in UNUSUAL if case.filename.endswith(".tar.gz"))


def is_accepted(content: bytes, filename: str) -> bool:
    """Judge *content*; any failure but a verdict is raised."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return not judge(Path(file.name), filenames.parse(filename), {}, POLICY).problems


@st.composite
def mutations(draw: st.DrawFn, base: bytes) -> bytes:
    """Return *base* with some bytes changed, removed, repeated or put in."""
    content = bytearray(base)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 60))
        kind = draw(st.sampled_from(["flip", "set", "cut", "repeat", "insert"]))
        if kind == "flip" and at < len(content):
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set":
            content[at : at + length] = draw(st.sampled_from([b"\0", b"\xff"])) * length
        elif kind == "cut":
            del content[at : at + length]
        elif kind == "repeat":
            content[at:at] = content[at : at + length]
        elif kind == "insert":
            content[at:at] = draw(st.binary(max_size=20))
    return bytes(content)


NAMES = st.sampled_from(
    [
        "demo/a.py",
        "demo/A.py",
        "demo/b/c.py",
        "demo/b",
        "../x",
        "/x",
        "demo/é",
        "x\\y",
        "demo/a.py/",
    ]
)
LIES = st.fixed_dictionaries(
    {},
    optional={
        "flags": st.sampled_from([0, 1, 2, 6, 8, 0x800, 0x80E]),
        "method": st.sampled_from([0, 8, 9]),
        "version": st.sampled_from([10, 45, 63]),
        "size": st.sampled_from([0, 1, 0xFFFFFFFF]),
        "packed": st.sampled_from([0, 1, 0xFFFFFFFF]),
        "extra": st.sampled_from([b"", b"\x55\x54\0\0", b"\1\0\x10\0" + bytes(16), b"x"]),
        "mode": st.sampled_from([0, 0o100644, 0o120777, 0o40755]),
        "comment": st.sampled_from([b"", b"x"]),
        "offset": st.sampled_from([0, 30]),
    },
)


@st.composite
def wheels(draw: st.DrawFn) -> bytes:
    """Return a wheel of odd members, with a right RECORD and few lies in its headers."""
    files = draw(st.dictionaries(NAMES, st.binary(max_size=30), max_size=4))
    members = raw_zip.demo(files=files)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(members) - 1))
        lies = draw(LIES)
        header = draw(st.sampled_from(["local", "central", "both"]))
        member = replace(members[at], method=draw(st.sampled_from([0, 8])))
        if header == "both":
            members[at] = member.both(**lies)
        elif header == "local":
            members[at] = replace(member, local=lies)
        else:
            members[at] = replace(member, central=lies)
    order = draw(st.permutations(range(len(members))))
    end64 = draw(st.sampled_from([None, {}, {"disks": 2}]))
    return raw_zip.raw_zip(members, order=list(order), end64=end64)


@st.composite
def sdists(draw: st.DrawFn) -> bytes:
    """Return an sdist of odd members, with few lies in its headers."""
    members = raw_tar.demo()
    for number in range(draw(st.integers(0, 3))):
        name = draw(NAMES).encode()
        member = raw_tar.Member(
            draw(st.sampled_from([b"demo-1.0/", b"demo-1.0/", b""])) + name,
            draw(st.binary(max_size=20)),
            type=draw(st.sampled_from([b"0", b"0", b"\0", b"1", b"2", b"5", b"7", b"S"])),
            link=draw(st.sampled_from([b"", b"demo-1.0/PKG-INFO", b"..", b"a", b"../../x"])),
            magic=draw(st.sampled_from([raw_tar.PAX_MAGIC, raw_tar.GNU_MAGIC, bytes(8)])),
            prefix=draw(st.sampled_from([b"", b"", b"", b"demo-1.0"])),
            pax=draw(
                st.sampled_from([{}, {}, {b"path": b"demo-1.0/p%d" % number}, {b"size": b"7"}])
            ),
        )
        if draw(st.booleans()):
            member = replace(member, content=b"" if member.type in b"1257" else member.content)
        members.insert(draw(st.integers(0, len(members))), member)
    return raw_tar.raw_sdist(members, draw(st.sampled_from([raw_tar.END, raw_tar.END, b""])))


@st.composite
def lying_headers(draw: st.DrawFn) -> bytes:
    """Return an sdist with a member whose header has a wrong byte and the right checksum."""
    kind = draw(st.sampled_from([b"0", b"2", b"5"]))
    magic = draw(st.sampled_from([raw_tar.PAX_MAGIC, raw_tar.GNU_MAGIC]))
    member = raw_tar.Member(b"demo-1.0/a", type=kind, link=b"PKG-INFO", magic=magic)
    block = bytearray(raw_tar.header(member))
    block[draw(st.integers(0, len(block) - 1))] = draw(st.integers(0, 255))
    last = raw_tar.raw_tar([raw_tar.Member(b"demo-1.0/last", b"x")])
    return raw_tar.raw_sdist(raw_tar.demo(), raw_tar.with_checksum(bytes(block)) + last)


def same_wheel_to_all(content: bytes) -> None:
    """Compare what the readers make of a wheel, if we accept it."""
    if not is_accepted(content, WHEEL):
        return
    first, second = (read(content) for read in readers.WHEEL_READERS)
    with tempfile.TemporaryDirectory() as folder:
        third = readers.with_installer(content, Path(folder), WHEEL)

    assert first == second == third


def same_sdist_to_all(content: bytes) -> None:
    """Compare what the readers make of an sdist, if we accept it."""
    if not is_accepted(content, SDIST):
        return
    with tempfile.TemporaryDirectory() as folder:
        first = readers.with_tarfile(content, Path(folder))
        second = readers.with_gnu_tar(content, Path(folder))

    assert first == second


@EXAMPLES
@given(mutations(raw_zip.raw_zip(raw_zip.demo())))
def test_a_wheel_with_changed_bytes_is_refused_or_the_same_to_all(content: bytes) -> None:
    same_wheel_to_all(content)


@EXAMPLES
@given(mutations(factories.wheel(files={"demo/__init__.py": "x = 1\n" * 500})[1]))
def test_a_deflated_wheel_with_changed_bytes_is_refused_or_the_same_to_all(content: bytes) -> None:
    same_wheel_to_all(content)


@EXAMPLES
@given(wheels())
def test_a_wheel_of_odd_members_is_refused_or_the_same_to_all(content: bytes) -> None:
    same_wheel_to_all(content)


@EXAMPLES
@given(mutations(raw_tar.raw_tar(raw_tar.demo())))
def test_a_tar_with_changed_bytes_is_refused_or_the_same_to_all(tar: bytes) -> None:
    same_sdist_to_all(gzip.compress(tar, 1))


@EXAMPLES
@given(mutations(raw_tar.raw_sdist(raw_tar.demo())))
def test_a_gzip_with_changed_bytes_is_refused_or_the_same_to_all(content: bytes) -> None:
    same_sdist_to_all(content)


@EXAMPLES
@given(sdists())
def test_an_sdist_of_odd_members_is_refused_or_the_same_to_all(content: bytes) -> None:
    same_sdist_to_all(content)


@EXAMPLES
@given(lying_headers())
def test_an_sdist_with_a_lie_in_a_header_is_refused_or_the_same_to_all(content: bytes) -> None:
    same_sdist_to_all(content)


@EXAMPLES
@given(
    mutations(
        factories.core_metadata(
            requires_dist=["a>1; os_name=='b'"],
            headers=[
                "Summary: a",
                "License-Expression: MIT OR Apache-2.0",
                "Author-Email: A <a@b.c>",
                "Project-URL: A, https://b.c",
                "Classifier: Topic :: X",
                "Keywords: a,b",
            ],
        ).encode()
    )
)
def test_metadata_with_changed_bytes_is_judged_and_never_a_failure(text: bytes) -> None:
    members = [
        replace(one, content=text) if one.name.endswith(b"METADATA") else one
        for one in raw_zip.demo()
    ]

    accepted = is_accepted(raw_zip.raw_zip(members), WHEEL)

    assert not accepted or b"demo" in text.lower()


@pytest.mark.parametrize("case", ANY_WHEELS, ids=str)
def test_an_unusual_wheel_is_the_same_to_every_library(case: Case, tmp_path: Path) -> None:
    by_directory = readers.with_zipfile(case.content)

    assert readers.by_streaming(case.content) == by_directory
    assert readers.with_installer(case.content, tmp_path, case.filename) == by_directory


@pytest.mark.parametrize("case", INSTALLABLE, ids=str)
def test_an_unusual_wheel_is_the_same_to_uv(case: Case, tmp_path: Path) -> None:
    expected = readers.with_zipfile(case.content)

    found = readers.with_uv(case.content, tmp_path, case.filename)

    assert found == {
        path: content for path, content in expected.items() if not path.endswith("/RECORD")
    }


@pytest.mark.parametrize("case", INSTALLABLE[::12], ids=str)
def test_an_unusual_wheel_is_the_same_to_pip(case: Case, tmp_path: Path) -> None:
    expected = readers.with_zipfile(case.content)

    found = readers.with_pip(case.content, tmp_path, case.filename)

    assert found == {
        path: content for path, content in expected.items() if not path.endswith("/RECORD")
    }


@pytest.mark.parametrize("case", WITH_COMMANDS_OR_DATA, ids=str)
def test_scripts_and_data_that_are_accepted_can_be_installed(case: Case, tmp_path: Path) -> None:
    by_pip = readers.with_pip(case.content, tmp_path, case.filename)
    by_uv = readers.with_uv(case.content, tmp_path, case.filename)

    assert readers.with_zipfile(case.content).keys() & by_pip.keys() & by_uv.keys()


@pytest.mark.skipif(not shutil.which("tar"), reason="compares with the tar of the system")
@pytest.mark.parametrize("case", SDISTS, ids=str)
def test_an_unusual_sdist_is_the_same_to_every_tar(case: Case, tmp_path: Path) -> None:
    by_tarfile = readers.with_tarfile(case.content, tmp_path / "random")
    by_stream = readers.with_tarfile(case.content, tmp_path / "stream", "r|gz")

    assert by_stream == by_tarfile
    assert readers.with_gnu_tar(case.content, tmp_path) == by_tarfile
