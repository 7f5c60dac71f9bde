"""What was recorded in the audit is told to EventBridge; the index table's stream calls."""

from __future__ import annotations

from typing import Any

from idlewheel import start
from idlewheel.settings import Settings
from idlewheel.storage import events
from idlewheel.telemetry import count, logger, observed
from idlewheel.web.audit import describe

settings = Settings()
bus = events.EventBridge(events.connect(settings.region), settings.event_bus, describe)


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's
    """Tell a batch; from the first that was not taken on, the stream delivers it again."""
    found = list(events.records_of(event["Records"]))
    taken = bus.send([record for _, record in found])
    for (number, record), is_taken in zip(found, taken, strict=True):
        if not is_taken:
            logger.error("not announced", act=record.act, id=record.id)
            count("EventsDelayed")
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}


start.done()
