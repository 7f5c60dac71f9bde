"""What managers ask for, read from their requests, and what they are answered; all JSON."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from idlewheel.distribution.versions import canonical_version
from idlewheel.domain.access import parse_scopes
from idlewheel.domain.project import Status
from idlewheel.domain.tokens import Kind, is_id
from idlewheel.errors import IdlewheelError, NotFound, Problem, Rejected, TooLarge
from idlewheel.services.credentials import Wish
from idlewheel.web.gateway import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from idlewheel.domain.access import Principal
    from idlewheel.domain.project import File, Project
    from idlewheel.domain.tokens import Token
    from idlewheel.web.gateway import Request


LONGEST_DOCUMENT = 1024 * 1024
"""Bytes of a body; attestations, the longest part of any, have a quarter of it."""


def document(request: Request) -> object:
    """Read the JSON of a request's body; None where it has none.

    Raises:
        Rejected: it is not JSON, or null.
        TooLarge: it has more bytes than any wish needs, and objects take 25 times their JSON.

    """
    content = request.content()
    if len(content) > LONGEST_DOCUMENT:
        raise TooLarge(f"JSON may have {LONGEST_DOCUMENT} bytes")
    if not content.strip():
        return None
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError):
        raise _problem("invalid-json", "the body is not JSON") from None
    if found is None:  # a null is something that was said, and no object
        raise _problem("invalid-json", "the body must be a JSON object")
    return found


def token(document: object) -> Wish:
    """Read the wish for a token: kind, principal, scopes, days (of life), note.

    Raises:
        Rejected: with every problem.

    """
    wished = as_object(document)
    problems: list[Problem] = []
    kind = _collect(problems, lambda: _kind(wished.get("kind")))
    scopes = _collect(problems, lambda: parse_scopes(_texts(wished.get("scopes"))))
    life = _collect(problems, lambda: _life(wished.get("days")))
    principal = _collect(problems, lambda: _line(wished, "principal"))
    note = _collect(problems, lambda: _line(wished, "note"))
    if problems or kind is None or scopes is None:
        raise Rejected(tuple(problems))
    return Wish(kind, principal, scopes, life, note)


def _collect(problems: list[Problem], read: Callable[[], Any]) -> Any:  # noqa: ANN401
    try:
        return read()
    except Rejected as error:
        problems.extend(error.problems)
        return None


def _kind(value: object) -> Kind:
    if value not in (Kind.READ.value, Kind.PUBLISH.value, Kind.ADMIN.value):
        raise _problem("invalid-kind", "'kind' must be read, publish or admin")
    return Kind(str(value))


def _life(value: object) -> timedelta | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _DAYS:
        raise _problem("invalid-expiry", "'days' must be a number above 0: the days until expiry")
    return timedelta(days=value)


_DAYS = 10_000
"""More days than any token may live; above it the number itself is a mistake."""


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _problem("invalid-scope", "'scopes' must be a list of texts such as read:*")
    if len(value) > _MOST_SCOPES:
        raise _problem("too-many-scopes", f"a token has at most {_MOST_SCOPES} scopes")
    return value


_MOST_SCOPES = 200
"""More than fit into a token anyway: each may have a problem, and an answer holds only so much."""


def status(document: object) -> tuple[Status, str | None]:
    """Read the wish for a status: status, reason. Raises Rejected."""
    wished = as_object(document)
    if wished.get("status") not in tuple(Status):
        raise _problem("invalid-status", f"'status' must be one of {', '.join(Status)}")
    return Status(wished["status"]), _line(wished, "reason") or None


def yank(request: Request) -> str | None:
    """Read the wish for a yank: its reason, perhaps empty; None is a wish to unyank."""
    if request.method == "DELETE":
        return None
    return _line(as_object(document(request)), "reason")


def _line(wished: dict[str, Any], name: str) -> str:
    """Read one line of text, empty where there is none. Raises Rejected."""
    value = wished.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > _LONGEST_LINE):
        raise _problem(
            f"invalid-{name}", f"'{name}' must be a text of at most {_LONGEST_LINE} characters"
        )
    line = " ".join((value or "").split())
    if _UNTELLABLE.search(line):
        raise _problem(f"invalid-{name}", f"'{name}' holds control characters or broken text")
    return line


_UNTELLABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no page can show and no table can hold: controls, and halves of characters."""

_LONGEST_LINE = 1000


def version(request: Request) -> str:
    """Read the version in the path, in any of its spellings. Raises Rejected."""
    return as_version(unquote(request.parameters["version"]))


def as_version(text: str) -> str:
    """Read a version in any of its spellings. Raises Rejected."""
    if len(text) > LONGEST_NAME:
        raise _problem("invalid-version", "no version is that long")
    return canonical_version(text)


def filename(request: Request) -> str:
    """Read the filename in the path. Raises NotFound where no file can be called so."""
    name = unquote(request.parameters["filename"])
    if not _FILENAME.fullmatch(name):
        raise NotFound("there is no such file: none can have this name")
    return name


LONGEST_NAME = 255
"""Characters of a filename, and so of what is in it: the table refuses keys that are too long."""

_FILENAME = re.compile(r"[A-Za-z0-9._+!-]{1,255}", re.ASCII)


def token_id(request: Request) -> str:
    """Read the token's id in the path. Raises NotFound where no token can have it."""
    text = unquote(request.parameters["id"])
    if not is_id(text):
        raise NotFound("there is no such token: none can have this id")
    return text


def as_object(document: object) -> dict[str, Any]:
    """Read a JSON object; nothing at all is an empty one. Raises Rejected."""
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise _problem("invalid-json", "the body must be a JSON object")
    return document


def _problem(code: str, message: str) -> Rejected:
    return Rejected((Problem(code, message),))


def describe(token: Token) -> dict[str, object]:
    """Tell of a token what may be told: everything but its secret."""
    return {
        "id": token.id,
        "kind": token.kind,
        "principal": token.principal,
        "scopes": [str(scope) for scope in token.scopes],
        "state": token.state,
        "created_at": token.created_at.isoformat(),
        "created_by": token.created_by,
        "expires_at": token.expires_at.isoformat(),
        "note": token.note,
    }


def describe_principal(principal: Principal) -> dict[str, object]:
    """Tell somebody what the index takes them for."""
    return {
        "principal": principal.name,
        "token_id": principal.token_id,
        "scopes": [str(scope) for scope in principal.scopes],
        "expires_at": principal.expires_at.isoformat(),
    }


def describe_project(project: Project, files: Sequence[File]) -> dict[str, object]:
    """Tell all about a project, deleted files included."""
    return {
        "name": project.name,
        "display_name": project.display_name,
        "status": project.status,
        "status_reason": project.status_reason,
        "revision": project.revision,
        "serial": project.serial,
        "created_at": project.created_at.isoformat(),
        "files": [
            {
                "filename": file.filename,
                "version": file.version,
                "sha256": file.sha256,
                "size": file.size,
                "state": file.state,
                "yanked": file.yanked,
                "uploaded_at": file.uploaded_at.isoformat(),
                "uploaded_by": file.uploaded_by,
                "deleted_at": file.deleted_at.isoformat() if file.deleted_at else None,
            }
            for file in files
        ],
    }


def reply(document: dict[str, object], status: int = 200) -> Reply:
    """Answer a document."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Reply(status, headers, json.dumps(document))


def done() -> Reply:
    """Answer that it is so, and had perhaps been so before."""
    return reply({"done": True})


def refused(error: IdlewheelError) -> dict[str, object]:
    """Tell a direct invoker what is wrong."""
    return {"error": error.code, "problems": [problem._asdict() for problem in error.problems]}
