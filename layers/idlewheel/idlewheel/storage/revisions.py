"""The next revision of a project: what every change of its page writes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from idlewheel.domain.project import Origin, Status
from idlewheel.storage import keys, mapping
from idlewheel.storage.binding import find
from idlewheel.storage.tables import ListingItem, ProjectItem, ShardItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Project
    from idlewheel.storage.transactions import Writes


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    def add_publication(self, writes: Writes, sizes: Sequence[int]) -> None:
        """Write the project for more files of one release, of so many bytes each.

        It is new, or private and takes uploads.
        """
        size, touched = sum(sizes), len(sizes) + 1
        if self.before is None:
            project = self._created(size, len(sizes), touched)
            writes.put("project", project, ProjectItem.pk.does_not_exist())
        else:
            counted = ProjectItem.file_count.set(ProjectItem.file_count + len(sizes))
            actions = [*self._stepped(touched, size), counted]
            writes.update("project", self._item(), actions, self._unchanged() & _OPEN)
        self._add_root(writes, size, listed=True)

    def add_change(
        self,
        writes: Writes,
        status: Status | None = None,
        reason: str | None = None,
        touched: int = 0,
        grown: int = 0,
    ) -> None:
        """Write an existing project for any other change, perhaps of its status.

        *touched* counts the releases and files that the same transaction writes, *grown* the
        bytes of the files that come back with it, or negative, that go.
        """
        actions = self._stepped(touched, grown)
        if status is not None:
            why = ProjectItem.status_reason
            actions.append(ProjectItem.status.set(status.value))
            actions.append(why.set(reason) if reason else why.remove())
        writes.update("project", self._item(), actions, self._unchanged())
        kept = self.before.status if self.before else Status.ACTIVE
        self._add_root(writes, grown, listed=(status or kept).offers_files)

    def _created(self, size: int, files: int, touched: int) -> ProjectItem:
        return ProjectItem(
            keys.project(self.name),
            keys.PROJECT,
            name=self.name,
            display_name=self.display_name,
            origin=Origin.PRIVATE.value,
            status=Status.ACTIVE.value,
            revision=self.number,
            serial=self.serial,
            file_count=files,
            size=size,
            writes=touched,
            created_at=self.moment,
        )

    def _size(self, grown: int) -> int:
        return (self.before.size if self.before else 0) + grown

    def _stepped(self, touched: int, grown: int) -> list[Action]:
        return [
            ProjectItem.revision.set(self.number),
            ProjectItem.serial.set(self.serial),
            ProjectItem.size.set(self._size(grown)),
            ProjectItem.writes.add(touched),
        ]

    def _unchanged(self) -> Condition:
        return ProjectItem.revision == self.number - 1

    def _item(self) -> ProjectItem:
        return ProjectItem(keys.project(self.name), keys.PROJECT)

    def _add_root(self, writes: Writes, grown: int, *, listed: bool) -> None:
        shard = keys.shard_of(self.name)
        # Each project is written once for each of its revisions, so the shard's counter is the
        # sum of what its listings say: by it a reader knows that it saw the latest of all.
        listing = ListingItem(
            keys.root(shard),
            self.name,
            name=self.name,
            display_name=self.display_name,
            revision=self.serial,
            hidden=None if listed else True,
            size=self._size(grown),
            writes=self.number,
        )
        counter = ShardItem(keys.COUNTERS, keys.counter(shard))
        counts = [ShardItem.kind.set(ShardItem), ShardItem.counter.add(1)]
        writes.update("shard", counter, counts)
        writes.put("listing", listing)


_OPEN = (ProjectItem.origin == Origin.PRIVATE.value) & ProjectItem.status.is_in(
    *(status.value for status in Status if status.takes_uploads)
)
"""The condition of every new file of a project."""


def find_project(name: NormalizedName) -> Project | None:
    """Read a project consistently; None where there is none."""
    item = find(ProjectItem, keys.project(name), keys.PROJECT)
    return None if item is None else mapping.project(item)


def next_revision(
    name: NormalizedName, before: Project | None, display_name: str, moments: int = 1
) -> Revision:
    """Plan the step after *before*; its serial rises even where the clock does not.

    It rises by as many *moments* (microseconds) as the step has to tell apart.
    """
    previous = before.serial if before else 0
    return Revision(
        name=name,
        before=before,
        display_name=before.display_name if before else display_name,
        number=(before.revision if before else 0) + 1,
        serial=max(previous + moments, time.time_ns() // 1000),
    )
