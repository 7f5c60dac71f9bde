from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from local.runtime import Context, _receive, _send

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_LAMBDA_FUNCTION_NAME": "idlewheel-F",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/idlewheel-F",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/22/[$LATEST]local",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def channel() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def context(timeout: float) -> Context:
    return Context({"request_id": "r", "arn": "arn:f", "timeout": timeout})


def test_a_context_has_what_lambdas_has() -> None:
    made = context(3)

    assert {name: getattr(made, name) for name in dir(made) if name[0] != "_"} == {
        "aws_request_id": "r",
        "client_context": None,
        "function_name": "idlewheel-F",
        "function_version": "$LATEST",
        "get_remaining_time_in_millis": made.get_remaining_time_in_millis,
        "identity": None,
        "invoked_function_arn": "arn:f",
        "log_group_name": "/aws/lambda/idlewheel-F",
        "log_stream_name": "2026/11/22/[$LATEST]local",
        "memory_limit_in_mb": "512",
    }


def test_the_time_that_is_left_runs_out_and_not_below_nothing() -> None:
    long, over = context(60), context(0.001)
    time.sleep(0.01)

    assert 59_000 < long.get_remaining_time_in_millis() < 60_000
    assert over.get_remaining_time_in_millis() == 0


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 100])
def test_a_frame_arrives_as_it_was_sent(
    channel: tuple[socket.socket, socket.socket], content: bytes
) -> None:
    _send(channel[0], content)
    _send(channel[0], b"next")

    assert [bytes(_receive(channel[1]) or b"") for _ in range(2)] == [content, b"next"]


@pytest.mark.parametrize("rest", [b"", b"\0\0", b"\0\0\0\x09half"])
def test_a_channel_that_ends_has_no_frame(
    channel: tuple[socket.socket, socket.socket], rest: bytes
) -> None:
    channel[0].sendall(rest)
    channel[0].shutdown(socket.SHUT_WR)

    assert _receive(channel[1]) is None
