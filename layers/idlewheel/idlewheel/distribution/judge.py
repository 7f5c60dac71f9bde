"""The verdict on one file: which problems it has, and if none, what its metadata says."""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.metadata import parse_email

from idlewheel.distribution.metadata import CoreMetadata
from idlewheel.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from idlewheel.distribution.filenames import DistributionName
    from idlewheel.distribution.policy import Policy


@dataclass(frozen=True, slots=True)
class Judged:
    """What there is to say about a file; without problems it has metadata."""

    problems: tuple[Problem, ...]
    metadata: bytes = b""
    core: CoreMetadata | None = None


def judge(
    path: Path, name: DistributionName, fields: Mapping[str, list[str]], policy: Policy
) -> Judged:
    """Return the verdict on the file at *path*, which is to be the distribution *name*."""
    try:
        metadata = metadata_of(path, name)
    except (zipfile.BadZipFile, tarfile.TarError, KeyError, OSError) as error:
        return Judged((Problem("archive-is-readable", str(error)),))
    raw, _ = parse_email(metadata)
    return Judged((), metadata, CoreMetadata.of(raw))


def metadata_of(path: Path, name: DistributionName) -> bytes:
    """Return METADATA or PKG-INFO."""
    if name.kind == "wheel":
        with zipfile.ZipFile(path) as archive:
            return archive.read(f"{name.stem}.dist-info/METADATA")
    with tarfile.open(path) as sources:
        found = sources.extractfile(f"{name.stem}/PKG-INFO")
        return found.read() if found else b""
