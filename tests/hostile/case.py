"""A hostile or unusual distribution, and what must become of it."""

from __future__ import annotations

from typing import NamedTuple

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"


class Case(NamedTuple):
    title: str
    """What is special about the file."""
    filename: str
    content: bytes
    code: str | None
    """The code of the rule that must refuse it; None if it must be accepted."""

    def __str__(self) -> str:
        kind = "wheel" if self.filename.endswith(".whl") else "sdist"
        return f"{'accept' if self.code is None else 'refuse'} {kind}: {self.title}"


def bad_wheel(title: str, code: str, content: bytes) -> Case:
    return Case(title, WHEEL, content, code)


def bad_sdist(title: str, code: str, content: bytes) -> Case:
    return Case(title, SDIST, content, code)


def good(title: str, file: tuple[str, bytes]) -> Case:
    return Case(title, *file, None)
