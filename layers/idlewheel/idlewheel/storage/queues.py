"""The queues that ingest reads, written to: an event that was lost is sent again, in S3's words.

And their dead letters, taken away by who sends the events of all of them again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from botocore.config import Config
from botocore.session import Session

from idlewheel.domain.uploads import Lane, parse_staged_key
from idlewheel.storage.sessions import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_sqs import SQSClient

AT_ONCE = 10
"""Messages that one ReceiveMessage answers at most (Amazon SQS API Reference)."""


def connect(region: str) -> SQSClient:
    """Open the client of both queues."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"})
    client: SQSClient = prepared(Session()).create_client("sqs", region_name=region, config=config)  # type: ignore[assignment]
    return client


def url(client: SQSClient, name: str) -> str:
    """Find a queue by its name."""
    return client.get_queue_url(QueueName=name)["QueueUrl"]


class SqsEvents:
    """One queue for each lane, by its URL."""

    def __init__(self, client: SQSClient, queues: Mapping[Lane, str], bucket: str) -> None:
        self._client = client
        self._queues = queues
        self._bucket = bucket

    def send_again(self, key: str) -> None:
        """Say once more that *key* was staged, so that ingest need not know the difference.

        The words are S3's (S3 User Guide, "Event message structure").
        """
        staged = parse_staged_key(key)
        if staged is None:
            return
        record = {
            "eventSource": "idlewheel:sweep",
            "eventName": "ObjectCreated:Again",
            "s3": {
                "bucket": {"name": self._bucket},
                "object": {"key": quote_plus(key, safe="/")},
            },
        }
        self._client.send_message(
            QueueUrl=self._queues[staged.lane], MessageBody=json.dumps({"Records": [record]})
        )


class SqsDeadLetters:
    """What ingest could not process, and AbandonFunction has not told its uploaders yet."""

    def __init__(self, client: SQSClient, queues: Sequence[str]) -> None:
        self._client = client
        self._queues = queues

    def clear(self) -> int:
        """Remove all that nobody works on now; answer how many there were."""
        return sum(1 for queue in self._queues for _ in self._taken(queue))

    def _taken(self, queue: str) -> Iterator[str]:
        while True:
            found = self._client.receive_message(
                QueueUrl=queue, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=1
            )
            for message in found.get("Messages", []):
                self._client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                yield message["MessageId"]
            if not found.get("Messages"):
                return
