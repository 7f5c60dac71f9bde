"""Coverage-guided fuzzing of the verdict, where atheris installs; not part of the suite.

``python -m tests.hostile.fuzz_atheris SEEDS -max_total_time=600`` writes the hostile and unusual
files to the folder SEEDS and mutates them. The first byte of an input says what the rest is: a
wheel, an sdist, or the tar in one. What it looks for: any exception that is not a verdict, and
any accepted file that two readers take for two trees. Needs ``pip install atheris installer``.
"""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from itertools import chain
from pathlib import Path

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "layers" / "idlewheel"), str(ROOT)]

with atheris.instrument_imports(include=["idlewheel.distribution"]):
    from idlewheel.distribution import filenames
    from idlewheel.distribution.judge import judge
    from idlewheel.distribution.policy import MIB, Policy

from tests.hostile import (  # noqa: E402 -- found by the lines above
    cases_links,
    cases_metadata,
    cases_tar,
    cases_unusual,
    cases_unusual_sdist,
    cases_wheel,
    cases_zip,
    readers,
)
from tests.hostile.case import SDIST, WHEEL  # noqa: E402

POLICY = Policy(free_inflated_bytes=8 * MIB)
LARGEST = 20_000


def seeds(folder: Path) -> None:
    """Write every small case into *folder*."""
    folder.mkdir(exist_ok=True)
    modules = (
        cases_links,
        cases_metadata,
        cases_tar,
        cases_unusual,
        cases_unusual_sdist,
        cases_wheel,
        cases_zip,
    )
    for number, case in enumerate(chain.from_iterable(module.cases() for module in modules)):
        is_wheel = case.filename.endswith(".whl")
        if len(case.content) < LARGEST:
            (folder / f"{number}").write_bytes((b"w" if is_wheel else b"s") + case.content)
        if case.filename == SDIST and case.code is None:
            (folder / f"{number}.tar").write_bytes(b"t" + gzip.decompress(case.content))


def is_accepted(content: bytes, filename: str) -> bool:
    """Judge *content*; any failure but a verdict is raised."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return not judge(Path(file.name), filenames.parse(filename), {}, POLICY).problems


def look(data: bytes) -> None:
    """Judge one input, and compare what readers make of it if it is accepted."""
    kind, content = data[:1], data[1:]
    if kind == b"w":
        if is_accepted(content, WHEEL):
            first, second = (read(content) for read in readers.WHEEL_READERS)
            assert first == second
        return
    content = gzip.compress(content, 1) if kind == b"t" else content
    if is_accepted(content, SDIST):
        with tempfile.TemporaryDirectory() as folder:
            first = readers.with_tarfile(content, Path(folder))
            second = readers.with_gnu_tar(content, Path(folder))
        assert first == second


if __name__ == "__main__":
    seeds(Path(sys.argv[1]))
    os.nice(10)
    atheris.Setup(sys.argv, look)
    atheris.Fuzz()
