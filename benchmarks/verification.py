"""How fast a distribution is verified, and in how much memory, as it grows.

Each wheel is made, then verified in a fresh process, which tells its time and the peak memory of
both of its processes. Beside it stand (by the clock, and in brackets by processor time, which
other work on the machine does not blur) one SHA-256 pass over the same file, and for deflated
members `zipfile.testzip`. Usage: ``python -m benchmarks.verification [LARGEST_MB]``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "layers" / "idlewheel"))

from benchmarks.judging import cost  # noqa: E402 -- after the path is set
from idlewheel.distribution.digests import digests_of, wanted  # noqa: E402
from idlewheel.distribution.form import Declaration  # noqa: E402 -- found by the line above
from idlewheel.distribution.verify import verify  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1_000_000
RUNS = 3
CPU = time.process_time
FILENAME = "demo-1.0-py3-none-any.whl"
DIST_INFO = "demo-1.0.dist-info"
ABOUT = {
    "METADATA": "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n",
    "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


@dataclass(frozen=True)
class Shape:
    """A wheel of *size* megabytes in *members* members."""

    size: int
    members: int
    compression: int

    @property
    def title(self) -> str:
        """What the shape is called in the table."""
        kind = "stored" if self.compression == zipfile.ZIP_STORED else "deflated"
        return f"{self.size:>5} MB, {self.members:>5} {kind}"


def write(path: Path, shape: Shape) -> None:
    """Write a wheel of *shape*."""
    with zipfile.ZipFile(path, "w", shape.compression, compresslevel=6) as archive:
        rows = [add(archive, f"demo/{number}.bin", shape) for number in range(shape.members)]
        for name, text in ABOUT.items():
            archive.writestr(f"{DIST_INFO}/{name}", text)
        rows += [
            row(f"{DIST_INFO}/{name}", hashlib.sha256(text.encode()), len(text))
            for name, text in ABOUT.items()
        ]
        archive.writestr(f"{DIST_INFO}/RECORD", "".join([*rows, f"{DIST_INFO}/RECORD,,\n"]))


def add(archive: zipfile.ZipFile, name: str, shape: Shape) -> str:
    """Add one member of the shape's size; return its row of RECORD."""
    chunk = source_text() if shape.compression else os.urandom(MB)
    left = size = shape.size * MB // shape.members
    hasher = hashlib.sha256()
    with archive.open(name, "w", force_zip64=size > 2**31) as file:
        while left > 0:
            part = chunk[: min(left, MB)]
            hasher.update(part)
            file.write(part)
            left -= len(part)
    return row(name, hasher, size)


def source_text() -> bytes:
    """Return a megabyte that compresses as source code does, about four to one."""
    words = [os.urandom(4).hex()[: 2 + n % 6] for n in range(3000)]
    return " ".join(random.choices(words, k=250_000)).encode()[:MB].ljust(MB)


def row(name: str, hasher: hashlib._Hash, size: int) -> str:
    """Return a row of RECORD."""
    digest = base64.urlsafe_b64encode(hasher.digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{size}\n"


def fastest(action: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the seconds of the fastest of some runs."""
    times = []
    for _ in range(RUNS):
        started = clock()
        action()
        times.append(clock() - started)
    return min(times)


def sha256(path: Path) -> str:
    """Return the digest of the file at *path*."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def testzip(path: Path) -> None:
    """Extract everything to nowhere, as `zipfile` does it."""
    with zipfile.ZipFile(path) as archive:
        archive.testzip()


def measure(path: Path) -> dict[str, float]:
    """Verify the file at *path*; return seconds, processor seconds and peak MB of each process."""
    declaration = Declaration.of(FILENAME)
    verify(path, declaration)  # the first one starts the process that judges
    seconds = fastest(lambda: verify(path, declaration))
    hashing = fastest(
        lambda: digests_of(path, wanted(declaration.digests, path.stat().st_size)), CPU
    )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    judging = cost(path, FILENAME)
    cpu = hashing + judging.cpu
    return {"seconds": seconds, "cpu": cpu, "own": own, "child": judging.memory / 1e6}


def report(path: Path, shape: Shape) -> str:
    """Return one line on *shape*."""
    write(path, shape)
    size = path.stat().st_size / MB
    command = [sys.executable, "-m", "benchmarks.verification", "--measure", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT)
    found = json.loads(done.stdout)
    line = f"{shape.title:<22} {size / found['seconds']:>7.0f} MB/s"
    line += f"{compared(found, lambda: sha256(path))} of SHA-256"
    if shape.compression:
        line += f"{compared(found, lambda: testzip(path))} of testzip"
    return f"{line}  peak {found['own']:.0f} + {found['child']:.0f} MB"


def compared(found: dict[str, float], action: Callable[[], object]) -> str:
    """Return how fast verification is beside *action*: by the clock, and by processor time."""
    clock, cpu = fastest(action), fastest(action, CPU)
    return f"  {clock / found['seconds']:>5.2f} ({cpu / found['cpu']:.2f})"


def main() -> None:
    """Print a table, up to wheels of the size that is asked for."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
        return
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    shapes = [
        Shape(1, 10, zipfile.ZIP_STORED),
        *(Shape(size, 1, zipfile.ZIP_STORED) for size in (10, 200, 2000) if size <= largest),
        Shape(200, 1500, zipfile.ZIP_STORED),
        Shape(10, 200, zipfile.ZIP_DEFLATED),
        Shape(200, 1, zipfile.ZIP_DEFLATED),
        Shape(200, 1500, zipfile.ZIP_DEFLATED),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes:
            print(report(Path(folder) / "wheel", shape), flush=True)


if __name__ == "__main__":
    main()
