from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution import isolation
from idlewheel.distribution.form import Declaration, check_form
from idlewheel.distribution.metadata import CoreMetadata
from idlewheel.distribution.policy import MIB, Policy
from idlewheel.distribution.verify import DEFAULT_POLICY, Distribution, verify
from idlewheel.errors import Rejected, Unavailable
from tests import factories

if TYPE_CHECKING:
    from pathlib import Path


def verified(
    file: tuple[str, bytes],
    folder: Path,
    policy: Policy = DEFAULT_POLICY,
    changes: dict[str, str | list[str]] | None = None,
) -> Distribution:
    """Verify a file as the upload of its form does."""
    filename, content = file
    path = folder / "staged"
    path.write_bytes(content)
    declaration = check_form(factories.upload_form(filename, content, **(changes or {})), filename)
    return verify(path, declaration, policy=policy)


def codes(rejected: pytest.ExceptionInfo[Rejected]) -> set[str]:
    return {problem.code for problem in rejected.value.problems}


def test_digests_that_the_caller_knows_are_not_computed_again(tmp_path: Path) -> None:
    filename, content = factories.wheel()
    (tmp_path / filename).write_bytes(content)
    declaration = Declaration.of(filename, {"md5": "0" * 32})
    known = {"sha256": "a" * 64, "md5": "0" * 32}

    found = verify(tmp_path / filename, declaration, digests=lambda: known)

    assert found.digests == known


def test_digests_that_the_caller_knows_are_held_to_those_declared(tmp_path: Path) -> None:
    filename, content = factories.wheel()
    (tmp_path / filename).write_bytes(content)
    declaration = Declaration.of(filename, {"sha256": "b" * 64})

    with pytest.raises(Rejected) as rejected:
        verify(tmp_path / filename, declaration, digests=lambda: {"sha256": "a" * 64})

    assert codes(rejected) == {"file-has-the-declared-digests"}


def test_a_wheel_is_told_all_about(tmp_path: Path) -> None:
    filename, content = factories.wheel(
        "Acme.Tools",
        "1.0",
        requires_python=">=3.9",
        requires_dist=["a>1"],
        headers=["Summary: It is a tool", "Project-URL: Home, https://a.b", "Keywords: x,y"],
    )

    found = verified((filename, content), tmp_path)

    assert found.name.project == "acme-tools"
    assert found.size == len(content)
    assert found.digests == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "blake2b_256": hashlib.blake2b(content, digest_size=32).hexdigest(),
        "md5": hashlib.md5(content).hexdigest(),
    }
    assert found.core == CoreMetadata(
        metadata_version="2.4",
        name="Acme.Tools",
        version="1.0",
        summary="It is a tool",
        requires_python=">=3.9",
        requires_dist=("a>1",),
        project_urls=(("Home", "https://a.b"),),
        keywords=("x", "y"),
    )
    assert found.has_static_metadata
    assert found.description_html is None


def test_the_metadata_is_that_of_the_file_byte_for_byte(tmp_path: Path) -> None:
    text = "Metadata-Version: 2.1\r\nname:  demo\r\nVersion: 1.0\r\n\r\n\tü\r\n"

    found = verified(factories.wheel(metadata=text), tmp_path)

    assert found.metadata == text.encode()


@pytest.mark.parametrize(
    ("metadata_version", "headers", "is_static"),
    [
        ("2.1", (), False),
        ("2.2", (), True),
        ("2.4", (), True),
        ("2.4", ("Dynamic: Requires-Dist",), False),
        ("2.4", ("Dynamic: requires-python",), False),
        ("2.4", ("Dynamic: Summary",), True),
    ],
)
def test_the_metadata_of_an_sdist_is_relied_on_where_it_says_so(
    tmp_path: Path, metadata_version: str, headers: tuple[str, ...], is_static: bool
) -> None:
    text = factories.core_metadata(metadata_version=metadata_version, headers=headers)

    found = verified(factories.sdist(metadata=text), tmp_path)

    assert found.has_static_metadata is is_static


@pytest.mark.parametrize("kind", ["md5_digest", "sha256_digest", "blake2_256_digest"])
def test_bytes_that_are_not_those_declared_are_refused(tmp_path: Path, kind: str) -> None:
    length = 32 if kind == "md5_digest" else 64

    with pytest.raises(Rejected) as rejected:
        verified(factories.wheel(), tmp_path, changes={kind: "0" * length})

    assert codes(rejected) == {"file-has-the-declared-digests"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requires_python", ">=3.6"),
        ("requires_dist", ["other"]),
        ("requires_dist", ["a>1", "b"]),
        ("provides_extra", ["evil"]),
    ],
)
def test_a_form_that_says_something_else_than_the_file_is_refused(
    tmp_path: Path, field: str, value: str | list[str]
) -> None:
    file = factories.wheel(requires_python=">=3.9", requires_dist=["a>1"])

    with pytest.raises(Rejected) as rejected:
        verified(file, tmp_path, changes={field: value})

    assert codes(rejected) == {"metadata-agrees-with-the-form"}


def test_a_form_may_spell_the_same_differently_or_say_less(tmp_path: Path) -> None:
    file = factories.wheel(
        requires_python=">=3.9,<4",
        requires_dist=["A_b[x] (>=1)", "c ; extra == 'y'"],
        headers=["Provides-Extra: Y_z"],
    )
    said: dict[str, str | list[str]] = {
        "requires_python": "<4, >=3.9",
        "requires_dist": ['c; extra=="y"', "a-b[x]>=1"],
        "provides_extra": ["y-z"],
    }

    found = verified(file, tmp_path, changes=said)

    assert found.name.project == "demo"


def test_what_form_and_file_have_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = factories.wheel(
        files={"../evil": "", "demo/a\\b": ""}, headers=["Summary: " + "a" * 600]
    )

    with pytest.raises(Rejected) as rejected:
        verified(file, tmp_path, changes={"sha256_digest": "0" * 64, "requires_python": ">=3"})

    assert codes(rejected) == {
        "file-has-the-declared-digests",
        "member-names-are-canonical",
        "member-names-have-no-backslashes",
        "metadata-agrees-with-the-form",
        "summary-is-short",
    }


def test_a_rule_that_is_broken_a_thousand_times_speaks_five_times(tmp_path: Path) -> None:
    files = {f"demo\\{number}": "" for number in range(1000)}

    with pytest.raises(Rejected) as rejected:
        verified(factories.wheel(files=files), tmp_path)

    assert len(rejected.value.problems) == 5


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected) as rejected:
        verified(("demo-1.0-py3-none-any.whl", b""), tmp_path)

    assert codes(rejected) == {"file-is-not-empty"}


def test_a_file_beyond_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(6 * 1024 * MIB)

    with pytest.raises(Rejected) as rejected:
        verify(path, Declaration.of("demo-1.0-py3-none-any.whl", {"sha256": "0" * 64}))

    assert codes(rejected) == {"file-is-within-the-limit"}


def test_md5_is_computed_for_large_files_only_where_it_was_declared(tmp_path: Path) -> None:
    filename, content = factories.wheel(files={"demo/x": bytes(20 * MIB)}, compression=0)
    path = tmp_path / "large"
    path.write_bytes(content)

    found = verify(path, Declaration.of(filename))
    declared = verify(path, Declaration.of(filename, {"md5": hashlib.md5(content).hexdigest()}))

    assert set(found.digests) == {"sha256", "blake2b_256"}
    assert "md5" in declared.digests


def test_a_file_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    marker = "os_name=='a' or " * 200 + "'a'=='a'"
    file = factories.wheel(requires_dist=[f"a; {marker}"] * 600)

    with pytest.raises(Rejected) as rejected:
        verified(file, tmp_path, Policy(seconds=0.5))

    assert codes(rejected) == {"verification-stays-within-its-time"}


def test_a_file_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    file = factories.wheel(files={f"demo/{number}": "" for number in range(10_000)})

    with pytest.raises(Rejected) as rejected:
        verified(file, tmp_path, Policy(memory_bytes=32 * MIB))

    assert codes(rejected) == {"verification-stays-within-its-memory"}


def test_the_reading_process_has_no_environment_to_steal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    spy = "import os, json; print(json.dumps(sorted(os.environ)))"
    monkeypatch.setattr(isolation, "BOOT", spy)

    with isolation.Isolated({}, cpu_seconds=5, memory_bytes=MIB) as isolated:
        seen = isolated.answers()

    assert "AWS_SECRET_ACCESS_KEY" not in seen[0]


@pytest.mark.parametrize("boot", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 11)"])
def test_a_process_that_dies_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str
) -> None:
    monkeypatch.setattr(isolation, "BOOT", boot)

    with pytest.raises(Unavailable):
        verified(factories.wheel(), tmp_path)


def test_a_process_that_hangs_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "BOOT", "import time; time.sleep(60)")
    monkeypatch.setattr(isolation, "GRACE_SECONDS", 0.2)

    with pytest.raises(Unavailable):
        verified(factories.wheel(), tmp_path, Policy(seconds=0.1))


def test_a_description_whose_rendering_ends_the_process_is_shown_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = isolation.BOOT.replace(
        "copies.serve", "worker.description = lambda *_: sys.exit(1)\ncopies.serve"
    )
    monkeypatch.setattr(isolation, "BOOT", dying)

    found = verified(factories.wheel(description="<b>hello</b>"), tmp_path)

    assert found.description_html == "<pre>&lt;b&gt;hello&lt;/b&gt;</pre>"


def test_a_description_that_takes_too_long_is_shown_as_text(tmp_path: Path) -> None:
    table = "=== ===\n" + "a   b\n" * 10_000 + "=== ===\n"
    file = factories.wheel(headers=["Description-Content-Type: text/x-rst"], description=table)

    found = verified(file, tmp_path, Policy(render_seconds=0.05))

    assert (found.description_html or "").startswith("<pre>=== ===")
