"""Limits of AWS that no emulator of ours enforces: what would be an error there is one here.

DynamoDB Developer Guide, "Quotas in Amazon DynamoDB"; S3 User Guide, "Naming Amazon S3 objects".
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import botocore.client
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = {"pk": 2048, "sk": 1024}
"""Bytes of each part of a key."""
LARGEST_ITEM = 400 * 1024
LARGEST_OBJECT_KEY = 1024


class OverLimit(AssertionError):
    """AWS would have refused this call."""


@contextlib.contextmanager
def enforced() -> Iterator[None]:
    """Look at every call to AWS within the block."""
    real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, arguments: Any) -> Any:
        check(operation, arguments)
        return real(client, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
        yield


def check(operation: str, arguments: Any) -> None:
    """Raise OverLimit where AWS would answer a ValidationException or the like."""
    for name, value in _walk(arguments):
        if name in {"Item", "Key"} and isinstance(value, dict):
            _check_item(value)
        if name == "Key" and isinstance(value, str):
            _check_text(value, LARGEST_OBJECT_KEY, "an object's key")
        if name == "ExpressionAttributeValues" and operation == "Query":
            for text in value.values():
                _check_text(text.get("S", "x"), LARGEST["pk"], "a value of a query")


def _check_item(item: dict[str, Any]) -> None:
    for name, largest in LARGEST.items():
        _check_text(item[name]["S"], largest, name)
    size = len(json.dumps(item, ensure_ascii=False, default=repr).encode())
    if size > LARGEST_ITEM:
        raise OverLimit(f"an item of {size} bytes")


def _check_text(text: str, largest: int, what: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise OverLimit(f"{what} is no text: {text[:60]!r}") from None
    if not 0 < size <= largest:
        raise OverLimit(f"{what} of {size} bytes: {text[:60]!r}")


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield name, part
            yield from _walk(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _walk(part)
