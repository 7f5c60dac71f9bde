"""Other readers of archives: what each makes of a file, as contents by name."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from installer.sources import WheelFile

if TYPE_CHECKING:
    from collections.abc import Callable

Tree = dict[str, bytes]
UV = Path(sys.executable).with_name("uv")
WRITTEN_BY_INSTALLERS = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json"}


def with_zipfile(content: bytes) -> Tree:
    """Read a wheel by its central directory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            entry.filename: archive.read(entry) for entry in archive.filelist if not entry.is_dir()
        }


def by_streaming(content: bytes) -> Tree:
    """Read a wheel from its beginning, by its local headers alone, as a download is read."""
    tree = {}
    at = 0
    while content[at : at + 4] == b"PK\3\4":
        fields = struct.unpack("<4s5H3L2H", content[at : at + 30])
        method, packed, (name, extra) = fields[3], fields[7], fields[9:]
        path = content[at + 30 : at + 30 + name].decode()
        start = at + 30 + name + extra
        if packed == 0xFFFFFFFF:
            packed = zip64_size(content[at + 30 + name : start])
        data = content[start : start + packed]
        if not path.endswith("/"):
            tree[path] = zlib.decompress(data, -15) if method else data
        at = start + packed
    return tree


def zip64_size(extra: bytes) -> int:
    """Return the packed size that a ZIP64 extra field states."""
    while extra:
        kind, length = struct.unpack("<2H", extra[:4])
        if kind == 1:
            return int.from_bytes(extra[12:20], "little")
        extra = extra[4 + length :]
    return 0


def with_installer(content: bytes, folder: Path, filename: str) -> Tree:
    """Read a wheel with the reference library for installing them, digests validated."""
    path = folder / filename
    path.write_bytes(content)
    with WheelFile.open(path) as source:
        source.validate_record()
        return {
            record[0]: stream.read()
            for record, stream, _ in source.get_contents()
            if not record[0].endswith("/")
        }


def with_uv(content: bytes, folder: Path, filename: str) -> Tree:
    """Install a wheel with uv; scripts and data end up elsewhere and are left out."""
    path = folder / filename
    path.write_bytes(content)
    target = folder / "uv"
    options = ["--quiet", "--no-deps", "--no-index", "--no-cache", "--offline", "--no-config"]
    command = [str(UV), "pip", "install", *options, "--target", str(target), str(path)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return installed(target)


def with_pip(content: bytes, folder: Path, filename: str) -> Tree:
    """Install a wheel with pip."""
    path = folder / filename
    path.write_bytes(content)
    target = folder / "pip"
    options = ["--quiet", "--no-deps", "--no-index", "--no-cache-dir", "--no-compile"]
    command = [sys.executable, "-m", "pip", "--isolated", "install", *options, "--target"]
    subprocess.run([*command, str(target), str(path)], check=True, capture_output=True, cwd=folder)
    return installed(target)


def installed(target: Path) -> Tree:
    """Return what an installer put into *target*, without what it wrote itself."""
    return {
        path.relative_to(target).as_posix(): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and path.name not in WRITTEN_BY_INSTALLERS | {".lock"}
    }


def with_tarfile(content: bytes, folder: Path, mode: str = "r:gz") -> Tree:
    """Extract an sdist as pip does, with the filter of PEP 706 where Python has it."""
    target = folder / "tarfile"
    with tarfile.open(fileobj=io.BytesIO(content), mode=mode) as archive:  # type: ignore[call-overload]
        archive.extractall(target, filter="data")
    return extracted(target)


def with_gnu_tar(content: bytes, folder: Path) -> Tree:
    """Extract an sdist with the tar of the system, from what Python's gzip makes of it."""
    target = folder / "tar"
    target.mkdir()
    command = ["tar", "--extract", "--no-same-owner", "--no-same-permissions", "--file=-"]
    subprocess.run(
        command, input=gzip.decompress(content), cwd=target, check=True, capture_output=True
    )
    return extracted(target)


def extracted(target: Path) -> Tree:
    """Return the files under *target*; a link counts as where it leads to."""
    return {
        path.relative_to(target).as_posix(): (
            str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        )
        for path in target.rglob("*")
        if path.is_symlink() or path.is_file()
    }


WHEEL_READERS: tuple[Callable[[bytes], Tree], ...] = (with_zipfile, by_streaming)
