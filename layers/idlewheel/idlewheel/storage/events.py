"""The audit, told to EventBridge: what a stream of the index table says becomes events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session

from idlewheel.storage.audit import record_of
from idlewheel.storage.sessions import prepared
from idlewheel.storage.tables import AuditItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from idlewheel.domain.audit import Record

SOURCE = "idlewheel"
AT_ONCE = 10
"""Entries that one PutEvents takes (EventBridge API Reference)."""


def connect(region: str) -> Any:  # noqa: ANN401 - botocore makes its clients at run time
    """Open the client of the bus."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"})
    return prepared(Session()).create_client("events", region_name=region, config=config)


def records_of(stream: Iterable[dict[str, Any]]) -> Iterable[tuple[str, Record]]:
    """Read the records out of what a DynamoDB stream delivers, each with its sequence number.

    Of the three copies of a record the one of the day is told; the template lets no other pass.
    """
    for one in stream:
        image = one["dynamodb"].get("NewImage")
        if image and image["pk"]["S"].startswith("AUDIT#DAY#"):
            yield one["dynamodb"]["SequenceNumber"], record_of(AuditItem.from_raw_data(image))


class EventBridge:
    """A bus, by its name or ARN."""

    def __init__(self, client: Any, bus: str, describe: Callable[[Record], Any]) -> None:  # noqa: ANN401
        self._client = client
        self._bus = bus
        self._describe = describe

    def send(self, records: Sequence[Record]) -> list[bool]:
        """Tell the bus; answer for each record whether the bus has taken it."""
        taken: list[bool] = []
        for start in range(0, len(records), AT_ONCE):
            entries = [self._entry(record) for record in records[start : start + AT_ONCE]]
            answer = self._client.put_events(Entries=entries)
            taken += ["ErrorCode" not in entry for entry in answer["Entries"]]
        return taken

    def _entry(self, record: Record) -> dict[str, Any]:
        return {
            "Time": record.at,
            "Source": SOURCE,
            "DetailType": record.act.value,
            "Detail": json.dumps(self._describe(record)),
            "EventBusName": self._bus,
        }
