from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from idlewheel.errors import Unavailable
from idlewheel.settings import Settings
from idlewheel.storage.buckets import PUTS, S3Inbox, checksum, connect

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHA256 = "ab" * 32


class Twin:
    """S3 while another put of the same key is under way: puts answer what the test says."""

    def __init__(self, *puts: str, held: str | None) -> None:
        self.puts = list(puts)
        self.held = held

    def put_object(self, **_: Any) -> None:
        answer = self.puts.pop(0)
        if answer != "OK":
            raise ClientError({"Error": {"Code": answer}}, "PutObject")

    def head_object(self, **_: Any) -> dict[str, str]:
        if self.held is None:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"ChecksumSHA256": checksum(self.held)}


def stage(twin: Twin) -> None:
    S3Inbox(cast("S3Client", twin), "inbox").stage("staged/form/1/demo.whl", b"", SHA256)


def test_a_client_waits_as_long_as_its_function_is_told() -> None:
    client = connect("eu-west-1", Settings({"S3_READ_TIMEOUT": "240"}).s3_read_timeout)
    config: Any = client.meta.config

    assert config.read_timeout == 240


def test_the_same_bytes_in_the_way_are_as_good_as_ours() -> None:
    stage(Twin("PreconditionFailed", held=SHA256))


def test_bytes_that_were_in_the_way_and_are_judged_by_now_were_ours_too() -> None:
    stage(Twin("PreconditionFailed", held=None))


def test_other_bytes_in_the_way_are_not_taken_for_ours() -> None:
    with pytest.raises(Unavailable):
        stage(Twin("PreconditionFailed", held="cd" * 32))


def test_a_put_that_meets_another_is_made_again() -> None:
    twin = Twin("ConditionalRequestConflict", "ConditionalRequestConflict", "OK", held=None)
    stage(twin)

    assert twin.puts == []


def test_who_meets_another_every_time_is_told_to_try_later() -> None:
    twin = Twin(*["ConditionalRequestConflict"] * PUTS, held=None)

    with pytest.raises(Unavailable, match=r"demo\.whl"):
        stage(twin)


def test_any_other_refusal_of_the_store_is_no_verdict() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        stage(Twin("AccessDenied", held=None))
