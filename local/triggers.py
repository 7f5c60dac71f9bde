"""Event source mappings: messages of a queue become events of a function.

Rules: Lambda guide, "Using Lambda with Amazon SQS". What the function fails stays in the queue
and is seen again after the visibility time-out; the queue itself moves it to its dead letters.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, Protocol

from local.functions import FunctionFailed
from local.sqs import LONGEST_POLL, QueueUnreachable
from local.template import REGION

if TYPE_CHECKING:
    from local.functions import Invoker
    from local.plan import Schedule, Trigger

_PAUSE = 1.0
"""Seconds before a queue is asked again that could not be reached."""

Message = dict[str, Any]


class Clockwork:
    """One schedule: invokes its function again and again; a failure is the log's to tell."""

    def __init__(self, schedule: Schedule, functions: Invoker) -> None:
        self._schedule = schedule
        self._functions = functions

    async def run(self) -> None:
        """Wait, invoke, for ever."""
        while True:
            await asyncio.sleep(self._schedule.every)
            with contextlib.suppress(FunctionFailed):
                await self._functions.invoke(self._schedule.function, self._schedule.event.encode())


class Messages(Protocol):
    """A queue, as its consumer sees it."""

    async def receive(self, most: int, wait: int) -> list[Message]:
        """Wait up to *wait* seconds for up to *most* messages. Raises QueueUnreachable."""

    async def delete(self, receipt: str) -> None:
        """Take a message away for good. Raises QueueUnreachable."""


class Poller:
    """One trigger: takes messages off its queue, and the function's success deletes them."""

    def __init__(self, trigger: Trigger, queue: Messages, functions: Invoker) -> None:
        self._trigger = trigger
        self._queue = queue
        self._functions = functions
        self._slots = asyncio.Semaphore(trigger.concurrency)
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            await self._slots.acquire()
            task = asyncio.create_task(self._handle(await self._receive()))
            self._running.add(task)
            task.add_done_callback(self._done)

    async def finish(self, seconds: float) -> None:
        """Wait for what is being handled."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()

    async def _receive(self) -> list[Message]:
        """Give the next batch; there is always one, some time."""
        batch: list[Message] = []
        while not batch:
            batch = await self._ask(self._trigger.batch, LONGEST_POLL)
        if self._trigger.window and len(batch) < self._trigger.batch:
            window = round(min(self._trigger.window, LONGEST_POLL))
            batch += await self._ask(self._trigger.batch - len(batch), window)
        return batch

    async def _ask(self, most: int, wait: int) -> list[Message]:
        try:
            return await self._queue.receive(most, wait)
        except QueueUnreachable:
            await asyncio.sleep(_PAUSE)
            return []

    async def _handle(self, batch: list[Message]) -> None:
        event = {"Records": [self._record(message) for message in batch]}
        try:
            answer = await self._functions.invoke(
                self._trigger.function, json.dumps(event).encode()
            )
            failed = self._failed(json.loads(answer), batch)
        except FunctionFailed:
            return  # seen again later; the function's log says why
        for message in batch:
            if message["MessageId"] not in failed:
                await self._delete(message)

    async def _delete(self, message: Message) -> None:
        try:
            await self._queue.delete(message["ReceiptHandle"])
        except QueueUnreachable:
            return  # delivered again: SQS promises at least once, not exactly once

    def _failed(self, answer: Any, batch: list[Message]) -> set[str]:  # noqa: ANN401
        """Give the ids of the messages that are to come again."""
        if not self._trigger.reports_failures or not answer:
            return set()
        everything = {message["MessageId"] for message in batch}
        try:
            failed = {it["itemIdentifier"] for it in answer["batchItemFailures"] or ()}
        except (KeyError, TypeError):
            return everything
        # An id that was never sent: Lambda takes the whole batch for failed.
        return everything if failed - everything else failed

    def _record(self, message: Message) -> Message:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": message.get("MessageAttributes", {}),
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._trigger.queue,
            "awsRegion": REGION,
        }
