"""Between the items of the tables and the words of the domain."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
from idlewheel.storage import keys
from idlewheel.storage.tables import FileItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idlewheel.storage.binding import Raw
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


ITEM_LIMIT = 350_000
"""Bytes of packed metadata; an item takes 400 KB (DynamoDB Developer Guide, "Quotas")."""


def pack(metadata: Mapping[str, object]) -> bytes:
    """Write core metadata small; without its description where that alone is too large."""
    content = packed(metadata)
    if len(content) <= ITEM_LIMIT:
        return content
    return pack({**metadata, "description": None, "description_html": None})


def packed(document: Mapping[str, object]) -> bytes:
    """Write a document small."""
    return zlib.compress(json.dumps(document, ensure_ascii=False).encode())


def unpack(packed: bytes) -> dict[str, object]:
    """Read what :func:`packed` wrote."""
    metadata: dict[str, object] = json.loads(zlib.decompress(packed))
    return metadata
