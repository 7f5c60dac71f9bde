"""Verification of a distribution: the one door to everything in this package.

The file is read twice at the same time: here for its digests, unless the caller has them from
the way that it came, and in an isolated process that takes it apart (see `isolation`). Memory does
not grow with the file.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from idlewheel.distribution import filenames
from idlewheel.distribution.digests import digests_of, wanted
from idlewheel.distribution.isolation import Isolated
from idlewheel.distribution.metadata import CoreMetadata
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.rules import broken
from idlewheel.errors import Problem, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from idlewheel.distribution.form import Declaration

DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution that breaks no rule, and all that an index needs to know of it."""

    name: filenames.DistributionName
    size: int
    """Bytes of the file."""
    digests: Mapping[str, str]
    """Lower-case hex under ``sha256``, ``blake2b_256`` and, if declared or cheap, ``md5``."""
    metadata: bytes
    """METADATA or PKG-INFO, byte for byte: what PEP 658 serves."""
    core: CoreMetadata
    has_static_metadata: bool
    """Whether *metadata* may be served beside the file: all wheels', some sdists' (PEP 643)."""
    description_html: str | None
    """The description as safe HTML; None where there is none."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The file as a whole, beside what was declared."""

    declaration: Declaration
    policy: Policy
    size: int
    digests: Mapping[str, str]


def verify(
    path: Path,
    declaration: Declaration,
    policy: Policy = DEFAULT_POLICY,
    digests: Callable[[], Mapping[str, str]] | None = None,
) -> Distribution:
    """Return the distribution at *path*, or raise `Rejected` with every problem of it.

    *declaration* says what it must be. *digests* tells those of the file, at least the declared
    ones; without it the `wanted` ones are computed. `Unavailable` means that the machine, and not
    the file, kept us from a verdict.
    """
    name = filenames.parse(declaration.filename, as_mirror=policy.as_mirror)
    size = path.stat().st_size
    refuse(broken(SIZE_RULES, Whole(declaration, policy, size, {})))
    job = {
        "file": str(path.absolute()),
        "name": asdict(name),
        "fields": dict(declaration.fields),
        "policy": asdict(policy),
    }
    limits = {"cpu_seconds": policy.cpu_seconds(size), "memory_bytes": policy.memory_bytes}
    with Isolated(job, **limits) as isolated:  # type: ignore[arg-type]
        found = digests() if digests else digests_of(path, wanted(declaration.digests, size))
        answers = isolated.answers()
    said = (Problem(*problem) for answer in answers for problem in answer["problems"])
    refuse([*broken(RULES, Whole(declaration, policy, size, found)), *said])
    return distribution(name, size, found, answers)


def refuse(problems: Iterator[Problem] | list[Problem]) -> None:
    """Raise `Rejected` if there are any problems."""
    if found := tuple(problems):
        raise Rejected(found)


def distribution(
    name: filenames.DistributionName,
    size: int,
    digests: Mapping[str, str],
    answers: list[dict[str, Any]],
) -> Distribution:
    """Put together what the isolated process said: the verdict, then perhaps the description."""
    core = CoreMetadata.from_json(answers[0]["core"])
    html = answers[1]["html"] if len(answers) > 1 else None
    return Distribution(
        name=name,
        size=size,
        digests=digests,
        metadata=base64.b64decode(answers[0]["metadata"]),
        core=core,
        has_static_metadata=name.kind == "wheel" or core.is_static,
        description_html=html or (plain(core.description) if core.description.strip() else None),
    )


def plain(text: str) -> str:
    """Return *text* as HTML, for when the renderer did not live to do it."""
    return f"<pre>{escape(text)}</pre>"


def file_is_within_the_limit(whole: Whole) -> Iterator[str]:
    """A file has at most 5 GiB: what one S3 request can copy."""
    if whole.size > whole.policy.file_bytes:
        yield f"The file has {whole.size} bytes; {whole.policy.file_bytes} are allowed"


def file_is_not_empty(whole: Whole) -> Iterator[str]:
    """A file has content."""
    if whole.size == 0:
        yield "The file is empty"


def file_has_the_declared_digests(whole: Whole) -> Iterator[str]:
    """The bytes that arrived have every digest that was declared."""
    for kind, declared in whole.declaration.digests.items():
        if whole.digests[kind] != declared.lower():
            yield f"The {kind} digest of the file is {whole.digests[kind]}, not as declared"


SIZE_RULES = (file_is_within_the_limit, file_is_not_empty)
RULES = (file_has_the_declared_digests,)
