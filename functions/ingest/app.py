"""An object was staged: publish it, or refuse it. Two sizes of this function share the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from idlewheel import start
from idlewheel.distribution.isolation import get_ready
from idlewheel.distribution.verify import verify
from idlewheel.domain.attestations import Policy
from idlewheel.services.attest import Attestations
from idlewheel.services.ingest import Ingest, Outcome
from idlewheel.settings import Settings
from idlewheel.storage.access import bind_access
from idlewheel.storage.buckets import S3Files, S3Inbox, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.drafts import DynamoDrafts
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.publication import DynamoPublisher
from idlewheel.storage.tables import bind_index
from idlewheel.storage.trusts import DynamoTrusts
from idlewheel.storage.uploads import DynamoUploads
from idlewheel.telemetry import count, logger, observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    from idlewheel.domain.attestations import Trust


def prove(text: str, filename: str, sha256: str, trust: Trust) -> bytes:
    """Verify attestations; who never gets any never imports what it takes."""
    from idlewheel.distribution.attestations import provenance  # noqa: PLC0415

    return provenance(text, filename, sha256, trust)


settings = Settings()
connection = bind_index(settings.index_table, settings.region)
bind_access(settings.access_table, settings.region)
uploads = DynamoUploads(connection)
drafts = DynamoDrafts(connection)
publisher = DynamoPublisher(
    connection, DynamoCatalog(), uploads, drafts, settings.release_closes_after
)
s3 = connect(settings.region, settings.s3_read_timeout)
ingest = Ingest(
    uploads=uploads,
    publisher=publisher,
    inbox=S3Inbox(s3, settings.inbox_bucket),
    files=S3Files(s3, settings.files_bucket, settings.inbox_bucket),
    verify=verify,
    provenance=Attestations(DynamoTrusts(), Policy(settings.attestations), prove).provenance,
    manifests=S3Manifests(s3, settings.files_bucket),
)
processor = BatchProcessor(event_type=EventType.SQS)


def process(record: SQSRecord) -> None:
    """Take each object that the message names to its verdict."""
    get_ready()  # it starts while we read the tables
    for key in staged_keys(record.body):
        outcome, problems = ingest.process(key)
        logger.info("ingested", key=key, outcome=outcome, problems=[list(p) for p in problems])
        count(_METRIC[outcome], tuple(problem.code for problem in problems))


_METRIC = {
    Outcome.PUBLISHED: "Uploads",
    Outcome.STAGED: "StagedUploads",
    Outcome.DUPLICATE: "DuplicateUploads",
    Outcome.REJECTED: "RejectedUploads",
    Outcome.IGNORED: "IgnoredEvents",
}


def staged_keys(body: str) -> Iterator[str]:
    """Read the keys out of an S3 event notification; they come URL-encoded, ``+`` for a space.

    A test event, which S3 sends when the notification is set up, has no records.
    """
    for record in json.loads(body).get("Records", []):
        yield unquote_plus(record["s3"]["object"]["key"])


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Process one batch of messages; those that fail come again."""
    return dict(
        process_partial_response(
            event=event, record_handler=process, processor=processor, context=context
        )
    )


def give_up(record: SQSRecord) -> None:
    """End the uploads of a message that could not be processed."""
    for key in staged_keys(record.body):
        logger.error("abandoned", key=key)
        count("AbandonedUploads")
        ingest.abandon(key)


@observed
def abandon(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Process the dead letters: nobody waits for ever."""
    return dict(
        process_partial_response(
            event=event, record_handler=give_up, processor=processor, context=context
        )
    )


start.done()
