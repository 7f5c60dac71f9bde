"""The only reader of the environment; a missing variable stops the start and names itself."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unset(Exception):
    """A variable that a function needs is missing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What template.yaml tells a function; each one asks only for what it uses."""

    _environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def index_table(self) -> str:
        """The table of projects, files and uploads."""
        return self._get("INDEX_TABLE")

    @property
    def access_table(self) -> str:
        """The table of tokens."""
        return self._get("ACCESS_TABLE")

    @property
    def inbox_bucket(self) -> str:
        """Where bytes wait for their verdict."""
        return self._get("INBOX_BUCKET")

    @property
    def files_bucket(self) -> str:
        """Where published bytes live."""
        return self._get("FILES_BUCKET")

    @property
    def form_queue(self) -> str:
        """The URL of the queue that small uploads go through."""
        return self._get("FORM_QUEUE_URL")

    @property
    def large_queue(self) -> str:
        """The URL of the queue that large uploads go through."""
        return self._get("LARGE_QUEUE_URL")

    @property
    def event_bus(self) -> str:
        """The name of the EventBridge bus that is told of what happens."""
        return self._get("EVENT_BUS")

    @property
    def region(self) -> str:
        """The AWS region, as Lambda sets it."""
        return self._get("AWS_REGION")

    @property
    def release_closes_after(self) -> timedelta:
        """How long after its first file a release takes others."""
        return timedelta(days=int(self._get("RELEASE_CLOSES_AFTER_DAYS")))

    @property
    def attestations(self) -> str:
        """What projects ask of attestations that ask nothing of their own."""
        return self._get("ATTESTATIONS")

    @property
    def s3_endpoint(self) -> str | None:
        """An S3 that is not AWS's own (AWS SDKs and Tools, "Service-specific endpoints")."""
        find = self._environment.get
        return find("AWS_ENDPOINT_URL_S3") or find("AWS_ENDPOINT_URL") or None

    @property
    def s3_read_timeout(self) -> float:
        """Seconds to wait for S3's next bytes; it copies 5 GB before it says a word."""
        return float(self._get("S3_READ_TIMEOUT"))

    def _get(self, name: str) -> str:
        try:
            return self._environment[name]
        except KeyError:
            raise Unset(f"the environment variable {name} is not set") from None
