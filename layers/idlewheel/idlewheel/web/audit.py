"""The audit over HTTP: what is asked of it, and how a record reads."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.distribution.rules import shown
from idlewheel.domain.names import is_valid, normalize
from idlewheel.domain.tokens import is_principal
from idlewheel.errors import Problem, Rejected

if TYPE_CHECKING:
    from idlewheel.domain.audit import Record
    from idlewheel.domain.names import NormalizedName
    from idlewheel.web.gateway import Request

MOST = 100
"""Records that one answer holds."""


class Asked(NamedTuple):
    """Of which project, by whom, of which day; at least one of them is given."""

    project: NormalizedName | None
    principal: str | None
    day: date | None


def asked(request: Request) -> Asked:
    """Read ``?project=&principal=&day=2026-11-22``. Raises Rejected.

    What nobody can be called is refused: the table refuses to look for keys that are too long.
    """
    project = request.query.get("project") or None
    principal = request.query.get("principal") or None
    day = _day(request.query.get("day", ""))
    if project is not None and not is_valid(project):
        raise _wrong("invalid-project", "no project can have this name")
    if principal is not None and not is_principal(principal):
        raise _wrong("invalid-principal", "no principal can have this name")
    if project is None and principal is None and day is None:
        raise _wrong("nothing-asked", "ask for a project, a principal or a day (2026-11-22)")
    return Asked(normalize(project) if project else None, principal, day)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        # Python reads other spellings of ISO 8601 as well.
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise _wrong("invalid-day", f"{shown(text)} is no day: write it as 2026-11-22") from None


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _wrong(code: str, message: str) -> Rejected:
    return Rejected((Problem(code, message),))


def describe(record: Record) -> dict[str, object]:
    """Write a record as JSON has it; the same words as in the events."""
    return {
        "id": record.id,
        "at": record.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "act": record.act.value,
        "principal": record.actor.principal,
        "token": record.actor.token_id,
        "project": record.project,
        "subjects": list(record.subjects),
        "detail": dict(record.detail),
    }
