from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Stack


class Context:
    """What Lambda tells a function about its invocation."""

    function_name = "function"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    memory_limit_in_mb = 512
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    log_group_name = log_stream_name = "log"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


CONTEXT = Context()


@pytest.fixture
def load(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Import a function as Lambda does: its environment first, and anew for every test."""
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    loaded = []

    def load(name: str) -> Any:
        module = f"functions.{name}.app"
        sys.modules.pop(module, None)
        loaded.append(module)
        return importlib.import_module(module)

    yield load
    for module in loaded:
        sys.modules.pop(module, None)
