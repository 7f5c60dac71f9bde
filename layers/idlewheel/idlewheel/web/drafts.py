"""Drafts, as their clients speak of them; requests and answers are JSON.

The words map to those of PEP 694: docs/decisions/upload-sessions.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from idlewheel.distribution.rules import shown
from idlewheel.domain.drafts import LARGEST, require_id
from idlewheel.domain.names import NormalizedName, is_valid, normalize
from idlewheel.errors import Problem, Rejected
from idlewheel.web import verdicts
from idlewheel.web.gateway import Reply
from idlewheel.web.wishes import LONGEST_NAME, as_object, as_version, document, reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.web.gateway import Request


class Wish(NamedTuple):
    """A release that is to be drafted."""

    project: NormalizedName
    version: str


def wish(request: Request) -> Wish:
    """Read which release to draft: name, version.

    Raises:
        Rejected: with every problem.

    """
    said = as_object(document(request))
    problems: list[Problem] = []
    name, version = (_text(said.get(it)) for it in ("name", "version"))
    if not is_valid(name):
        problems.append(_no_name(name))
    try:
        version = as_version(version)
    except Rejected as error:
        problems.extend(error.problems)
    if problems:
        raise Rejected(tuple(problems))
    return Wish(normalize(name), version)


def _text(value: object) -> str:
    """Read a text; what is none is as wrong as an empty one."""
    return value if isinstance(value, str) else ""


def project(request: Request) -> NormalizedName:
    """Read whose drafts are asked for (``?name=demo``). Raises Rejected."""
    name = request.query.get("name", "")
    if not is_valid(name):
        raise Rejected((_no_name(name),))
    return normalize(name)


def _no_name(text: str) -> Problem:
    sentence = f"'name' must be the name of a project, not {shown(text)}"
    return Problem("invalid-name", sentence)


def expected(request: Request) -> Sequence[str] | None:
    """Read which files the publisher means to publish; None where they do not say.

    Raises:
        Rejected: they are not filenames.

    """
    files = as_object(document(request)).get("files")
    if files is not None and not _are_filenames(files):
        sentence = f"'files' must be a list of at most {LARGEST} filenames: a draft holds no more"
        raise Rejected((Problem("invalid-files", sentence),))
    return files


def _are_filenames(files: object) -> TypeGuard[list[str]]:
    """Say so of a list that can be told again: each of its names may be a problem."""
    if not isinstance(files, list) or len(files) > LARGEST:
        return False
    return all(isinstance(one, str) and len(one) <= LONGEST_NAME for one in files)


def draft_id(request: Request) -> str:
    """Read the id in the path. Raises NotFound where no draft can have it."""
    return require_id(request.parameters["id"])


def opened(draft: Draft, request: Request) -> Reply:
    """Answer 201: the draft, and where to go on."""
    answer = reply(describe(draft, (), request), 201)
    return Reply(
        201, {**answer.headers, "Location": verdicts.draft_url(draft.id, request)}, answer.body
    )


def status(draft: Draft, staged: Iterable[StagedFile], request: Request) -> Reply:
    """Answer what a draft is, and what it holds."""
    return reply(describe(draft, staged, request))


def listed(drafts: Iterable[Draft], request: Request) -> Reply:
    """Answer drafts, without what they hold."""
    return reply({"drafts": [_facts(draft, request) for draft in drafts]})


def describe(draft: Draft, staged: Iterable[StagedFile], request: Request) -> dict[str, object]:
    """Tell all of a draft."""
    files = [
        {
            "filename": one.file.filename,
            "size": one.file.size,
            "sha256": one.file.sha256,
            "links": {"upload": verdicts.upload_url(one.upload_id, request)},
        }
        for one in staged
    ]
    return {**_facts(draft, request), "files": files}


def _facts(draft: Draft, request: Request) -> dict[str, object]:
    url = verdicts.draft_url(draft.id, request)
    return {
        "id": draft.id,
        "name": draft.project,
        "version": draft.version,
        "state": draft.state,
        "principal": draft.principal,
        "opened_at": draft.opened_at.isoformat(),
        "expires_at": draft.expires_at.isoformat(),
        "links": {
            "self": url,
            "upload": f"{request.base_url}/uploads",
            "stage": f"{url}/simple/",
            "publish": f"{url}/publish",
        },
    }
