from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from local.functions import FunctionFailed
from local.plan import Trigger
from local.sqs import QueueUnreachable
from local.triggers import Poller

ARN = "arn:aws:sqs:us-east-1:000000000000:forms"


class Queue:
    """Hands out its messages in batches, then nothing for ever."""

    def __init__(self, *messages: str) -> None:
        self.waiting = [
            {"MessageId": it, "ReceiptHandle": f"receipt-{it}", "Body": f"body-{it}"}
            for it in messages
        ]
        self.deleted: list[str] = []
        self.breaks = 0

    async def receive(self, most: int, wait: int) -> list[dict[str, Any]]:
        if self.breaks:
            self.breaks -= 1
            raise QueueUnreachable
        if not self.waiting:
            await asyncio.sleep(wait)
        batch, self.waiting = self.waiting[:most], self.waiting[most:]
        return batch

    async def delete(self, receipt: str) -> None:
        self.deleted.append(receipt.removeprefix("receipt-"))


class Lambda:
    """Answers each message as told; counts how many it holds at once."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = answers or {}
        self.events: list[dict[str, Any]] = []
        self.now = self.most = 0

    async def invoke(
        self, name: str, event: bytes, request_id: str = "", trace_id: str = ""
    ) -> bytes:
        records = json.loads(event)["Records"]
        self.events.append({"Records": records})
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        answer = self.answers.get(records[0]["messageId"])
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer).encode()


def run(queue: Queue, function: Lambda, trigger: Trigger, seconds: float = 0.15) -> None:
    async def story() -> None:
        poller = Poller(trigger, queue, function)
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await poller.finish(1)

    asyncio.run(story())


def trigger(batch: int = 1, concurrency: int = 10, reports_failures: bool = True) -> Trigger:
    return Trigger("F", ARN, batch, 0, concurrency, reports_failures)


def test_a_message_becomes_a_record_and_is_deleted() -> None:
    queue, function = Queue("m1"), Lambda()

    run(queue, function, trigger())

    assert function.events == [
        {
            "Records": [
                {
                    "messageId": "m1",
                    "receiptHandle": "receipt-m1",
                    "body": "body-m1",
                    "attributes": {},
                    "messageAttributes": {},
                    "md5OfBody": "",
                    "eventSource": "aws:sqs",
                    "eventSourceARN": ARN,
                    "awsRegion": "us-east-1",
                }
            ]
        }
    ]
    assert queue.deleted == ["m1"]


def test_what_the_function_fails_stays_in_the_queue() -> None:
    queue = Queue("good", "bad", "fine")

    run(queue, Lambda({"bad": FunctionFailed("Sandbox.Timedout", "…")}), trigger())

    assert sorted(queue.deleted) == ["fine", "good"]


@pytest.mark.parametrize(
    ("answer", "deleted"),
    [
        (None, ["a", "b"]),
        ({}, ["a", "b"]),
        ({"batchItemFailures": []}, ["a", "b"]),
        ({"batchItemFailures": None}, ["a", "b"]),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, ["a"]),
        ({"batchItemFailures": [{"itemIdentifier": "unheard"}]}, []),
        ({"batchItemFailures": [{"wrong": "b"}]}, []),
        ("nonsense", []),
    ],
)
def test_only_what_the_function_reports_stays(answer: Any, deleted: list[str]) -> None:
    queue = Queue("a", "b")

    run(queue, Lambda({"a": answer}), trigger(batch=2))

    assert queue.deleted == deleted


def test_a_report_counts_only_where_the_template_asks_for_it() -> None:
    queue = Queue("a")
    report = {"batchItemFailures": [{"itemIdentifier": "a"}]}

    run(queue, Lambda({"a": report}), trigger(reports_failures=False))

    assert queue.deleted == ["a"]


def test_no_more_run_at_once_than_the_template_allows() -> None:
    queue, function = Queue(*"abcdefgh"), Lambda()

    run(queue, function, trigger(concurrency=3))

    assert (function.most, len(queue.deleted)) == (3, 8)


def test_a_queue_that_cannot_be_reached_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.triggers._PAUSE", 0.01)
    queue = Queue("a")
    queue.breaks = 3

    run(queue, Lambda(), trigger())

    assert queue.deleted == ["a"]
