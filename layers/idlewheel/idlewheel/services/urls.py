"""What is listed downloads, and nothing else does: the table and the bucket brought to agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.project import METADATA_SUFFIX, FileState
from idlewheel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File
    from idlewheel.services.ports import Catalog, Files

FEW = 10
"""Files that are rather read one by one than with all others of their project."""

LOOKS = 10
"""How often the table is looked at until it stands still; others must act in between each time."""


@dataclass(frozen=True, slots=True)
class Urls:
    """The URLs of published files."""

    catalog: Catalog
    files: Files

    def agree(self, name: NormalizedName, files: Sequence[File] | None = None) -> None:
        """Stop the URLs of what is not listed and start those of what is: of *files*, or of all.

        Another manager may change the same between our look at the table and our call to S3.
        Whoever is last finds the table as it found it before, and leaves the URLs so.

        Raises:
            Unavailable: others kept changing it; doing the same again ends it.

        """
        done: dict[str, bool] = {}
        for _ in range(LOOKS):
            offered = self.catalog.project(name).status.offers_files
            current = self._current(name, files)
            state = {file.filename: offered and is_active(file) for file in current}
            if state == done:
                return
            self.files.hide(keys_of(name, [file for file in current if not state[file.filename]]))
            self.files.reveal(keys_of(name, [file for file in current if state[file.filename]]))
            done = state
        raise Unavailable(f"others are changing '{name}' as well; do the same again")

    def _current(self, name: NormalizedName, files: Sequence[File] | None) -> Sequence[File]:
        if files is None:
            return self.catalog.files(name)
        if len(files) <= FEW:
            return [self.catalog.file(name, file.filename) for file in files]
        known = {file.filename for file in files}
        return [file for file in self.catalog.files(name) if file.filename in known]


def keys_of(name: NormalizedName, files: Sequence[File]) -> Iterator[str]:
    """Name every object that belongs to *files*: their own, and what is served beside them."""
    for file in files:
        yield file.key(name)
        if file.metadata_sha256:
            yield file.key(name) + METADATA_SUFFIX
        if file.provenance_sha256:
            yield file.key(name) + PROVENANCE_SUFFIX


def is_active(file: File) -> bool:
    """Say whether *file* was not deleted."""
    return file.state is FileState.ACTIVE
