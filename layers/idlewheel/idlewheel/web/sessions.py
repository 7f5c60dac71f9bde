"""Upload sessions, as their clients speak of them; requests and answers are JSON.

The words map to those of PEP 694: docs/decisions/upload-sessions.md.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel.distribution.form import Declaration
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.rules import broken, shown
from idlewheel.errors import NotFound, Problem, Rejected
from idlewheel.services.sessions import Announcement
from idlewheel.web import verdicts
from idlewheel.web.gateway import Reply
from idlewheel.web.wishes import document, reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from idlewheel.domain.uploads import Upload
    from idlewheel.services.ports import Admission
    from idlewheel.web.gateway import Request

LONGEST_WAIT = 25
"""Seconds that one question may wait for a verdict; the gateway gives up at 29."""

LARGEST_FILE = Policy().file_bytes
LONGEST_ATTESTATIONS = 256 * 1024
"""Bytes of their JSON: they wait in the upload's item, which takes 400 KB."""

_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}(-\d\d){2}[Tt ]\d\d(:\d\d){2}(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
"""RFC 3339, section 5.6."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def announcement(request: Request) -> Announcement:
    """Read what a client is about to send: filename, size, sha256, perhaps attestations, a draft.

    Of an import also when it was uploaded elsewhere, and that old rules are to do.

    Raises:
        Rejected: with every problem of it and of the filename.

    """
    said = document(request)
    if not isinstance(said, dict):
        raise Rejected((Problem("invalid-json", "the body must be a JSON object"),))
    problems = tuple(broken(RULES, said))
    try:
        name, as_mirror = str(said.get("filename") or ""), said.get("as_mirror") is True
        declaration = Declaration.of(name, as_mirror=as_mirror)
    except Rejected as error:
        raise Rejected((*error.problems, *problems)) from None
    if problems:
        raise Rejected(problems)
    attestations = json.dumps(said["attestations"]) if said.get("attestations") else None
    digests = {"sha256": said["sha256"]}
    return Announcement(
        replace(declaration, digests=digests, attestations=attestations),
        said["size"],
        said.get("draft"),
        _moment(said["upload_time"]) if said.get("upload_time") is not None else None,
        as_mirror,
    )


def announcement_has_a_size(said: Mapping[str, Any]) -> Iterator[str]:
    """``size`` is the number of bytes: at least one, and at most what S3 takes in one request."""
    size = said.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        yield f"size must be the number of bytes of the file, not {shown(str(size))}"
    elif size > LARGEST_FILE:
        yield f"the file has {size} bytes; {LARGEST_FILE} (5 GiB) are allowed"


def announcement_has_a_sha256(said: Mapping[str, Any]) -> Iterator[str]:
    """``sha256`` is the digest of the file, by which the store refuses other bytes."""
    if not isinstance(said.get("sha256"), str) or not _SHA256.fullmatch(said["sha256"]):
        yield "sha256 must be 64 hexadecimal digits, in lower case"


def announcement_has_attestations_in_json(said: Mapping[str, Any]) -> Iterator[str]:
    """``attestations``, where given, is an array of objects (PEP 740), and not a huge one."""
    found = said.get("attestations")
    if found is None:
        return
    if not isinstance(found, list) or not found or not all(isinstance(a, dict) for a in found):
        yield "attestations must be a JSON array of objects"
    elif len(json.dumps(found)) > LONGEST_ATTESTATIONS:
        yield f"attestations may have {LONGEST_ATTESTATIONS} bytes as JSON"


def announcement_names_its_draft(said: Mapping[str, Any]) -> Iterator[str]:
    """``draft``, where given, is the id of one: 32 hexadecimal digits."""
    found = said.get("draft")
    if found is not None and not (isinstance(found, str) and _ID.fullmatch(found)):
        yield "draft must be the id of a draft, as POST /drafts answers it"


def announcement_has_a_moment_as_upload_time(said: Mapping[str, Any]) -> Iterator[str]:
    """``upload_time``, where given, is a moment since 1970 (RFC 3339), and no draft's."""
    found = said.get("upload_time")
    if found is None:
        return
    try:
        is_moment = bool(_MOMENT.fullmatch(found)) and _moment(found) >= _EPOCH
    except (TypeError, ValueError, OverflowError):
        is_moment = False
    if not is_moment:
        yield f"upload_time must be a moment as 2021-03-04T05:06:07Z, not {shown(str(found))}"
    if said.get("draft") is not None:
        yield "files of a draft are of the time at which it is published: leave upload_time out"


def announcement_says_whether_as_mirror(said: Mapping[str, Any]) -> Iterator[str]:
    """``as_mirror``, where given, is true or false."""
    if not isinstance(said.get("as_mirror", False), bool):
        yield "as_mirror must be true or false"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


RULES = (
    announcement_has_a_size,
    announcement_has_a_sha256,
    announcement_has_attestations_in_json,
    announcement_names_its_draft,
    announcement_has_a_moment_as_upload_time,
    announcement_says_whether_as_mirror,
)


def opened(upload: Upload, admission: Admission, request: Request) -> Reply:
    """Answer 201: the session, and the one request that puts the bytes where they belong."""
    found = {
        **verdicts.describe(upload, request),
        "upload": {
            "method": "PUT",
            "url": admission.url,
            "headers": dict(admission.headers),
            "expires_at": admission.expires_at.isoformat(),
        },
    }
    answer = reply(found, 201)
    location = verdicts.status_url(upload, request)
    return Reply(answer.status, {**answer.headers, "Location": location}, answer.body)


def upload_id(request: Request) -> str:
    """Read the id in the path. Raises NotFound where no upload can have it."""
    text = request.parameters["id"]
    if not _ID.fullmatch(text):
        raise NotFound("there is no such upload: none can have this id")
    return text


def patience(request: Request) -> float:
    """Read how many seconds the client wants to wait (``?wait=20``); 0 where it does not say.

    Raises:
        Rejected: it is not a number.

    """
    text = request.query.get("wait", "0")
    if not text.isascii() or not text.isdigit():
        raise Rejected((Problem("invalid-wait", f"wait must be seconds, not {shown(text)}"),))
    return min(float(text), LONGEST_WAIT)
