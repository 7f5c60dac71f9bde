"""Large wheels from the command to their verdict, beside what the parts cost alone.

    python -m benchmarks.large_upload [--runs 5]

The parts: hashing it once, a bare presigned PUT, a GET, a copy, and the verification, each measured
alone on the same local index, by turns with the command. The machine has other work: so the
shortest times are told, which a part catches sooner than the whole, and the median of what each run
says by itself. Memory is the peak of every process of ours over that for a small wheel.
SeaweedFS keeps objects on disk, as S3 does; MiniStack holds whole ones in memory, which is why the
largest wheel goes to SeaweedFS only.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks import functions
from benchmarks.emulators import dump
from benchmarks.memory import Memory
from idlewheel.distribution.form import Declaration
from idlewheel.distribution.verify import verify
from tests import seaweedfs
from tests.door import Door
from tests.factories import record_digest, wheel_text
from tests.localindex import ROOT
from tests.notices import Notices
from tests.rig import KEY, Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

CHUNK = 1024 * 1024
SMALL, LARGE, LARGEST = 5, 200, 2048
"""Mebibytes of content."""
RUNS = 5
COMMAND = "command"


def make_wheel(folder: Path, mebibytes: int, version: str = "1.0") -> Path:
    """Write a wheel of stored random bytes, as model weights are, without holding it in memory."""
    path = folder / f"bulky-{version}-py3-none-any.whl"
    block, digest = random.Random(version).randbytes(CHUNK), hashlib.sha256()
    metadata = f"Metadata-Version: 2.1\nName: bulky\nVersion: {version}\n".encode()
    tags = wheel_text(("py3-none-any",)).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("bulky/weights.bin", "w", force_zip64=True) as member:
            for number in range(mebibytes):
                part = number.to_bytes(8, "big") + block[8:]
                member.write(part)
                digest.update(part)
        weights = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        lines = [f"bulky/weights.bin,sha256={weights},{mebibytes * CHUNK}"]
        for name, content in (("METADATA", metadata), ("WHEEL", tags)):
            archive.writestr(f"bulky-{version}.dist-info/{name}", content)
            row = f"{name},{record_digest(content)},{len(content)}"
            lines.append(f"bulky-{version}.dist-info/{row}")
        lines.append(f"bulky-{version}.dist-info/RECORD,,")
        archive.writestr(f"bulky-{version}.dist-info/RECORD", "\n".join(lines) + "\n")
    return path


@dataclass(slots=True)
class Bench:
    """A running index, and what is measured on it."""

    rig: Rig
    folder: Path
    door: Door | None = None
    runs: list[dict[str, float]] = field(default_factory=list)
    """Seconds, by part, of each run."""

    def compare(self, mebibytes: int, runs: int) -> None:
        """Measure the parts and the command by turns."""
        for number in range(runs):
            path = make_wheel(self.folder, mebibytes, f"{mebibytes}.{number}")
            self.runs.append({part: timed(action) for part, action in self.parts(path).items()})
            path.unlink()

    def parts(self, path: Path) -> dict[str, Callable[[], object]]:
        """What is measured, the command last."""
        s3, stack = self.rig.stack.emulator.client("s3"), self.rig.stack
        place = {"Bucket": stack.inbox_bucket, "Key": "bench/alone"}
        checksum = base64.b64encode(hashed(path)).decode()
        url = s3.generate_presigned_url("put_object", Params={**place, "ChecksumSHA256": checksum})
        copy = {"Bucket": stack.files_bucket, "Key": f"bench/{path.name}", "CopySource": place}
        return {
            "hash": lambda: hashed(path),
            "PUT": lambda: put(url, path, checksum),
            "GET": lambda: download(s3.get_object(**place)["Body"]),
            "copy": lambda: s3.copy_object(**copy),
            "verify": lambda: verify(path, Declaration.of(path.name)),
            COMMAND: lambda: self.publish(path),
        }

    def publish(self, path: Path) -> None:
        """Run the command as people do."""
        index = self.rig.index
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}/cli:{ROOT}/layers/idlewheel",
            "IDLEWHEEL_URL": index.url,
            "IDLEWHEEL_TOKEN": index.token,
            # An installed command has its bytecode, whatever this process was told.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
        }
        command = [sys.executable, "-m", "idlewheel_cli.main", "publish", str(path)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

    def peaks(self, mebibytes: int) -> dict[str, float]:
        """Publish one wheel, and answer the peak memory of each kind of process."""
        path = make_wheel(self.folder, mebibytes, f"{mebibytes}.0")
        memory = Memory()
        memory.start()
        self.publish(path)
        path.unlink()
        return memory.stop()

    def growth(self, mebibytes: int) -> dict[str, tuple[int, int]]:
        """Peaks, in MiB, of each kind of process: for a small wheel, and then for a large one."""
        small, large = self.peaks(SMALL), self.peaks(mebibytes)
        return {
            kind: (round(small[kind]), round(large[kind]))
            for kind in sorted(large)
            if kind in small
        }


@contextlib.contextmanager
def bench(folder: Path, *, on_disk: bool, counted: bool = False) -> Iterator[Bench]:
    """Run an index: on SeaweedFS if *on_disk*; *counted* puts a door before the store."""
    with contextlib.ExitStack() as running:
        s3, door = None, None
        if on_disk:
            (folder / "s3").mkdir()
            server = seaweedfs.server(folder / "s3", KEY)
            running.enter_context(server.running())
            s3 = server.url
        if counted and s3:
            store = s3
            door = Door(lambda: store)
            running.enter_context(door.open())
            s3 = door.url
        rig = Rig(folder, s3=s3)
        if on_disk:
            notices = Notices(rig.stack, {"staged/large/": rig.queues["LargeQueue"]})
            running.enter_context(notices.running())
        running.enter_context(rig.running())
        yield Bench(rig, folder, door)


def timed(action: Callable[[], object]) -> float:
    """Seconds that *action* takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def hashed(path: Path) -> bytes:
    """Read the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def put(url: str, path: Path, checksum: str) -> None:
    """Put a file under a presigned URL."""
    headers = {"content-length": str(path.stat().st_size), "x-amz-checksum-sha256": checksum}
    with path.open("rb") as file:
        chunks = iter(lambda: file.read(CHUNK), b"")
        httpx.put(url, content=chunks, headers=headers, timeout=600).raise_for_status()


def download(body: Any) -> None:  # noqa: ANN401 - botocore makes its classes at run time
    """Read an object and keep nothing."""
    for _ in body.iter_chunks(CHUNK):
        pass


def report(runs: int) -> list[list[str]]:
    """Measure everything; rows of a table."""
    rows = []
    for name, on_disk in (("SeaweedFS", True), ("MiniStack", False)):
        with tempfile.TemporaryDirectory() as folder:
            with bench(Path(folder), on_disk=on_disk) as one:
                one.publish(make_wheel(one.folder, SMALL))
                one.compare(LARGE, runs)
            rows.append([name, *compared(one.runs)])
            print(rows[-1], flush=True)
    return rows


def compared(runs: Sequence[Mapping[str, float]]) -> list[str]:
    """Tell the shortest times and their ratio, and the median of the runs' own ratios."""
    shortest = {part: min(run[part] for run in runs) for part in runs[0]}
    parts = ", ".join(f"{part} {shortest[part]:.2f}" for part in shortest if part != COMMAND)
    total = f"{sum(shortest.values()) - shortest[COMMAND]:.2f}"
    median = statistics.median(map(ratio, runs))
    return [parts, total, f"{shortest[COMMAND]:.2f}", f"{ratio(shortest):.2f}", f"{median:.2f}"]


def ratio(seconds: Mapping[str, float]) -> float:
    """How many times as long as its parts the command takes."""
    return seconds[COMMAND] / (sum(seconds.values()) - seconds[COMMAND])


def main() -> None:
    """Measure and print; keep the result for the document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_upload")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    result = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": os.getloadavg()[0]}
    head = ["store", "parts alone, s", "sum", "command", "of the sum", "median of the runs"]
    dump(functions.temporary("large.json"), {**result, "head": head, "rows": report(options.runs)})
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder), on_disk=True) as one:
        grown = one.growth(LARGEST)
    head = ["process", "peak MiB for 5 MiB", "peak MiB for 2 GiB"]
    rows = [[kind, *map(str, peaks)] for kind, peaks in grown.items()]
    print(rows)
    dump(functions.temporary("largest.json"), {**result, "head": head, "rows": rows})


if __name__ == "__main__":
    main()
