"""A queue of the emulator, over its JSON protocol.

Our own few lines of HTTP, because a long poll must end at once when the index stops: an SDK's
could only be waited for. The emulator looks at no signature.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

from local.template import REGION

LONGEST_POLL = 20
"""Seconds that SQS lets a receiver wait."""
_PATIENCE = LONGEST_POLL + 10


class QueueUnreachable(Exception):
    """The queue did not answer, or not with what was asked for."""


class Queue:
    """One SQS queue, by the URL it has at the emulator."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = urlsplit(url).netloc

    async def receive(self, most: int, wait: int = LONGEST_POLL) -> list[dict[str, Any]]:
        """Wait for messages, up to ten. Raises QueueUnreachable."""
        answer = await self._call(
            "ReceiveMessage",
            MaxNumberOfMessages=min(most, 10),
            WaitTimeSeconds=wait,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages") or []
        return messages

    async def delete(self, receipt: str) -> None:
        """Take a message away for good. Raises QueueUnreachable."""
        await self._call("DeleteMessage", ReceiptHandle=receipt)

    async def _call(self, action: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        payload = json.dumps({"QueueUrl": self._url, **arguments}).encode()
        try:
            async with asyncio.timeout(_PATIENCE):
                status, body = await self._post(action, payload)
                answer: dict[str, Any] = json.loads(body or b"{}")
        except (
            OSError,
            ValueError,
            IndexError,
            asyncio.IncompleteReadError,
            TimeoutError,
        ) as error:
            raise QueueUnreachable(f"{action}: {error!r}") from error
        if status != 200:
            raise QueueUnreachable(f"{action}: {status} {body!r}")
        return answer

    async def _post(self, action: str, payload: bytes) -> tuple[int, bytes]:
        host, _, port = self._host.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(
                f"POST / HTTP/1.1\r\nHost: {self._host}\r\nConnection: close\r\n"
                f"Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.{action}\r\n"
                f"Authorization: AWS4-HMAC-SHA256 Credential=local/20200101/{REGION}/sqs/"
                f"aws4_request, SignedHeaders=host, Signature=none\r\n"
                f"Content-Length: {len(payload)}\r\n\r\n".encode()
                + payload
            )
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            body = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
            return int(head.split()[1]), body
        finally:
            writer.close()
