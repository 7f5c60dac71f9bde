"""Between the items of the tables and the words of the domain."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from idlewheel.domain.access import parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import (
    Claim,
    File,
    FileState,
    Listing,
    Origin,
    Project,
    Release,
    Status,
)
from idlewheel.domain.tokens import Kind, Token, TokenState
from idlewheel.domain.uploads import REMEMBERED, Lane, Upload, UploadState
from idlewheel.errors import Problem
from idlewheel.storage import keys
from idlewheel.storage.tables import FileItem, TokenItem, UploadItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from idlewheel.domain.access import Scope
    from idlewheel.storage.tables import AnyFileItem, ClaimItem, ProjectItem, ReleaseItem


def project(item: ProjectItem) -> Project:
    """Read a project."""
    return Project(
        name=NormalizedName(item.name),
        display_name=item.display_name,
        revision=int(item.revision or 0),
        serial=int(item.serial),
        created_at=item.created_at,
        file_count=int(item.file_count),
        size=int(item.size or 0),
        writes=int(item.writes),
        status=Status(item.status),
        status_reason=item.status_reason,
        origin=Origin(item.origin),
    )


def release(item: ReleaseItem) -> Release:
    """Read a release."""
    return Release(
        version=item.version,
        created_at=item.created_at,
        revision=int(item.revision or 0),
        writes=int(item.writes),
        yanked=item.yanked,
        deleted=bool(item.deleted),
    )


def file(item: AnyFileItem) -> File:
    """Read a file."""
    return File(
        filename=item.filename,
        version=item.version,
        kind=item.packagetype,
        python_tag=item.python_tag,
        size=int(item.size),
        sha256=item.sha256,
        blake2b=item.blake2b,
        md5=item.md5,
        uploaded_at=item.uploaded_at,
        uploaded_by=item.uploaded_by,
        requires_python=item.requires_python,
        metadata_sha256=item.metadata_sha256,
        metadata_size=None if item.metadata_size is None else int(item.metadata_size),
        provenance_sha256=item.provenance_sha256,
        yanked=item.yanked,
        state=FileState(item.state),
        deleted_at=item.deleted_at,
        revision=int(item.revision or 0),
        writes=int(item.writes),
    )


def file_item(project_name: NormalizedName, file: File) -> FileItem:
    """Write a file."""
    return FileItem(keys.project(project_name), keys.file(file.filename), **file_attributes(file))


def file_attributes(file: File) -> dict[str, Any]:
    """Spell all that is known of a file, wherever its item lies."""
    return {
        "filename": file.filename,
        "version": file.version,
        "packagetype": file.kind,
        "python_tag": file.python_tag,
        "size": file.size,
        "sha256": file.sha256,
        "blake2b": file.blake2b,
        "md5": file.md5,
        "uploaded_at": file.uploaded_at,
        "uploaded_by": file.uploaded_by,
        "requires_python": file.requires_python,
        "metadata_sha256": file.metadata_sha256,
        "metadata_size": file.metadata_size,
        "provenance_sha256": file.provenance_sha256,
        "yanked": file.yanked,
        "state": file.state.value,
        "deleted_at": file.deleted_at,
        "revision": file.revision,
        "writes": file.writes,
    }


def claim(item: ClaimItem) -> Claim:
    """Read who holds a filename."""
    return Claim(item.filename, item.sha256, item.upload_id, FileState(item.state))


def listing(item: Mapping[str, Mapping[str, Any]]) -> Listing:
    """Read what the list of projects shows of one, as DynamoDB tells it.

    There may be a hundred thousand: making a model of each would take five times as long.
    """
    return Listing(
        NormalizedName(item["name"]["S"]),
        item["display_name"]["S"],
        int(item["revision"]["N"]),
        "hidden" not in item,
        int(item["writes"]["N"]),
        int(item["size"]["N"]) if "size" in item else 0,
    )


def upload(item: UploadItem) -> Upload:
    """Read an upload."""
    return Upload(
        id=item.pk.removeprefix(keys.upload("")),
        filename=item.filename,
        project=NormalizedName(item.project),
        version=item.version,
        sha256=item.sha256,
        size=int(item.size),
        principal=item.principal,
        token_id=item.token_id,
        scopes=scopes_from(item.scopes),
        received_at=item.received_at,
        lane=Lane(item.lane),
        state=UploadState(item.state),
        declared=unpack(item.declared),
        refusal=item.refusal,
        problems=tuple(Problem(*problem) for problem in item.problems or ()),
        draft_id=item.draft_id,
        upload_time=item.upload_time,
        as_mirror=bool(item.as_mirror),
    )


def upload_item(upload: Upload) -> UploadItem:
    """Write an upload."""
    return UploadItem(
        keys.upload(upload.id),
        keys.UPLOAD,
        filename=upload.filename,
        project=upload.project,
        version=upload.version,
        sha256=upload.sha256,
        size=upload.size,
        principal=upload.principal,
        token_id=upload.token_id,
        scopes=scopes_to(upload.scopes),
        lane=upload.lane.value,
        received_at=upload.received_at,
        state=upload.state.value,
        declared=_packed(upload.declared),
        draft_id=upload.draft_id,
        upload_time=upload.upload_time,
        as_mirror=upload.as_mirror or None,
        ttl=upload.received_at + REMEMBERED,
    )


ITEM_LIMIT = 350_000
"""Bytes of packed metadata; an item takes 400 KB (DynamoDB Developer Guide, "Quotas")."""


def pack(metadata: Mapping[str, object]) -> bytes:
    """Write core metadata small; without its description where that alone is too large."""
    packed = _packed(metadata)
    if len(packed) <= ITEM_LIMIT:
        return packed
    return pack({**metadata, "description": None, "description_html": None})


def _packed(document: Mapping[str, object]) -> bytes:
    return zlib.compress(json.dumps(document, ensure_ascii=False).encode())


def unpack(packed: bytes) -> dict[str, object]:
    """Read what :func:`pack` wrote."""
    metadata: dict[str, object] = json.loads(zlib.decompress(packed))
    return metadata


FORGOTTEN = timedelta(days=30)
"""How long after its expiry a token's record is kept, so that old uploads can be traced."""


def token(item: TokenItem) -> Token:
    """Read a token."""
    return Token(
        id=item.id,
        digest=item.digest,
        kind=Kind(item.token_kind),
        principal=item.principal,
        scopes=scopes_from(item.scopes),
        created_at=item.created_at,
        created_by=item.created_by,
        expires_at=item.expires_at,
        state=TokenState(item.state),
        note=item.note or "",
    )


def token_item(token: Token) -> TokenItem:
    """Write a token."""
    return TokenItem(
        keys.token(token.id),
        keys.TOKEN,
        id=token.id,
        digest=token.digest,
        token_kind=token.kind.value,
        principal=token.principal,
        scopes=scopes_to(token.scopes),
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        state=token.state.value,
        note=token.note,
        ttl=token.expires_at + FORGOTTEN,
    )


def scopes_to(scopes: Iterable[Scope]) -> str:
    """Write scopes as one string, so that a condition can compare them all at once."""
    return " ".join(str(scope) for scope in scopes)


def scopes_from(text: str) -> tuple[Scope, ...]:
    """Read what :func:`scopes_to` wrote."""
    return parse_scopes(text.split())
