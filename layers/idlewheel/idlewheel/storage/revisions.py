"""The next revision of a project: what every change of its page writes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.project import Origin, Status
from idlewheel.storage import keys, mapping
from idlewheel.storage.tables import ListingItem, ProjectItem, ShardItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action
    from pynamodb.transactions import TransactWrite

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Project

    Operations = dict[str, Callable[[TransactWrite], None]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UPLOADABLE = [status.value for status in Status if status.takes_uploads]


@dataclass(frozen=True, slots=True)
class Revision:
    """One step from what a project was to what it will be; it fails if others stepped first."""

    name: NormalizedName
    before: Project | None
    display_name: str
    number: int
    serial: int

    @property
    def moment(self) -> datetime:
        """When it happens: the serial, so that times in a project always rise."""
        return EPOCH + timedelta(microseconds=self.serial)

    def publication(self) -> Operations:
        """Write the project for one more file: it is new, or private and takes uploads."""
        return {
            "project": self._create if self.before is None else self._count,
            **self._root(listed=True),
        }

    def change(self, status: Status | None = None, reason: str | None = None) -> Operations:
        """Write an existing project for any other change, perhaps of its status."""
        kept = self.before.status if self.before else Status.ACTIVE
        actions: list[Action] = [
            ProjectItem.revision.set(self.number),
            ProjectItem.serial.set(self.serial),
        ]
        if status is not None:
            actions.append(ProjectItem.status.set(status.value))
            actions.append(
                ProjectItem.status_reason.set(reason)
                if reason
                else ProjectItem.status_reason.remove()
            )
        return {
            "project": lambda t: t.update(self._item(), actions, self._unchanged()),
            **self._root(listed=(status or kept).offers_files),
        }

    def _create(self, transaction: TransactWrite) -> None:
        item = ProjectItem(
            keys.project(self.name),
            keys.PROJECT,
            name=self.name,
            display_name=self.display_name,
            origin=Origin.PRIVATE.value,
            status=Status.ACTIVE.value,
            revision=self.number,
            serial=self.serial,
            file_count=1,
            created_at=self.moment,
        )
        transaction.save(item, ProjectItem.pk.does_not_exist())

    def _count(self, transaction: TransactWrite) -> None:
        open_to_files = (
            self._unchanged()
            & (ProjectItem.origin == Origin.PRIVATE.value)
            & ProjectItem.status.is_in(*_UPLOADABLE)
        )
        actions: list[Action] = [
            ProjectItem.revision.set(self.number),
            ProjectItem.serial.set(self.serial),
            ProjectItem.file_count.set(ProjectItem.file_count + 1),
        ]
        transaction.update(self._item(), actions, open_to_files)

    def _unchanged(self) -> Condition:
        return ProjectItem.revision == self.number - 1

    def _item(self) -> ProjectItem:
        return ProjectItem(keys.project(self.name), keys.PROJECT)

    def _root(self, *, listed: bool) -> Operations:
        place = keys.root(keys.shard_of(self.name))
        listing = ListingItem(
            place,
            self.name,
            name=self.name,
            display_name=self.display_name,
            serial=self.serial,
        )
        counter = ShardItem(place, keys.ROOT)
        return {
            "shard": lambda t: t.update(counter, [ShardItem.counter.add(1)]),
            "listing": lambda t: t.save(listing) if listed else t.delete(listing),
        }


def find_project(name: NormalizedName) -> Project | None:
    """Read a project consistently; None where there is none."""
    try:
        return mapping.project(
            ProjectItem.get(keys.project(name), keys.PROJECT, consistent_read=True)
        )
    except DoesNotExist:
        return None


def next_revision(name: NormalizedName, before: Project | None, display_name: str) -> Revision:
    """Plan the step after *before*; its serial rises even where the clock does not."""
    previous = before.serial if before else 0
    return Revision(
        name=name,
        before=before,
        display_name=before.display_name if before else display_name,
        number=(before.revision if before else 0) + 1,
        serial=max(previous + 1, time.time_ns() // 1000),
    )
