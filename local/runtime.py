"""Runs inside a function's environment: imports the handler once, forks a worker on demand.

Started as `python -P runtime.py CONTROL-FD HANDLER FACTS`, and self-contained, so that a handler
finds on its path what it would find in Lambda and nothing of ours. A worker takes one event at a
time, as Lambda does: Powertools keeps the current event in class attributes.

The control socket brings one byte and one file descriptor per worker to be: the worker's channel.
On a channel, both ways, a frame is four bytes of length and as many of content. To the worker:
JSON facts of the invocation, then the event; from it: first its process id, then per event a
frame that starts with R (result) or E (error). Whoever reads the end of its socket ends itself,
so nothing outlives the gateway.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
LENGTH = struct.Struct("!I")


class Context:
    """What Lambda gives a handler beside the event (Lambda guide, "context object in Python")."""

    identity = None
    client_context = None
    function_version = "$LATEST"

    def __init__(self, facts: dict[str, Any]) -> None:
        self.aws_request_id: str = facts["request_id"]
        self.invoked_function_arn: str = facts["arn"]
        self.function_name: str = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.memory_limit_in_mb: str = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name: str = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name: str = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + facts["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until the function is killed."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Import the handler, then fork a worker for every channel that the gateway sends."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _die_with_parent()
    handler = _load(sys.argv[2])
    gc.collect()
    gc.freeze()  # what the handler imported is never looked at again, so workers share it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the workers
    control.sendall(b"+")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        channel = socket.socket(fileno=descriptors[0])
        if os.fork() == 0:
            control.close()
            _work(handler, channel)
        channel.close()


def _load(name: str) -> Callable[[Any, Context], Any]:
    module, _, function = name.rpartition(".")
    loaded: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), function)
    return loaded


def _work(handler: Callable[[Any, Context], Any], channel: socket.socket) -> None:
    """Be a worker until the channel ends; never returns."""
    try:
        os.setpgid(0, 0)  # a timeout ends what the handler has started, too
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _die_with_parent()
        _send(channel, str(os.getpid()).encode())
        while (facts := _receive(channel)) is not None and (event := _receive(channel)) is not None:
            answer = _invoke(handler, json.loads(facts), event)
            sys.stdout.flush()
            _send(channel, answer)
    except OSError:
        pass  # the gateway is gone: there is nobody to answer
    finally:
        sys.stdout.flush()
        os._exit(0)


def _invoke(
    handler: Callable[[Any, Context], Any], facts: dict[str, Any], event: bytearray
) -> bytes:
    os.environ["_X_AMZN_TRACE_ID"] = facts["trace_id"]
    try:
        return b"R" + json.dumps(handler(json.loads(event), Context(facts))).encode()
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its answer
        traceback.print_exc()
        said = {"errorMessage": str(error), "errorType": type(error).__name__}
        return b"E" + json.dumps(said).encode()


def _send(channel: socket.socket, content: bytes) -> None:
    channel.sendall(LENGTH.pack(len(content)) + content)


def _receive(channel: socket.socket) -> bytearray | None:
    """Read a frame; None where the channel has ended."""
    head = _exactly(channel, LENGTH.size)
    return None if head is None else _exactly(channel, LENGTH.unpack(head)[0])


def _exactly(channel: socket.socket, size: int) -> bytearray | None:
    content = bytearray(size)
    view, filled = memoryview(content), 0
    while filled < size:
        count = channel.recv_into(view[filled:])
        if not count:
            return None
        filled += count
    return content


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the parent dies; elsewhere the end of the socket does it."""
    parent = os.getppid()
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - for Linux only

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main()
