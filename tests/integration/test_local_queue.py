"""A queue of the emulator, by our own few lines of its protocol."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.sqs import Queue, QueueUnreachable
from local.template import REGION

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tests.emulator import Emulator


def client(emulator: Emulator) -> SQSClient:
    # In the region of the local index, which is not that of other tests.
    made: SQSClient = boto3.client(
        "sqs",
        endpoint_url=emulator.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return made


@pytest.fixture
def url(emulator: Emulator) -> str:
    made = client(emulator).create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}")
    # The emulator calls itself localhost; it listens on one address.
    return str(made["QueueUrl"]).replace("localhost", "127.0.0.1")


def send(emulator: Emulator, url: str, *bodies: str) -> None:
    for body in bodies:
        client(emulator).send_message(QueueUrl=url, MessageBody=body)


def test_a_message_is_received_whole(emulator: Emulator, url: str) -> None:
    send(emulator, url, "über")

    [message] = asyncio.run(Queue(url).receive(1, 0))

    assert message["Body"] == "über"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert {"MessageId", "ReceiptHandle", "MD5OfBody"} <= set(message)


def test_no_more_messages_come_than_were_asked_for(emulator: Emulator, url: str) -> None:
    send(emulator, url, "a", "b", "c")

    async def story() -> list[int]:
        queue = Queue(url)
        return [len(await queue.receive(2, 0)) for _ in range(3)]

    assert asyncio.run(story()) == [2, 1, 0]


def test_what_is_deleted_does_not_come_again(emulator: Emulator, url: str) -> None:
    send(emulator, url, "a")

    async def story() -> dict[str, str]:
        queue = Queue(url)
        [message] = await queue.receive(1, 0)
        await queue.delete(message["ReceiptHandle"])
        asked = client(emulator).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return {str(name): value for name, value in asked["Attributes"].items()}

    attributes = asyncio.run(story())

    assert attributes["ApproximateNumberOfMessages"] == "0"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_long_poll_ends_when_a_message_comes(emulator: Emulator, url: str) -> None:
    async def story() -> list[dict[str, Any]]:
        poll = asyncio.create_task(Queue(url).receive(1, 20))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(send, emulator, url, "late")
        return await asyncio.wait_for(poll, 5)

    assert [message["Body"] for message in asyncio.run(story())] == ["late"]


def test_a_long_poll_can_be_given_up_at_once(url: str) -> None:
    async def story() -> float:
        poll = asyncio.create_task(Queue(url).receive(1, 20))
        await asyncio.sleep(0.2)
        started = time.monotonic()
        poll.cancel()
        await asyncio.wait([poll])
        return time.monotonic() - started

    assert asyncio.run(story()) < 1


def test_a_queue_that_does_not_exist_is_unreachable(url: str) -> None:
    with pytest.raises(QueueUnreachable, match="does not exist"):
        asyncio.run(Queue(f"{url}-no").receive(1, 0))


def test_an_emulator_that_is_gone_is_unreachable() -> None:
    with pytest.raises(QueueUnreachable):
        asyncio.run(Queue("http://127.0.0.1:1/000000000000/q").receive(1, 0))


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_is_none_is_told_as_unreachable(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def story() -> None:
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await Queue(f"http://127.0.0.1:{port}/000000000000/q").receive(1, 0)

    with pytest.raises(QueueUnreachable):
        asyncio.run(story())
