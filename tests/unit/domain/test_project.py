from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import Version

from idlewheel.domain.names import LONGEST, NormalizedName, is_valid, normalize
from idlewheel.domain.project import (
    Claim,
    File,
    FileState,
    Project,
    Release,
    Status,
    page_of,
)
from idlewheel.domain.versions import canonical
from idlewheel.errors import Conflict

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PROJECT = Project(NormalizedName("demo"), "Demo", 3, 1_000, NOW)
FILE = File("demo-1.0.tar.gz", "1.0", "sdist", 3, "a" * 64, NOW, "ann")
CLAIM = Claim("demo-1.0.tar.gz", "a" * 64, "0123", FileState.ACTIVE)


@given(st.from_regex(r"\A[A-Za-z0-9._-]{1,20}\Z"))
def test_names_are_normalized_as_packaging_does(name: str) -> None:
    assert str(normalize(name)) == str(canonicalize_name(name))


@pytest.mark.parametrize("name", ["a", "A1", "a.b", "a_b-c", "0", "a" * LONGEST])
def test_these_may_be_names(name: str) -> None:
    assert is_valid(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", ".", "a b", "ä", "a\n", "a/b", "a" * 129])
def test_these_may_not_be_names(name: str) -> None:
    assert not is_valid(name)


@given(
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "1!"]),
        st.lists(st.integers(0, 20), min_size=1, max_size=4).map(lambda n: ".".join(map(str, n))),
        st.sampled_from(["", "a0", "b10", "rc1"]),
        st.sampled_from(["", ".post0", ".post10", ".dev0", ".post1.dev2"]),
        st.sampled_from(["", "+local.0", "+1.0.0"]),
    )
)
def test_equal_versions_share_their_canonical_spelling(text: str) -> None:
    assert canonical(str(Version(text))) == canonicalize_version(text)


def test_a_page_lists_what_is_there() -> None:
    page = page_of(PROJECT, (Release("1.0", NOW),), (FILE,))

    assert page.files == (FILE,)
    assert [release.version for release in page.releases] == ["1.0"]


def test_a_deleted_file_is_not_listed() -> None:
    assert page_of(PROJECT, (), (replace(FILE, state=FileState.DELETED),)).files == ()


def test_a_deleted_release_is_no_version() -> None:
    assert page_of(PROJECT, (Release("1.0", NOW, deleted=True),), ()).releases == ()


@pytest.mark.parametrize("status", Status)
def test_only_quarantine_hides_files(status: Status) -> None:
    page = page_of(replace(PROJECT, status=status), (), (FILE,))

    assert bool(page.files) is (status is not Status.QUARANTINED)


@pytest.mark.parametrize(
    ("of_release", "of_file", "shown"),
    [
        (None, None, None),
        ("old", None, "old"),
        (None, "bad", "bad"),
        ("old", "bad", "bad"),
        ("", None, ""),
    ],
)
def test_a_yank_of_the_release_holds_for_its_files(
    of_release: str | None, of_file: str | None, shown: str | None
) -> None:
    release = Release("1.0.0", NOW, yanked=of_release)

    (file,) = page_of(PROJECT, (release,), (replace(FILE, yanked=of_file),)).files

    assert file.yanked == shown


def test_a_yank_does_not_reach_other_releases() -> None:
    (file,) = page_of(PROJECT, (Release("1.0.1", NOW, yanked=""),), (FILE,)).files

    assert file.yanked is None


@pytest.mark.parametrize(
    ("status", "takes", "offers"),
    [
        (Status.ACTIVE, True, True),
        (Status.DEPRECATED, True, True),
        (Status.ARCHIVED, False, True),
        (Status.QUARANTINED, False, False),
    ],
)
def test_statuses_mean_what_pep_792_says(status: Status, takes: bool, offers: bool) -> None:
    assert (status.takes_uploads, status.offers_files) == (takes, offers)


def test_a_claim_is_settled_by_the_same_file() -> None:
    assert CLAIM.settles("demo-1.0.tar.gz", "a" * 64)


@pytest.mark.parametrize(
    ("claim", "filename", "sha256"),
    [
        (CLAIM, "demo-1.0.tar.gz", "b" * 64),
        (CLAIM, "Demo-1.0.tar.gz", "a" * 64),
        (replace(CLAIM, state=FileState.DELETED), "demo-1.0.tar.gz", "a" * 64),
    ],
)
def test_a_claim_conflicts_with_anything_else(claim: Claim, filename: str, sha256: str) -> None:
    with pytest.raises(Conflict, match=r"^File already exists"):
        claim.settles(filename, sha256)


def test_the_key_of_a_file_holds_its_content() -> None:
    assert FILE.key(PROJECT.name) == f"files/demo/{'a' * 64}/demo-1.0.tar.gz"
