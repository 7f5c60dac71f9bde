"""The notifications of S3, for a store that sends none: each object that lands is told a queue."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Stack
    from tests.emulator import Emulator

PAUSE = 0.05
"""Seconds between two looks into the inbox."""


class Notices:
    """Tells of every object once, as soon as store and queue are there: S3 forgets none."""

    def __init__(self, stack: Stack, queues: Mapping[str, str]) -> None:
        """Watch the inbox of *stack*; *queues* are URLs by the prefix of the keys they hear of."""
        self._bucket = stack.inbox_bucket
        self._queues = queues
        self._s3 = _client("s3", stack.emulator.bucket_url, stack.emulator)
        self._sqs = _client("sqs", stack.emulator.url, stack.emulator)
        self._told: set[tuple[str, Any]] = set()
        self._ended = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Tell for as long as the block lasts."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _run(self) -> None:
        while not self._ended.wait(PAUSE):
            with contextlib.suppress(BotoCoreError, ClientError):  # one of them is down
                self._look()

    def _look(self) -> None:
        for prefix, queue in self._queues.items():
            listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
            for found in listed.get("Contents", []):
                landed = (found["Key"], found["LastModified"])
                if landed not in self._told:
                    self._sqs.send_message(QueueUrl=queue, MessageBody=_notice(found))
                    self._told.add(landed)


def _notice(found: Mapping[str, Any]) -> str:
    """Write what S3 would (S3 User Guide, "Event message structure"), as far as anybody reads."""
    told = {"key": quote_plus(found["Key"], safe="/"), "size": found["Size"]}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": told}}
    return json.dumps({"Records": [record]})


def _client(service: str, url: str, emulator: Emulator) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=emulator.region,
        aws_access_key_id=emulator.key,
        aws_secret_access_key=emulator.key,
        config=Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1}),
    )
