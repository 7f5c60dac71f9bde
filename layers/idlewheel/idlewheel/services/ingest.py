"""Verify what was staged, then publish it or refuse it: the whole flow in one screen.

It may stop anywhere and be called again: S3 repeats events, SQS redelivers, Lambda retries. So
every step can be repeated, the bytes are in place before a page lists them, and the staged object
goes last.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlewheel.distribution.digests import Digests, Meanwhile, wanted
from idlewheel.distribution.form import Declaration
from idlewheel.distribution.policy import Policy
from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.project import METADATA_SUFFIX, File
from idlewheel.domain.uploads import UploadState, parse_staged_key
from idlewheel.errors import NotFound, Problem, Refusal, Rejected
from idlewheel.services.manifests import Unkept
from idlewheel.services.ports import Publication

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from idlewheel.distribution.verify import Distribution
    from idlewheel.domain.uploads import Upload
    from idlewheel.services.manifests import Manifests
    from idlewheel.services.ports import Files, Inbox, Publisher, Uploads

    Told = Callable[[], Mapping[str, str]]
    Verify = Callable[[Path, Declaration, Policy, Told], Distribution]


class Outcome(StrEnum):
    """How the processing of a staged object ended."""

    PUBLISHED = "published"
    STAGED = "staged"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    IGNORED = "ignored"
    """Nobody waits for it: a repeated event, or an object that we did not stage."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Judges staged objects."""

    uploads: Uploads
    publisher: Publisher
    inbox: Inbox
    files: Files
    verify: Verify
    provenance: Callable[[Upload], bytes | None] = lambda _upload: None
    """Answers what is served of an upload's attestations. Raises Rejected."""
    manifests: Manifests = field(default_factory=Unkept)

    def process(self, key: str) -> tuple[Outcome, tuple[Problem, ...]]:
        """Take the object staged at *key* to its verdict; answer it, with the reasons if refused.

        Raises:
            Unavailable: nothing was decided; the event must come again.

        """
        upload = self._known(key)
        if upload is None or upload.state.terminal:
            self._note(upload)  # whoever published it may have died before this
            self.inbox.discard(key)
            return Outcome.IGNORED, ()
        written: list[tuple[str, str]] = []
        problems: tuple[Problem, ...] = ()
        try:
            outcome = self._judge(upload, written)
        except NotFound:
            # A twin of this event was faster: it ended the upload and removed the object.
            outcome = Outcome.IGNORED
        except Refusal as refusal:
            outcome, problems = self._refuse(upload, refusal)
        if outcome not in {Outcome.PUBLISHED, Outcome.STAGED}:
            self._drop(written)
        if outcome is Outcome.PUBLISHED:
            self.manifests.note_file(upload.project, upload.filename)
        self.inbox.discard(key)
        return outcome, problems

    def abandon(self, key: str) -> None:
        """End the upload of an object that could not be processed after several tries."""
        upload = self._known(key)
        if upload is not None and not upload.state.terminal:
            self.uploads.reject(upload.id, _internal(upload))
        self.inbox.discard(key)

    def _note(self, upload: Upload | None) -> None:
        if upload is not None and upload.state is UploadState.PUBLISHED:
            self.manifests.note_file(upload.project, upload.filename)

    def _known(self, key: str) -> Upload | None:
        staged = parse_staged_key(key)
        if staged is None:
            return None
        try:
            upload = self.uploads.get(staged.upload_id)
        except NotFound:
            return None
        return upload if upload.staged_key == key else None

    def _judge(self, upload: Upload, written: list[tuple[str, str]]) -> Outcome:
        if self.publisher.precheck(upload):
            return Outcome.DUPLICATE
        digests = Digests(wanted(_declaration(upload).digests, upload.size))
        with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
            path = Path(folder) / "distribution"
            with Meanwhile(digests.update) as heard:
                is_there = self.inbox.fetch(upload.staged_key, path, heard)
            if not is_there:
                return Outcome.IGNORED
            distribution, provenance = self._verified(path, upload, digests)
        file = _file(upload, distribution, provenance)
        self._place(upload, file, distribution.metadata, provenance, written)
        publication = Publication(
            upload=upload,
            file=file,
            display_name=distribution.core.name,
            release_metadata=_release_metadata(distribution),
            written=tuple(written),
        )
        if upload.draft_id is not None:
            return Outcome.STAGED if self.publisher.stage(publication) else Outcome.DUPLICATE
        return Outcome.PUBLISHED if self.publisher.publish(publication) else Outcome.DUPLICATE

    def _verified(
        self, path: Path, upload: Upload, digests: Digests
    ) -> tuple[Distribution, bytes | None]:
        """Judge the file and its attestations; the problems of both come at once."""
        distribution, provenance, problems = None, None, list[Problem]()
        try:
            policy = Policy(as_mirror=upload.as_mirror)
            distribution = self.verify(path, _declaration(upload), policy, digests.spelled)
        except Rejected as rejected:
            problems.extend(rejected.problems)
        try:
            provenance = self.provenance(upload)
        except Rejected as rejected:
            problems.extend(rejected.problems)
        if distribution is None or problems:
            raise Rejected(tuple(problems))
        return distribution, provenance

    def _place(
        self,
        upload: Upload,
        file: File,
        metadata: bytes,
        provenance: bytes | None,
        written: list[tuple[str, str]],
    ) -> None:
        # The file comes last: where a twin has published it, and a manager deleted it since, there
        # is nothing to adopt any more, and what we have put beside it goes again.
        key = file.key(upload.project)
        if file.metadata_sha256:
            version = self.files.put_metadata(key, metadata)
            written.append((key + METADATA_SUFFIX, version))
        if provenance is not None:
            version = self.files.put_provenance(key, provenance)
            written.append((key + PROVENANCE_SUFFIX, version))
        written.append((key, self.files.adopt(upload.staged_key, key)))

    def _refuse(self, upload: Upload, refusal: Refusal) -> tuple[Outcome, tuple[Problem, ...]]:
        # The publication may have been committed although its answer was lost: the upload's own
        # state decides, and only what was really refused loses its bytes.
        state = self.uploads.reject(upload.id, refusal).state
        if state is UploadState.PUBLISHED:
            return Outcome.PUBLISHED, ()
        if state is UploadState.STAGED:
            return Outcome.DUPLICATE, ()  # by a twin of this event, whose bytes the draft owns
        return Outcome.REJECTED, refusal.problems

    def _drop(self, written: list[tuple[str, str]]) -> None:
        for key, version in written:
            self.files.drop(key, version)


def _declaration(upload: Upload) -> Declaration:
    said: Any = upload.declared
    digests = said.get("digests")
    declaration = Declaration.of(upload.filename, digests, as_mirror=upload.as_mirror)
    return replace(
        declaration,
        digests={**declaration.digests, "sha256": upload.sha256},
        fields={name: tuple(values) for name, values in said.get("fields", {}).items()},
        attestations=said.get("attestations"),
    )


def _file(upload: Upload, distribution: Distribution, provenance: bytes | None) -> File:
    metadata = distribution.metadata if distribution.has_static_metadata else None
    return File(
        filename=upload.filename,
        version=upload.version,
        kind=distribution.name.kind,
        python_tag=distribution.name.python_tag,
        size=distribution.size,
        sha256=distribution.digests["sha256"],
        blake2b=distribution.digests.get("blake2b_256"),
        md5=distribution.digests.get("md5"),
        requires_python=distribution.core.requires_python,
        metadata_sha256=None if metadata is None else hashlib.sha256(metadata).hexdigest(),
        metadata_size=None if metadata is None else len(metadata),
        provenance_sha256=None if provenance is None else hashlib.sha256(provenance).hexdigest(),
        uploaded_at=datetime.now(UTC),
        uploaded_by=upload.principal,
    )


def _release_metadata(distribution: Distribution) -> dict[str, object]:
    """Spell the core metadata as the JSON API does (PyPI's, its de facto specification)."""
    core = distribution.core.to_json()
    return {
        **core,
        "keywords": ",".join(core["keywords"]),
        "platform": ",".join(core["platforms"]),
        "project_urls": dict(core["project_urls"]) or None,
        "description_html": distribution.description_html,
    }


def _internal(upload: Upload) -> Rejected:
    return Rejected(
        (
            Problem(
                "internal",
                f"{upload.filename} could not be processed, and that is our fault, not the "
                f"file's; upload it again, and tell the operators of this index: {upload.id}",
            ),
        )
    )
