from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from idlewheel.distribution.filenames import DistributionName, parse
from idlewheel.errors import Rejected


def codes(filename: str, *, as_mirror: bool = False) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        parse(filename, as_mirror=as_mirror)
    return [problem.code for problem in rejected.value.problems]


def test_a_wheel_says_what_it_is_and_for_whom() -> None:
    found = parse("acme_tools-1.0+local.7-2x-cp312.cp313-abi3-linux_x86_64.whl")

    assert found == DistributionName(
        filename="acme_tools-1.0+local.7-2x-cp312.cp313-abi3-linux_x86_64.whl",
        project="acme-tools",
        version="1.0+local.7",
        kind="wheel",
        python_tag="cp312.cp313",
        tag="cp312.cp313-abi3-linux_x86_64",
        build="2x",
    )
    assert found.stem == "acme_tools-1.0+local.7"
    assert found.tags == {"cp312-abi3-linux_x86_64", "cp313-abi3-linux_x86_64"}


def test_an_sdist_says_what_it_is() -> None:
    found = parse("acme_tools-1!2.0rc1.tar.gz")

    assert (found.project, found.version, found.kind) == ("acme-tools", "1!2.0rc1", "sdist")
    assert (found.python_tag, found.tag, found.tags) == ("source", "", frozenset())


@pytest.mark.parametrize(
    ("filename", "code"),
    [
        ("demo-1.0.zip", "filename-has-a-known-extension"),
        ("demo-1.0.tar.bz2", "filename-has-a-known-extension"),
        ("demo-1.0-py3-none-any.WHL", "filename-has-a-known-extension"),
        ("demo-1.0.tar.gz.asc", "filename-has-a-known-extension"),
        ("", "filename-is-plain-text"),
        ("../demo-1.0.tar.gz", "filename-is-plain-text"),
        ("..\\demo-1.0.tar.gz", "filename-is-plain-text"),
        ("demo-1.0.tar.gz\n", "filename-is-plain-text"),
        ("demo-1.0\0.tar.gz", "filename-is-plain-text"),
        ("demo%2F-1.0.tar.gz", "filename-is-plain-text"),
        ("démo-1.0.tar.gz", "filename-is-plain-text"),
        ("demo-1.0-py3-none-any.whl" * 20, "filename-is-plain-text"),
        ("demo.tar.gz", "filename-has-all-its-parts"),
        (".whl", "filename-has-all-its-parts"),
        ("demo-1.0.whl", "filename-has-all-its-parts"),
        ("demo-1.0-py3-none.whl", "filename-has-all-its-parts"),
        ("demo-1.0-1-2-py3-none-any.whl", "filename-has-all-its-parts"),
        ("-1.0.tar.gz", "filename-has-a-valid-name"),
        ("_demo-1.0.tar.gz", "filename-has-a-valid-name"),
        ("demo.-1.0-py3-none-any.whl", "filename-has-a-valid-name"),
        ("demo-one.tar.gz", "filename-has-a-valid-version"),
        ("demo--py3-none-any.whl", "filename-has-a-valid-version"),
        ("demo-1.0-x1-py3-none-any.whl", "filename-has-a-valid-build-tag"),
        ("demo-1.0--py3-none-any.whl", "filename-has-a-valid-build-tag"),
        ("demo-1.0-py3..py2-none-any.whl", "filename-has-valid-tags"),
        ("demo-1.0-3py-none-any.whl", "filename-has-valid-tags"),
        ("demo-1.0-py3-no+ne-any.whl", "filename-has-valid-tags"),
        ("demo-1.0-py3--any.whl", "filename-has-valid-tags"),
        ("Demo-1.0.tar.gz", "filename-is-normalized"),
        ("de.mo-1.0-py3-none-any.whl", "filename-is-normalized"),
        ("de__mo-1.0.tar.gz", "filename-is-normalized"),
        ("de-mo-1.0.tar.gz", "filename-is-normalized"),
        ("demo-01.0.tar.gz", "filename-is-normalized"),
        ("demo-v1.0-py3-none-any.whl", "filename-is-normalized"),
        ("demo-1.0-1.tar.gz", "filename-is-normalized"),
        ("demo-1.0+LOCAL-py3-none-any.whl", "filename-is-normalized"),
    ],
)
def test_a_filename_that_is_not_in_its_one_form_is_refused(filename: str, code: str) -> None:
    found = codes(filename)

    assert code in found


def test_every_problem_of_a_filename_is_told_at_once() -> None:
    found = codes("_demo-one-x-3py-none-any.whl")

    assert found == [
        "filename-has-a-valid-name",
        "filename-has-a-valid-version",
        "filename-has-a-valid-build-tag",
        "filename-has-valid-tags",
    ]


@pytest.mark.parametrize(
    "filename", ["Foo.Bar-1.0-py2.py3-none-any.whl", "requests-oauthlib-2.0.0.tar.gz"]
)
def test_a_mirror_takes_the_spellings_of_old(filename: str) -> None:
    found = parse(filename, as_mirror=True)

    assert found.filename == filename


def test_tag_sets_that_multiply_are_refused_without_multiplying_them() -> None:
    tags = "-".join(".".join(f"{letter}{n}" for n in range(20)) for letter in "abc")

    started = time.monotonic()
    found = codes(f"demo-1.0-{tags}.whl")
    took = time.monotonic() - started

    assert found == ["filename-tags-are-few"]
    assert took < 0.5


def test_a_version_of_two_hundred_digits_is_judged_and_not_feared() -> None:
    found = parse(f"demo-{'9' * 200}.tar.gz")

    assert found.version == "9" * 200


NAMES = st.from_regex(r"[a-zA-Z0-9._-]{1,12}", fullmatch=True)
VERSIONS = st.from_regex(
    r"(\d!)?\d{1,2}(\.\d){0,2}(a\d|rc\d|\.post\d)?(\+[a-z0-9.]{1,4})?", fullmatch=True
)
TAGS = st.from_regex(r"[a-z0-9_.]{1,8}-[a-z0-9_.]{1,8}-[a-z0-9_.]{1,8}", fullmatch=True)


@given(NAMES, VERSIONS, st.sampled_from(["", "-1", "-2a"]), TAGS)
def test_whatever_wheel_we_accept_packaging_reads_the_same(
    name: str, version: str, build: str, tag: str
) -> None:
    filename = f"{name}-{version}{build}-{tag}.whl"
    try:
        found = parse(filename)
    except Rejected:
        return
    project, parsed, _, tags = parse_wheel_filename(filename)

    assert (found.project, Version(found.version)) == (project, parsed)
    assert found.tags == {str(one) for one in tags}


@given(NAMES, VERSIONS)
def test_whatever_sdist_we_accept_packaging_reads_the_same(name: str, version: str) -> None:
    filename = f"{name}-{version}.tar.gz"
    try:
        found = parse(filename)
    except Rejected:
        return
    project, parsed = parse_sdist_filename(filename)

    assert (found.project, found.version) == (project, str(parsed))


@given(st.text())
def test_no_text_does_anything_but_be_accepted_or_refused(text: str) -> None:
    for filename in (text, f"{text}.whl", f"demo-{text}.tar.gz", f"demo-1.0-{text}-none-any.whl"):
        try:
            found = parse(filename)
        except Rejected:
            continue

        assert found.filename == filename
