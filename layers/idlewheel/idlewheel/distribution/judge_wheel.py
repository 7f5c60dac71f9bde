"""The verdict on a wheel, step by step: layout, members, .dist-info, contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from idlewheel.distribution import entry_points, record, wheel
from idlewheel.distribution.archive import zip_rules
from idlewheel.distribution.archive.zip_contents import contents
from idlewheel.distribution.archive.zip_end import read_at
from idlewheel.distribution.archive.zip_layout import packed_of, read_layout, walk
from idlewheel.distribution.rules import Findings, Unreadable, broken, code_of, require, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from idlewheel.distribution.archive.zip_layout import Layout, Packed
    from idlewheel.distribution.filenames import DistributionName
    from idlewheel.distribution.policy import Policy

TAR_HEADER_BYTES = 512


class WheelReader:
    """Reads one wheel, and keeps what it finds wrong in *findings*.

    `metadata` may raise `Unreadable`: then there is nothing more to be said.
    """

    def __init__(self, file: BinaryIO, size: int, policy: Policy, findings: Findings) -> None:
        """Read the layout of *file*, which has *size* bytes."""
        self._file = file
        self._policy = policy
        self._findings = findings
        layout = read_layout(file, size, policy)
        names = layout.names
        findings.add(broken(zip_rules.NAME_RULES, names))
        self._members = dict(zip(names, self._walk(layout, names), strict=True))
        findings.add(broken(zip_rules.ARCHIVE_RULES, read_at(file, 0, TAR_HEADER_BYTES)))
        require(zip_rules.zip_is_no_bomb, layout, size, policy)

    def metadata(self, name: DistributionName) -> tuple[bytes, wheel.Wheel]:
        """Judge the wheel as *name*, contents and all; return METADATA and what surrounds it."""
        subject = wheel.Wheel(name, tuple(self._members), {})
        about = wheel.read_about(self._text(f"{subject.dist_info}/WHEEL"))
        subject = wheel.Wheel(name, subject.paths, about)
        rules = wheel.RULES if self._policy.as_mirror else wheel.RULES + wheel.UPLOAD_RULES
        self._findings.add(broken(rules, subject))
        self._judge_entry_points(subject.dist_info)
        self._judge_contents(self._record(subject))
        return self._text(f"{subject.dist_info}/METADATA", self._policy.metadata_bytes), subject

    def _walk(self, layout: Layout, names: list[str]) -> Iterator[Packed]:
        """Judge every record in passing."""
        own = () if self._policy.as_mirror else zip_rules.UPLOAD_RULES
        rules = (*zip_rules.RECORD_RULES, *own)
        end = 0
        for found, name in zip(walk(self._file, layout), names, strict=True):
            self._findings.add(broken(rules, found))
            end = found.end
            yield packed_of(found, name)
        for message in zip_rules.zip_records_reach_the_directory(layout, end):
            raise Unreadable(code_of(zip_rules.zip_records_reach_the_directory), message)

    def _text(self, path: str, limit: int = 0) -> bytes:
        """Return a member of .dist-info; nothing where it is missing, damaged or too large."""
        found = self._members.get(path)
        if found is None:
            return b""
        limit = limit or self._policy.small_text_bytes
        try:
            require(dist_info_files_are_small, path, found.size, limit)
            return b"".join(contents(self._file, found))
        except Unreadable as unreadable:
            self._findings.add([unreadable.problem])
            return b""

    def _record(self, subject: wheel.Wheel) -> Mapping[str, record.Row]:
        """Judge RECORD, and return its rows."""
        content = self._text(f"{subject.dist_info}/RECORD", self._policy.record_bytes)
        try:
            recorded = record.read_record(content, subject.paths, subject.dist_info, self._policy)
        except Unreadable as unreadable:
            self._findings.add([unreadable.problem])
            return {}
        if content and not self._policy.as_mirror:
            self._findings.add(broken(record.UPLOAD_RULES, recorded))
        return recorded.rows

    def _judge_entry_points(self, dist_info: str) -> None:
        content = self._text(f"{dist_info}/entry_points.txt")
        try:
            groups = entry_points.read_entry_points(content)
        except Unreadable as unreadable:
            self._findings.add([unreadable.problem])
        else:
            self._findings.add(broken(entry_points.RULES, groups))

    def _judge_contents(self, rows: Mapping[str, record.Row]) -> None:
        """Extract every member to nowhere, and hold it to its CRC and its row."""
        for path, found in self._members.items():
            try:
                self._judge_member(found, rows.get(path))
            except Unreadable as unreadable:
                self._findings.add([unreadable.problem])

    def _judge_member(self, found: Packed, row: record.Row | None) -> None:
        hasher = record.hasher_of(row)
        if row is None or hasher is None:
            for _ in contents(self._file, found):
                pass
            return
        for chunk in contents(self._file, found):
            hasher.update(chunk)
        size = found.size
        for message in record.record_digests_are_right(row, size, hasher.digest()):
            raise Unreadable(code_of(record.record_digests_are_right), message)


def dist_info_files_are_small(path: str, size: int, limit: int) -> Iterator[str]:
    """METADATA has at most 4 MiB, RECORD 32 MiB, WHEEL and entry_points.txt 1 MiB."""
    if size > limit:
        yield f"{shown(path)} has {size} bytes; {limit} are allowed"


SIZE_RULES = (dist_info_files_are_small,)
