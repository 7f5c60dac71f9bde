"""Between the items of the tables and the words of the domain."""

from __future__ import annotations

import json
import zlib
from datetime import datetime, timedelta
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
    from idlewheel.storage.raw import Raw
    from idlewheel.storage.tables import ClaimItem


def project(item: Raw) -> Project:
    """Read a project."""
    return Project(
        name=NormalizedName(item["name"]["S"]),
        display_name=item["display_name"]["S"],
        revision=_number(item, "revision") or 0,
        serial=int(item["serial"]["N"]),
        created_at=_moment(item["created_at"]),
        file_count=int(item["file_count"]["N"]),
        size=_number(item, "size") or 0,
        writes=int(item["writes"]["N"]),
        status=Status(item["status"]["S"]),
        status_reason=_text(item, "status_reason"),
        origin=Origin(item["origin"]["S"]),
    )


def release(item: Raw) -> Release:
    """Read a release."""
    return Release(
        version=item["version"]["S"],
        created_at=_moment(item["created_at"]),
        revision=_number(item, "revision") or 0,
        writes=int(item["writes"]["N"]),
        yanked=_text(item, "yanked"),
        deleted=item.get("deleted", _NOTHING).get("BOOL", False),
    )


def file(item: Raw) -> File:
    """Read a file."""
    return File(
        filename=item["filename"]["S"],
        version=item["version"]["S"],
        kind=item["packagetype"]["S"],
        python_tag=item["python_tag"]["S"],
        size=int(item["size"]["N"]),
        sha256=item["sha256"]["S"],
        blake2b=_text(item, "blake2b"),
        md5=_text(item, "md5"),
        uploaded_at=_moment(item["uploaded_at"]),
        uploaded_by=item["uploaded_by"]["S"],
        requires_python=_text(item, "requires_python"),
        metadata_sha256=_text(item, "metadata_sha256"),
        metadata_size=_number(item, "metadata_size"),
        provenance_sha256=_text(item, "provenance_sha256"),
        yanked=_text(item, "yanked"),
        state=FileState(item["state"]["S"]),
        deleted_at=_moment(item["deleted_at"]) if "deleted_at" in item else None,
        revision=_number(item, "revision") or 0,
        writes=int(item["writes"]["N"]),
    )


_NOTHING: Mapping[str, Any] = {}


def _text(item: Raw, name: str) -> str | None:
    text: str | None = item.get(name, _NOTHING).get("S")
    return text


def _number(item: Raw, name: str) -> int | None:
    number = item.get(name, _NOTHING).get("N")
    return None if number is None else int(number)


def _moment(value: Mapping[str, str]) -> datetime:
    """Read a time as pynamodb writes it: ISO 8601 in UTC, with microseconds."""
    return datetime.fromisoformat(value["S"])


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


LISTED = ("name", "display_name", "revision", "hidden", "writes", "size")
"""The attributes that a listing is read from: there may be a hundred thousand of them."""


def listing(item: Raw) -> Listing:
    """Read what the list of projects shows of one."""
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
