"""The audit over HTTP: what is asked of it, and how a record reads."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.domain.names import normalize
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
    """Read ``?project=&principal=&day=2026-11-22``. Raises Rejected."""
    project = request.query.get("project") or None
    principal = request.query.get("principal") or None
    day = _day(request.query.get("day", ""))
    if project is None and principal is None and day is None:
        raise _wrong("nothing-asked", "ask for a project, a principal or a day (2026-11-22)")
    return Asked(normalize(project) if project else None, principal, day)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _wrong("invalid-day", f"'{text}' is not a day: write it as 2026-11-22") from None


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
