"""Uploads that must be taken, in the forms in which twine and uv send them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from tests import factories
from tests.conformance.forms import Part, twine_form

if TYPE_CHECKING:
    from tests.conformance.clients import Index

PLATFORMS = (
    *("manylinux1_x86_64", "manylinux2014_aarch64", "manylinux_2_28_x86_64"),
    *("musllinux_1_2_x86_64", "macosx_10_9_universal2", "macosx_14_0_arm64", "win32"),
    *("win_amd64", "win_arm64", "linux_x86_64", "linux_armv7l", "ios_13_0_arm64_iphoneos"),
    *("android_21_arm64_v8a", "pyemscripten_2025_0_wasm32", "acme_house_arm64"),
)


@pytest.mark.checklist("UP-01")
def test_a_wheel_from_twine_is_listed_when_the_upload_has_answered(index: Index, name: str) -> None:
    filename, content = factories.wheel(
        name,
        requires_python=">=3.9",
        requires_dist=["idna>=3", "attrs; extra == 'x'"],
        headers=["Provides-Extra: x", "Project-URL: Home, https://example.com", "Keywords: a,b"],
        description="Plain.\n",
    )

    answer = index.twine(filename, content)

    assert answer.status_code == 200
    assert index.filenames(name) == {filename}


@pytest.mark.checklist("UP-02")
def test_an_sdist_from_twine_is_listed_when_the_upload_has_answered(
    index: Index, name: str
) -> None:
    filename, content = factories.sdist(name)

    assert index.twine(filename, content).status_code == 200
    assert index.filenames(name) == {filename}


@pytest.mark.checklist("UP-03")
def test_the_form_of_uv_is_taken_with_its_plurals_and_its_blanks(index: Index, name: str) -> None:
    wheel = factories.wheel(
        name,
        metadata=factories.core_metadata(
            name, metadata_version="2.5", headers=["Import-Name: demo", "Import-Namespace: acme"]
        ),
    )
    sdist = factories.sdist(name, requires_python=">=3.9")

    answers = [index.uv(*wheel), index.uv(*sdist)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert index.filenames(name) == {wheel[0], sdist[0]}
    assert index.file(name, wheel[0]).get("requires-python") is None


@pytest.mark.checklist("UP-03")
def test_plurals_of_uv_bind_nobody_as_on_pypi(index: Index, name: str) -> None:
    wheel = factories.wheel(name)

    answer = index.uv(*wheel, metadata_version="2.3", import_names=["demo", "demo.extra"])

    assert answer.status_code == 200
    assert index.filenames(name) == {wheel[0]}


@pytest.mark.checklist("UP-04")
def test_md5_is_enough_where_it_is_the_only_digest(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()

    answer = index.twine(filename, content, md5_digest=md5, sha256_digest=[], blake2_256_digest=[])

    assert answer.status_code == 200
    assert index.filenames(name) == {filename}


@pytest.mark.checklist("UP-05")
def test_the_same_file_again_is_taken_and_changes_nothing(index: Index, name: str) -> None:
    made = index.wheel(name)
    before = index.page(name)

    answers = [index.twine(*made), index.uv(*made)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert index.page(name) == before


@pytest.mark.checklist("UP-06", "UP-07")
@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6"])
def test_every_version_of_metadata_is_taken(index: Index, name: str, version: str) -> None:
    headers = ["Import-Name: demo"] if version >= "2.5" else []
    metadata = factories.core_metadata(name, metadata_version=version, headers=headers)

    answer = index.twine(*factories.wheel(name, metadata=metadata))

    assert answer.status_code == 200, answer.text


@pytest.mark.checklist("UP-08", "UP-25")
def test_wheels_of_several_tags_and_an_sdist_stand_side_by_side(index: Index, name: str) -> None:
    tags = ("py3-none-any", "cp311-cp311-win_amd64", "cp312-abi3-manylinux_2_28_x86_64")
    made = [factories.wheel(name, tags=[tag]) for tag in tags] + [factories.sdist(name)]

    index.publish(*made)

    assert index.filenames(name) == {filename for filename, _ in made}
    assert index.page(name)["versions"] == ["1.0"]


@pytest.mark.checklist("UP-09")
def test_a_wheel_may_have_a_build_number(index: Index, name: str) -> None:
    filename, _ = index.wheel(name, build="1local")

    assert index.filenames(name) == {filename}


@pytest.mark.checklist("UP-10", "UP-11")
@pytest.mark.parametrize(
    ("version", "normal"),
    [
        ("1.0a1", "1.0a1"),
        ("1.0.RC2", "1.0rc2"),
        ("1.0.post3", "1.0.post3"),
        ("1.0.dev4", "1.0.dev4"),
        ("2!1.0", "2!1.0"),
        ("1.0+abc.5", "1.0+abc.5"),
    ],
)
def test_every_kind_of_version_is_taken_and_kept_in_its_normal_form(
    index: Index, name: str, version: str, normal: str
) -> None:
    filename, content = index.wheel(name, version)

    assert index.page(name)["versions"] == [normal]
    assert index.download(index.file_url(name, filename)).content == content


@pytest.mark.checklist("UP-12", "UP-13")
def test_wheels_for_every_platform_are_taken_those_of_the_house_too(
    index: Index, name: str
) -> None:
    made = [factories.wheel(name, tags=[f"cp313-cp313-{platform}"]) for platform in PLATFORMS]
    made.append(factories.wheel(name, tags=["py2-none-any", "py3-none-any"]))

    index.publish(*made)

    assert index.filenames(name) == {filename for filename, _ in made}
    assert made[-1][0].endswith("-py2.py3-none-any.whl")


@pytest.mark.checklist("UP-14")
@pytest.mark.parametrize("media_type", ["text/markdown", "text/x-rst", "text/plain"])
def test_a_description_of_200_kilobytes_is_taken(index: Index, name: str, media_type: str) -> None:
    filename, content = factories.wheel(
        name,
        headers=[f"Description-Content-Type: {media_type}"],
        description="A paragraph of words that say little.\n\n" * 5_200,
    )

    answer = index.twine(filename, content)

    assert answer.status_code == 200, answer.text
    info = index.get(f"{index.facts.json_url}{name}/json").json()["info"]
    assert len(info["description"]) > 200_000
    assert info["description_content_type"] == media_type


@pytest.mark.checklist("UP-15")
@pytest.mark.parametrize("as_file", [True, False])
def test_a_signature_is_ignored(index: Index, name: str, as_file: bool) -> None:
    filename, content = factories.wheel(name)
    signature = Part("gpg_signature", b"-----BEGIN PGP", f"{filename}.asc" if as_file else None)

    answer = index.post([signature, *twine_form(filename, content)])

    assert answer.status_code == 200
    assert not index.file(name, filename).get("gpg-sig")


@pytest.mark.checklist("UP-16")
@pytest.mark.parametrize("pattern", ["Foo.Bar_{}", "FOO--{}", "foo.._-{}"])
def test_any_spelling_of_a_name_lands_on_the_one_page(
    index: Index, name: str, pattern: str
) -> None:
    spelled = pattern.format(name)
    normal = canonicalize_name(spelled)

    filename, _ = index.wheel(spelled)

    assert index.filenames(normal) == {filename}
    info = index.get(f"{index.facts.json_url}{normal}/json").json()["info"]
    assert info["name"] == spelled


@pytest.mark.checklist("UP-17")
def test_the_upload_url_works_without_its_final_slash(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)

    answer = index.post(twine_form(filename, content), url=index.facts.upload_url.removesuffix("/"))

    assert answer.status_code == 200
    assert index.filenames(name) == {filename}


@pytest.mark.checklist("UP-18")
def test_a_field_that_says_unknown_says_nothing(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)

    answer = index.twine(
        filename,
        content,
        **dict.fromkeys(("summary", "license", "home_page", "requires_python"), "UNKNOWN"),
    )

    assert answer.status_code == 200
    assert index.file(name, filename).get("requires-python") is None


@pytest.mark.checklist("UP-18")
def test_metadata_that_says_unknown_says_nothing(index: Index, name: str) -> None:
    fields = ("Summary", "Home-page", "Author", "Author-email", "License", "Platform")
    index.wheel(name, headers=[f"{field}: UNKNOWN" for field in fields])

    info = index.get(f"{index.facts.json_url}{name}/json").json()["info"]

    assert {info[key] for key in ("license", "home_page", "author", "author_email")} <= {None, ""}
    assert info["summary"] in {None, ""}


@pytest.mark.checklist("UP-19", "UP-20", "UP-21")
def test_licences_boms_and_private_classifiers_are_taken(index: Index, name: str) -> None:
    headers = [
        "License-Expression: MIT OR Apache-2.0",
        "License-File: LICENSE",
        "Classifier: Private :: Do Not Upload",
        "Classifier: Programming Language :: Python :: 3",
    ]
    files = {
        "demo.py": "",
        ".dist-info/licenses/LICENSE": "MIT",
        ".dist-info/sboms/demo.cdx.json": "{}",
    }

    wheel = index.wheel(name, headers=headers, files=files)
    sdist = index.sdist(name, headers=headers, files={"LICENSE": "MIT"})

    info = index.get(f"{index.facts.json_url}{name}/json").json()["info"]
    assert index.filenames(name) == {wheel[0], sdist[0]}
    assert info["license_expression"] == "MIT OR Apache-2.0"
    assert info["license_files"] == ["LICENSE"]
    assert "Private :: Do Not Upload" in info["classifiers"]
