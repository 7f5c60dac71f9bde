from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from idlewheel.distribution.form import Declaration
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.verify import Distribution, verify
from idlewheel.errors import Rejected
from tests import factories

if TYPE_CHECKING:
    from pathlib import Path

AS_MIRROR = Policy(as_mirror=True)


def verified(file: tuple[str, bytes], folder: Path, policy: Policy) -> Distribution:
    filename, content = file
    path = folder / "fetched"
    path.write_bytes(content)
    declaration = Declaration.of(filename, as_mirror=policy.as_mirror)
    return verify(path, declaration, policy=policy)


def codes(rejected: pytest.ExceptionInfo[Rejected]) -> set[str]:
    return {problem.code for problem in rejected.value.problems}


def test_a_mirror_takes_old_files_that_a_new_upload_may_not_be_like(tmp_path: Path) -> None:
    text = "Metadata-Version: 2.0\nName: Demo\nVersion: 1.0\nRequires-Dist: a @ https://b/c\n"
    _, content = factories.sdist(metadata=text)

    found = verified(("Demo-1.0.tar.gz", content), tmp_path, AS_MIRROR)

    assert found.core.metadata_version == "2.0"


class Pipe(io.BytesIO):
    """Where one cannot go back, as when a wheel is written to a network."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_mirror_takes_wheels_that_were_written_to_a_pipe(
    tmp_path: Path, compression: int
) -> None:
    filename, content = factories.wheel()
    pipe = Pipe()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(pipe, "w", compression) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    file = (filename, pipe.getvalue())

    found = verified(file, tmp_path, AS_MIRROR)
    with pytest.raises(Rejected) as rejected:
        verified(file, tmp_path, Policy())

    assert found.size == len(pipe.getvalue())
    assert codes(rejected) == {"zip-members-have-no-data-descriptors"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil", "member-names-are-canonical"),
        ("demo/A.py", "member-names-differ-in-more-than-case"),
    ],
)
def test_a_mirror_takes_no_hostile_file_for_that(tmp_path: Path, name: str, code: str) -> None:
    file = factories.wheel(files={name: "", "demo/a.py": ""})

    with pytest.raises(Rejected) as rejected:
        verified(file, tmp_path, AS_MIRROR)

    assert codes(rejected) == {code}
