"""What verification allows a file: every budget in one place."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one verification; sizes in bytes, times in seconds.

    What may legitimately be large grows with the file, so that an honest wheel of 5 GB passes and
    a bomb of 100 kB does not.
    """

    as_mirror: bool = False
    """Skip the rules that bind new uploads only: the file is old, and published elsewhere."""

    file_bytes: int = 5 * GIB
    members: int = 100_000
    directory_bytes: int = 32 * MIB
    """The central directory of a ZIP; also all names of a tar together."""
    metadata_bytes: int = 4 * MIB
    record_bytes: int = 32 * MIB
    small_text_bytes: int = 1 * MIB
    """WHEEL and entry_points.txt."""
    free_inflated_bytes: int = 64 * MIB
    """Whatever the ratio, this much may come out (PyPI has the same two limits)."""
    ratio: int = 50
    """Beyond that, at most this many bytes may come out of one."""

    memory_bytes: int = 224 * MIB
    """Address space of the process that reads the file."""
    seconds: float = 4.0
    """Processor time for a small file; the verdict then comes within ten seconds."""
    bytes_per_second: int = 8 * MIB
    """How fast a large file is read at the slowest: it adds to *seconds*."""
    render_seconds: float = 1.5
    """Processor time for the description; beyond that it is shown as plain text."""

    def inflated_bytes(self, compressed: int) -> int:
        """Return how much may come out of *compressed* bytes."""
        return max(self.free_inflated_bytes, self.ratio * compressed)

    def cpu_seconds(self, size: int) -> float:
        """Return the processor time that a file of *size* bytes may take."""
        return self.seconds + size / self.bytes_per_second
