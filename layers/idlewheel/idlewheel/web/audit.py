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
    from collections.abc import Sequence

    from idlewheel.domain.audit import Record
    from idlewheel.domain.names import NormalizedName
    from idlewheel.web.gateway import Request

MOST = 100
"""Records that one answer holds."""

_PLACE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}#[0-9a-f]{1,32}", re.ASCII)


class Asked(NamedTuple):
    """Of which project, by whom, of which day; at least one of them is given."""

    project: NormalizedName | None
    principal: str | None
    day: date | None
    before: str | None = None
    """The place of a record, as an earlier answer named it: what precedes it is asked for."""


def asked(request: Request) -> Asked:
    """Read ``?project=&principal=&day=2026-11-22&before=``. Raises Rejected.

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
    before = request.query.get("before") or None
    if before is not None and not _PLACE.fullmatch(before):
        raise _wrong("invalid-place", f"{shown(before)} is not what an answer had as 'next'")
    return Asked(normalize(project) if project else None, principal, day, before)


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


def answer(records: Sequence[Record]) -> dict[str, object]:
    """Write records as JSON has them; ``next`` is what to ask ``before`` for those that follow."""
    following = records[-1].place if len(records) == MOST else None
    return {"records": [describe(record) for record in records], "next": following}


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
