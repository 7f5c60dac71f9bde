"""Which files are meant: patterns, folders, and what lies beside a file and is no file itself."""

from __future__ import annotations

import glob
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlewheel_cli.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DISTRIBUTIONS = (".whl", ".tar.gz")
BESIDE = (".attestation", ".asc", ".sigstore", ".sigstore.json", ".metadata")
"""Files beside distributions; they are never published by themselves."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to publish."""

    path: Path
    attestations: tuple[dict[str, Any], ...] = ()
    """PEP 740 objects that lie beside it."""
    draft: str | None = None
    """The id of the draft that it goes into; None where it is published by itself."""
    upload_time: str | None = None
    """When it was uploaded elsewhere, as PEP 700 writes it, if it is to keep that."""
    as_mirror: bool = False
    """Ask the index to skip the rules that bind new uploads only."""

    @property
    def name(self) -> str:
        """The filename."""
        return self.path.name

    @property
    def fits_a_form(self) -> bool:
        """Whether a form can say it all: it knows no drafts and no past, and is visible at once."""
        return self.draft is None and self.upload_time is None and not self.as_mirror


def select(patterns: Sequence[str], *, with_attestations: bool = False) -> list[Candidate]:
    """Find the files that *patterns* mean: wheels first, each once, in a stable order.

    Raises Failure where a pattern means nothing, or a file that is no distribution.
    """
    paths = {path.resolve(): path for pattern in patterns for path in _found(pattern)}
    strange = [path.name for path in paths.values() if not path.name.endswith(DISTRIBUTIONS)]
    if strange:
        raise Failure(
            f"neither a wheel (.whl) nor an sdist (.tar.gz): {', '.join(sorted(strange))}"
        )
    if not paths:
        raise Failure(f"there is nothing to publish in {', '.join(patterns)}")
    ordered = sorted(paths.values(), key=lambda path: (not path.name.endswith(".whl"), path.name))
    return [Candidate(path, _attestations(path) if with_attestations else ()) for path in ordered]


def _found(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    if path.is_dir():
        yield from (it for it in path.iterdir() if it.name.endswith(DISTRIBUTIONS))
        return
    found = [path] if path.exists() else [Path(it) for it in glob.glob(pattern)]  # noqa: PTH207 - a pattern may be absolute
    if not found:
        raise Failure(f"there is no file '{pattern}'; build one with 'python -m build'")
    yield from _plain(found)


def _plain(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file() and not path.name.endswith(BESIDE):
            yield path


def _attestations(path: Path) -> tuple[dict[str, Any], ...]:
    beside = sorted(path.parent.glob(f"{glob.escape(path.name)}.*.attestation"))
    if not beside:
        raise Failure(f"--attestations: there is no {path.name}.*.attestation beside {path}")
    try:
        return tuple(dict(json.loads(it.read_text(encoding="utf-8"))) for it in beside)
    except (OSError, ValueError, TypeError) as error:
        raise Failure(f"an attestation of {path.name} cannot be read: {error}") from None
