"""The audit, in the index table: three copies of each record, one for each way of asking.

They are put in the transaction of the act itself, so none is missing and none tells of what did
not happen. Roles may put them and not update or delete them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlewheel.domain.access import Actor
from idlewheel.domain.audit import Act, Record
from idlewheel.storage import keys
from idlewheel.storage.tables import AuditItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from idlewheel.storage.transactions import Writes


FIRST, LAST = "0", "~"
"""Every place of a record lies between them: it begins with a year, and is ASCII."""


def add(writes: Writes, record: Record) -> None:
    """Record an act in the transaction that does it."""
    for place in _places(record):
        writes.put(f"audit {place}", _item(place, record))


class DynamoAudit:
    """The audit, read. Bind the index table first (:func:`tables.bind_index`)."""

    def find(
        self,
        project: str | None = None,
        principal: str | None = None,
        day: date | None = None,
        most: int = 100,
        before: str | None = None,
    ) -> Sequence[Record]:
        """The latest records that are of *project*, by *principal* and of *day* (in UTC).

        At least one must be given. What was asked with two is found by one and sifted by the other.
        *before* is the place of a record: only those that precede it are found.
        """
        place = _place(project, principal, day)
        first = f"{day:%Y-%m-%d}" if day else FIRST
        last = min(before or LAST, first + LAST if day else LAST)
        found: list[Record] = []
        if last < first:
            return found
        for item in AuditItem.query(
            place,
            AuditItem.sk.between(first, last),
            scan_index_forward=False,
            consistent_read=True,
            page_size=most,
        ):
            of_whom = project in {None, item.project} and principal in {None, item.principal}
            if of_whom and item.sk != before:
                found.append(record_of(item))
            if len(found) == most:
                break
        return found


def _place(project: str | None, principal: str | None, day: date | None) -> str:
    if project is not None:
        return keys.audit("PROJECT", project)
    if principal is not None:
        return keys.audit("PRINCIPAL", principal)
    if day is None:
        raise ValueError("an audit is asked by project, principal or day")
    return keys.audit("DAY", day.isoformat())


def _places(record: Record) -> Iterator[str]:
    yield keys.audit("DAY", f"{record.at:%Y-%m-%d}")
    yield keys.audit("PRINCIPAL", record.actor.principal)
    if record.project is not None:
        yield keys.audit("PROJECT", record.project)


def _item(place: str, record: Record) -> AuditItem:
    return AuditItem(
        place,
        record.place,
        at=record.at,
        act=record.act.value,
        principal=record.actor.principal,
        token_id=record.actor.token_id,
        project=record.project,
        subjects=list(record.subjects),
        detail=dict(record.detail),
    )


def record_of(item: AuditItem) -> Record:
    """Read a record."""
    return Record(
        at=item.at,
        act=Act(item.act),
        actor=Actor(item.principal, item.token_id),
        project=item.project,
        subjects=tuple(item.subjects),
        detail=item.detail,
        id=item.sk.rpartition("#")[2],
    )
