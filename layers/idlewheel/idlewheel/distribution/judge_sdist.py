"""The verdict on an sdist, in one pass: gzip, tar, members, PKG-INFO."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from idlewheel.distribution import sdist
from idlewheel.distribution.archive import tar_rules
from idlewheel.distribution.archive.gzip_stream import Inflated
from idlewheel.distribution.archive.tar_gates import FILES
from idlewheel.distribution.archive.tar_layout import members
from idlewheel.distribution.rules import Findings, broken, require, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.archive.tar_layout import Member
    from idlewheel.distribution.filenames import DistributionName
    from idlewheel.distribution.policy import Policy


class SdistReader:
    """Reads one sdist, and keeps what it finds wrong in *findings*.

    `metadata` may raise `Unreadable`: then there is nothing more to be said.
    """

    def __init__(self, file: BinaryIO, size: int, policy: Policy, findings: Findings) -> None:
        """Prepare to read *file*, which has *size* bytes."""
        self._file = file
        self._size = size
        self._policy = policy
        self._findings = findings

    def metadata(self, name: DistributionName) -> tuple[bytes, sdist.Sdist]:
        """Judge the sdist as *name*; return PKG-INFO and what surrounds it."""
        require(sdist.sdist_is_not_a_zip, *zip_marks(self._file, self._size))
        found: dict[str, bytes] = {}
        listed = tuple(self._read(found))
        subject = sdist.Sdist(name, tuple(member.name for member in listed))
        self._findings.add(broken(tar_rules.NAME_RULES, subject.paths))
        self._findings.add(broken(tar_rules.RULES, listed))
        rules = sdist.RULES if self._policy.as_mirror else sdist.RULES + sdist.UPLOAD_RULES
        self._findings.add(broken(rules, subject))
        return found.get(f"{subject.root}/{sdist.PKG_INFO}", b""), subject

    def _read(self, found: dict[str, bytes]) -> Iterator[Member]:
        """Yield every member; put the contents of each PKG-INFO at the top into *found*."""
        stream = Inflated(self._file, self._policy.inflated_bytes(self._size))
        for member in members(stream, self._policy):
            if member.type in FILES and is_pkg_info(member.name) and not found:
                require(pkg_info_is_small, member.name, member.size, self._policy)
                found[member.name] = stream.read(member.size)
            yield member


def is_pkg_info(path: str) -> bool:
    """Whether *path* is PKG-INFO in a top-level folder."""
    return path.count("/") == 1 and path.endswith(f"/{sdist.PKG_INFO}")


def zip_marks(file: BinaryIO, size: int) -> tuple[bytes, bytes]:
    """Return the end of the file, and what is where an end record in it says a ZIP begins."""
    file.seek(max(size - sdist.END_SEARCH_BYTES, 0))
    end = file.read()
    at = end.rfind(sdist.END_MARK)
    file.seek(int.from_bytes(end[at + 16 : at + 20], "little") if at >= 0 else size)
    return end, file.read(4)


def pkg_info_is_small(path: str, size: int, policy: Policy) -> Iterator[str]:
    """PKG-INFO has at most 4 MiB."""
    if size > policy.metadata_bytes:
        yield f"{shown(path)} has {size} bytes; {policy.metadata_bytes} are allowed"


GATES = (pkg_info_is_small,)
