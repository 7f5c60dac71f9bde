"""The verdict on one file: which problems it has, and if none, what its metadata says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.distribution import fields, metadata_rules
from idlewheel.distribution.judge_sdist import SdistReader
from idlewheel.distribution.judge_wheel import WheelReader
from idlewheel.distribution.metadata import CoreMetadata
from idlewheel.distribution.metadata_rules import MetadataFile, read_metadata
from idlewheel.distribution.rules import Findings, Unreadable, broken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from idlewheel.distribution.filenames import DistributionName
    from idlewheel.distribution.policy import Policy
    from idlewheel.errors import Problem


@dataclass(frozen=True, slots=True)
class Judged:
    """What there is to say about a file; without problems it has metadata."""

    problems: tuple[Problem, ...]
    metadata: bytes = b""
    core: CoreMetadata | None = None


def judge(
    path: Path, name: DistributionName, declared: Mapping[str, list[str]], policy: Policy
) -> Judged:
    """Return the verdict on the file at *path*, which is to be the distribution *name*.

    *declared* are fields of the form that its metadata must agree with.
    """
    findings = Findings()
    try:
        found = read(path, name, declared, policy, findings)
    except Unreadable as unreadable:
        findings.add([unreadable.problem])
        return Judged(findings.all())
    if findings:
        return Judged(findings.all())
    return Judged((), found.content, CoreMetadata.of(found.raw))


def read(
    path: Path,
    name: DistributionName,
    declared: Mapping[str, list[str]],
    policy: Policy,
    findings: Findings,
) -> MetadataFile:
    """Judge the archive and its metadata into *findings*; return the metadata.

    Metadata that is not there has been found missing, and is not found wrong as well.
    """
    reader = WheelReader if name.kind == "wheel" else SdistReader
    with path.open("rb") as file:
        content, subject = reader(file, path.stat().st_size, policy, findings).metadata(name)
    found = read_metadata(content, name, declared, subject.files, subject.licenses)
    if content or not findings:
        judge_metadata(found, policy, findings)
    return found


def judge_metadata(found: MetadataFile, policy: Policy, findings: Findings) -> None:
    """Judge the metadata, as text and by its fields."""
    findings.add(broken(metadata_rules.RULES, found))
    if policy.as_mirror:
        return
    findings.add(broken(metadata_rules.UPLOAD_RULES, found))
    blocking = tuple(broken(fields.LENGTH_RULES, found.raw))
    findings.add(blocking or broken(fields.UPLOAD_RULES, found.raw))
