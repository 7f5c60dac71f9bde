"""A large wheel from the command to its verdict, beside what its parts cost alone.

    python -m benchmarks.large_upload --megabytes 200

The parts: hashing it once, a bare presigned PUT, a GET, a copy, and the verification, each measured
alone on the same local index in the same run. Memory is the peak of every process of ours, without
the emulator, which keeps whole objects in memory.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import httpx
from botocore.config import Config

from idlewheel.distribution.form import Declaration
from idlewheel.distribution.verify import verify
from tests.factories import record_digest, wheel_text
from tests.localindex import ROOT, local_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from tests.localindex import LocalIndex

CHUNK = 1024 * 1024


def make_wheel(folder: Path, megabytes: int) -> Path:
    """Write a wheel of stored random bytes, as model weights are, without holding it in memory."""
    path = folder / "bulky-1.0-py3-none-any.whl"
    block, digest = random.Random(7).randbytes(CHUNK), hashlib.sha256()
    metadata = b"Metadata-Version: 2.1\nName: bulky\nVersion: 1.0\n"
    tags = wheel_text(("py3-none-any",)).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("bulky/weights.bin", "w", force_zip64=True) as member:
            for number in range(megabytes):
                part = number.to_bytes(8, "big") + block[8:]
                member.write(part)
                digest.update(part)
        weights = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        lines = [f"bulky/weights.bin,sha256={weights},{megabytes * CHUNK}"]
        for name, content in (("METADATA", metadata), ("WHEEL", tags)):
            archive.writestr(f"bulky-1.0.dist-info/{name}", content)
            lines.append(f"bulky-1.0.dist-info/{name},{record_digest(content)},{len(content)}")
        lines.append("bulky-1.0.dist-info/RECORD,,")
        archive.writestr("bulky-1.0.dist-info/RECORD", "\n".join(lines) + "\n")
    return path


class Memory(threading.Thread):
    """Watches the peak memory of processes below this one, the emulator's aside."""

    def __init__(self, emulator: int) -> None:
        super().__init__(daemon=True)
        self.emulator = emulator
        self.peaks: dict[str, int] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        """Look ten times a second, until `ended`."""
        while not self.ended.wait(0.1):
            for pid in descendants(os.getpid()):
                if pid != self.emulator:
                    self._note(pid)

    def _note(self, pid: int) -> None:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return
        peak = next((int(it.split()[1]) for it in status.splitlines() if "VmHWM" in it), 0)
        name = f"{pid} {' '.join(command.split())[:60]}"
        self.peaks[name] = max(self.peaks.get(name, 0), peak // 1024)


def descendants(pid: int) -> list[int]:
    """Every process below *pid*."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(it) for it in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def timed(action: Callable[[], object]) -> float:
    """Seconds that *action* takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def parts(index: LocalIndex, path: Path) -> dict[str, float]:
    """Measure each part alone."""
    port = json.loads((index.state / "aws/process.json").read_text())["port"]
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(signature_version="s3v4"),
    )
    buckets = [it["Name"] for it in s3.list_buckets()["Buckets"]]
    inbox = next(it for it in buckets if "inbox" in it)
    files = next(it for it in buckets if "files" in it)
    place = {"Bucket": inbox, "Key": "bench/alone"}
    checksum = base64.b64encode(hashed(path)).decode()
    url = s3.generate_presigned_url("put_object", Params={**place, "ChecksumSHA256": checksum})
    seconds = {
        "hash": timed(lambda: hashed(path)),
        "put": timed(lambda: put(url, path, checksum)),
        "get": timed(lambda: download(s3, place)),
        "copy": timed(
            lambda: s3.copy_object(
                Bucket=files, Key="bench/copy", CopySource=f"{inbox}/bench/alone"
            )
        ),
        "verify": timed(lambda: verify(path, Declaration.of(path.name))),
    }
    s3.delete_object(Bucket=inbox, Key=place["Key"])
    return seconds


def hashed(path: Path) -> bytes:
    """Read the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def put(url: str, path: Path, checksum: str) -> None:
    """Put a file under a presigned URL."""
    headers = {
        "content-length": str(path.stat().st_size),
        "x-amz-checksum-sha256": checksum,
    }
    with path.open("rb") as file:
        chunks = iter(lambda: file.read(CHUNK), b"")
        httpx.put(url, content=chunks, headers=headers, timeout=600).raise_for_status()


def download(s3: S3Client, place: dict[str, str]) -> None:
    """Get an object and keep nothing."""
    body = s3.get_object(Bucket=place["Bucket"], Key=place["Key"])["Body"]
    for _ in body.iter_chunks(CHUNK):
        pass


def publish(index: LocalIndex, path: Path) -> None:
    """Run the command as people do."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}/cli:{ROOT}/layers/idlewheel",
        "IDLEWHEEL_URL": index.url,
        "IDLEWHEEL_TOKEN": index.token,
    }
    command = [sys.executable, "-m", "idlewheel_cli.main", "publish", str(path)]
    subprocess.run(command, env=environment, check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, local_index(Path(folder) / "state") as index:
        path = make_wheel(Path(folder), options.megabytes)
        alone = parts(index, path)
        memory = Memory(index.pids["aws"])
        memory.start()
        took = timed(lambda: publish(index, path))
        memory.ended.set()
        memory.join()
    total = sum(alone.values())
    for name, seconds in alone.items():
        print(f"{name:>10} {seconds:7.2f} s")
    print(f"{'sum':>10} {total:7.2f} s\n{'publish':>10} {took:7.2f} s = {took / total:.2f} x")
    for name, peak in sorted(memory.peaks.items(), key=lambda it: -it[1])[:8]:
        print(f"{peak:>7} MiB  {name}")


if __name__ == "__main__":
    main()
