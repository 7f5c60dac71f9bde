"""What an uploader is told: published, on its way, or how far it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action
from idlewheel.errors import Denied
from idlewheel.web.gateway import Reply
from idlewheel.web.problems import JSON, TEXT, preferred_type

if TYPE_CHECKING:
    from idlewheel.domain.access import Principal
    from idlewheel.domain.uploads import Upload
    from idlewheel.web.gateway import Request


def published(filename: str, request: Request, *, is_new: bool) -> Reply:
    """Answer 200: the file can be installed from now on."""
    what = "published" if is_new else "already published with the same content"
    document = {"filename": filename, "state": "published", **({} if is_new else {"existed": True})}
    return _reply(200, f"{filename} is {what}", document, request)


def pending(upload: Upload, request: Request) -> Reply:
    """Answer 202, but only to who asked for it: a form client would take it for success."""
    reply = _reply(
        202,
        f"{upload.filename} is being verified; its verdict: {status_url(upload, request)}",
        describe(upload, request),
        request,
    )
    return Reply(
        reply.status,
        {**reply.headers, "Location": status_url(upload, request)},
        reply.body,
    )


def status(upload: Upload, request: Request) -> Reply:
    """Answer how far an upload is, and why it was refused if it was."""
    lines = [f"{upload.filename}: {upload.state}"]
    lines += [f"- {problem.message} [{problem.code}]" for problem in upload.problems]
    return _reply(200, "\n".join(lines), describe(upload, request), request)


def asks_to_respond_early(request: Request) -> bool:
    """Say whether the client prefers an answer before the verdict (RFC 7240)."""
    preferences = (request.header("prefer") or "").lower().replace(",", " ").split()
    return "respond-async" in preferences


def require_visible(upload: Upload, principal: Principal) -> None:
    """Let the uploader see an upload, and whoever may publish to its project.

    Raises:
        Denied: neither is so.

    """
    if principal.token_id != upload.token_id and not principal.may(Action.PUBLISH, upload.project):
        raise Denied(f"token {principal.token_id} may not see uploads of '{upload.project}'")


def status_url(upload: Upload, request: Request) -> str:
    """Say where to ask how far an upload is."""
    return upload_url(upload.id, request)


def upload_url(upload_id: str, request: Request) -> str:
    """Say where an upload is asked for, by its id."""
    return f"{request.base_url}/uploads/{upload_id}"


def draft_url(draft_id: str, request: Request) -> str:
    """Say where a draft is asked for, by its id."""
    return f"{request.base_url}/drafts/{draft_id}"


def describe(upload: Upload, request: Request) -> dict[str, object]:
    """Tell all that an uploader may know of an upload."""
    return {
        "id": upload.id,
        "filename": upload.filename,
        "project": upload.project,
        "version": upload.version,
        "sha256": upload.sha256,
        "size": upload.size,
        "state": upload.state,
        "received_at": upload.received_at.isoformat(),
        "expires_at": upload.expires_at.isoformat(),
        "refusal": upload.refusal,
        "problems": [problem._asdict() for problem in upload.problems],
        "links": _links(upload, request),
    }


def _links(upload: Upload, request: Request) -> dict[str, str]:
    draft = {"draft": draft_url(upload.draft_id, request)} if upload.draft_id else {}
    return {"self": status_url(upload, request), **draft}


def _reply(status: int, text: str, document: dict[str, object], request: Request) -> Reply:
    media_type = preferred_type(request)
    is_json = media_type == JSON
    headers = {
        "Content-Type": JSON if is_json else f"{TEXT}; charset=utf-8",
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }
    return Reply(status, headers, json.dumps(document) if is_json else text + "\n")
