"""Lambda: functions, each a small family of processes, one event at a time per worker.

Per function one parent imports the handler (`runtime.py`) and forks workers when all that exist
are busy; a worker that has had nothing to do for a while is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

    from local.plan import Function

LARGEST_PAYLOAD = 6 * 1024 * 1024
"""Bytes of an event, and of an answer, in a synchronous invocation (Lambda quotas)."""
MOST_WORKERS = 100
IDLE_SECONDS = 30.0

_RUNTIME = Path(__file__).with_name("runtime.py")
_LENGTH = struct.Struct("!I")


class FunctionFailed(Exception):
    """An invocation brought no result: an exception of the handler, a crash or a time-out."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class Invoker(Protocol):
    """Lambda, as those see it who invoke."""

    async def invoke(
        self, name: str, event: bytes, request_id: str = "", trace_id: str = ""
    ) -> bytes:
        """Give the JSON that function *name* returns for *event*. Raises FunctionFailed."""


class _Worker:
    """One worker process, seen from its channel."""

    def __init__(
        self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pid = pid
        self.idle_since = 0.0
        self._reader = reader
        self._writer = writer

    @property
    def is_alive(self) -> bool:
        return not self._reader.at_eof()

    async def handle(self, facts: bytes, event: bytes) -> bytes:
        for content in (facts, event):
            self._writer.write(_LENGTH.pack(len(content)) + content)
        await self._writer.drain()
        return await _frame(self._reader)

    def close(self) -> None:
        self._writer.close()

    def kill(self) -> None:
        """End the worker and what its handler has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.close()


class Pool:
    """One function: its parent process, and the workers it has forked."""

    def __init__(self, function: Function, environment: Mapping[str, str], log: Path) -> None:
        self._function = function
        self._environment = environment
        self._log = log
        self._parent: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()
        self._free = asyncio.Semaphore(MOST_WORKERS)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    async def invoke(self, event: bytes, request_id: str = "", trace_id: str = "") -> bytes:
        """Give the JSON that the function returns for *event*. Raises FunctionFailed."""
        facts = {
            "request_id": request_id or str(uuid.uuid4()),
            "trace_id": trace_id,
            "arn": self._function.arn,
            "timeout": self._function.timeout,
        }
        async with self._free:
            worker = await self._take()
            answer = await self._handle(worker, json.dumps(facts).encode(), event)
        if answer[:1] == b"E":
            said = json.loads(answer[1:])
            raise FunctionFailed(said["errorType"], said["errorMessage"])
        if len(answer) - 1 > LARGEST_PAYLOAD:
            raise FunctionFailed("Function.ResponseSizeTooLarge", f"{len(answer) - 1} bytes")
        return answer[1:]

    async def warm(self) -> None:
        """Import the handler now, so that the first event need not wait for it."""
        with contextlib.suppress(FunctionFailed):
            self._give_back(await self._take())

    def let_go(self, now: float | None = None) -> None:
        """Part with the workers that have been idle for long."""
        limit = (now or time.monotonic()) - IDLE_SECONDS
        for worker in [it for it in self._idle if it.idle_since <= limit]:
            self._idle.remove(worker)
            worker.close()

    def close(self) -> None:
        """End everything of this function, at once."""
        for worker in [*self._idle, *self._busy]:
            worker.kill()
        self._idle.clear()
        if self._control is not None:
            self._control.close()
        if self._parent is not None:
            self._parent.kill()
            self._parent.wait()

    async def _handle(self, worker: _Worker, facts: bytes, event: bytes) -> bytes:
        self._busy.add(worker)
        try:
            async with asyncio.timeout(self._function.timeout):
                answer = await worker.handle(facts, event)
        except TimeoutError:
            worker.kill()
            seconds = f"{self._function.timeout:.2f} seconds"
            raise FunctionFailed("Sandbox.Timedout", f"Task timed out after {seconds}") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            worker.kill()
            raise FunctionFailed("Runtime.ExitError", "the worker ended unasked") from None
        except BaseException:
            worker.kill()
            raise
        finally:
            self._busy.discard(worker)
        self._give_back(worker)
        return answer

    def _give_back(self, worker: _Worker) -> None:
        worker.idle_since = time.monotonic()
        self._idle.append(worker)

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            worker.close()
        async with self._starting:
            control = await self._ready_parent()
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            with theirs:
                socket.send_fds(control, [b"w"], [theirs.fileno()])
            return _Worker(int(await _frame(reader)), reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()
            raise FunctionFailed("Runtime.ExitError", "no worker could be started") from None

    async def _ready_parent(self) -> socket.socket:
        if self._parent is not None and self._parent.poll() is None and self._control is not None:
            return self._control
        if self._control is not None:
            self._control.close()
        self._control, theirs = socket.socketpair()
        with theirs, self._log.open("ab") as log:
            self._parent = _start(self._function, self._environment, theirs, log)
        self._control.setblocking(False)
        loop = asyncio.get_running_loop()
        if await loop.sock_recv(self._control, 1) != b"+":
            self._parent.wait()
            message = f"{self._function.handler} cannot be imported; see {self._log}"
            raise FunctionFailed("Runtime.ImportModuleError", message)
        self._control.setblocking(True)
        return self._control


class Functions:
    """All the functions of a template."""

    def __init__(
        self, functions: Iterable[Function], environment: Mapping[str, str], logs: Path
    ) -> None:
        self._pools = {
            it.name: Pool(it, dict(environment) | _environment(it), logs / f"{it.name}.log")
            for it in functions
        }

    async def invoke(
        self, name: str, event: bytes, request_id: str = "", trace_id: str = ""
    ) -> bytes:
        """Invoke one function, as Lambda's Invoke does. Raises FunctionFailed."""
        return await self._pools[name].invoke(event, request_id, trace_id)

    async def warm(self, names: Iterable[str]) -> None:
        """Import these functions' handlers, one after the other."""
        for name in names:
            await self._pools[name].warm()

    async def let_go_of_idle_workers(self) -> None:
        """Part with idle workers, for ever."""
        while True:
            await asyncio.sleep(IDLE_SECONDS / 3)
            for pool in self._pools.values():
                pool.let_go()

    def close(self) -> None:
        """End all processes."""
        for pool in self._pools.values():
            pool.close()


def _start(
    function: Function, environment: Mapping[str, str], control: socket.socket, log: BinaryIO
) -> subprocess.Popen[bytes]:
    descriptor = control.fileno()
    return subprocess.Popen(
        # -P keeps this folder off the path: a handler sees its code, its layers, its libraries.
        [sys.executable, "-P", str(_RUNTIME), str(descriptor), function.handler],
        env=environment,
        cwd=function.code,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[descriptor],
        start_new_session=True,  # Ctrl-C is for the gateway, which then ends its functions
    )


def _environment(function: Function) -> dict[str, str]:
    """Give what Lambda puts into the environment (Lambda guide, "Defined runtime variables")."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        **function.environment,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.deployed_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.deployed_name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": time.strftime("%Y/%m/%d/[$LATEST]local"),
        "LAMBDA_TASK_ROOT": str(function.code),
        "PYTHONPATH": os.pathsep.join(str(path) for path in (function.code, *function.layers)),
        "TZ": ":UTC",
        "_HANDLER": function.handler,
    }


async def _frame(reader: asyncio.StreamReader) -> bytes:
    size: int = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))[0]
    return await reader.readexactly(size)
