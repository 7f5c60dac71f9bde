"""The queues that ingest reads, written to: an event that was lost is sent again, in S3's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from botocore.config import Config
from botocore.session import Session

from idlewheel.domain.uploads import Lane, parse_staged_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient


def connect(region: str) -> SQSClient:
    """Open the client of both queues."""
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"})
    client: SQSClient = Session().create_client("sqs", region_name=region, config=config)  # type: ignore[assignment]
    return client


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
