"""Nothing waits for ever: what lost its event, what nobody owns. A schedule calls; see template."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from idlewheel import start
from idlewheel.domain.uploads import Lane
from idlewheel.services.sweep import Collect, Sweep
from idlewheel.settings import Settings
from idlewheel.storage import queues
from idlewheel.storage.buckets import S3Files, S3Inbox, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_index
from idlewheel.storage.uploads import DynamoUploads
from idlewheel.telemetry import count, logger, observed

settings = Settings()
connection = bind_index(settings.index_table, settings.region)
s3 = connect(settings.region)
inbox = S3Inbox(s3, settings.inbox_bucket)
files = S3Files(s3, settings.files_bucket)
lanes = {Lane.FORM: settings.form_queue, Lane.LARGE: settings.large_queue}
events = queues.SqsEvents(queues.connect(settings.region), lanes, settings.inbox_bucket)
sweep = Sweep(DynamoUploads(connection), inbox, inbox, events)
manifests = S3Manifests(s3, settings.files_bucket)
collect = Collect(DynamoCatalog(), files, files, manifests)


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's
    """Sweep the inbox, or go through the files bucket: ``{"collect": true}``."""
    now = datetime.now(UTC)
    done = collect.collect(now) if event.get("collect") else sweep.sweep(now)
    for found in sorted(done.keys() & _METRIC.keys()):
        count(_METRIC[found])
        count("SweeperFindings")
        logger.warning("swept", found=found, times=done[found])
    return dict(done)


_METRIC = {
    "sent again": "LostEvents",
    "ended": "OverdueUploads",
    "collected": "OrphanedCopies",
    "mended": "MendedUrls",
    "noted": "MissingManifests",
}
"""What should not have been there; operators see it as a metric, and are told what in the log.

One metric counts them all, because an alarm costs as much for each that it looks at.
"""


start.done()
