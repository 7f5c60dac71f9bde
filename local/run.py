"""Starts everything, in the order in which it is needed, and stops it in the reverse one."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from local import emulator, facts, stack
from local.facts import Facts
from local.functions import FunctionFailed, Functions
from local.gateway import Gateway
from local.intrinsics import Unresolvable
from local.plan import read
from local.server import HOST, PortTaken, Server, listen
from local.sqs import Queue
from local.template import REGION, BadTemplate, load
from local.triggers import Clockwork, Poller

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from local.emulator import Emulator
    from local.plan import Plan

_SECONDS_TO_FINISH = 5.0
_LONGEST_LOG = 16 * 1024 * 1024
"""Bytes."""
_TOKEN_DAYS = 30
MANAGE = "ManageFunction"
"""Invoked directly, as an operator with AWS credentials does, to mint the first tokens."""
_TOKENS = {
    "publish": ["read:*", "publish:*"],
    "admin": ["read:*", "publish:*", "yank:*", "admin:*"],
}
_FOR_PEOPLE = (
    PortTaken,
    BadTemplate,
    Unresolvable,
    FunctionFailed,
    emulator.EmulatorFailed,
    stack.StackFailed,
)


class AlreadyRunning(Exception):
    """Another local index works on the same data."""


def main(port: int, state: Path, template: Path) -> int:
    """Run the local index until it is told to stop; give the exit code."""
    for order in orders_to_stop():
        signal.signal(order, _interrupt)
    try:
        with _alone(state), listen(port) as listener:
            _run(listener, state, template)
    except KeyboardInterrupt:
        return 0
    except PortTaken as error:
        print(f"{error} Choose another: make run PORT={port + 1}", file=sys.stderr)
        return 1
    except (AlreadyRunning, *_FOR_PEOPLE) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def orders_to_stop() -> list[signal.Signals]:
    """Give the signals that stop the index; under `nohup` a closed terminal is none of them."""
    orders = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        orders.append(signal.SIGHUP)
    return orders


def shorten(logs: Path) -> None:
    """Set logs aside that have grown long; of each, one older part is kept."""
    for log in logs.glob("*.log"):
        if log.stat().st_size > _LONGEST_LOG:
            log.replace(log.with_suffix(".log.old"))


def _run(listener: socket.socket, state: Path, path: Path) -> None:
    (state / "logs").mkdir(parents=True, exist_ok=True)
    shorten(state / "logs")
    facts.forget(state)
    template = load(path)
    aws = emulator.start(state)
    try:
        aws.wait_until_ready()
        scope = stack.deploy(template, aws.endpoint)
        asyncio.run(_Index(read(template, scope), aws, state).serve(listener))
    finally:
        facts.forget(state)
        aws.stop()


class _Index:
    """Everything that runs inside the gateway's process."""

    def __init__(self, plan: Plan, aws: Emulator, state: Path) -> None:
        self._plan = plan
        self._aws = aws
        self._state = state
        environment = _environment(aws, state)
        self._functions = Functions(plan.functions.values(), environment, state / "logs")
        self._pollers = [
            Poller(it, Queue(stack.queue_url(it.queue, aws.endpoint)), self._functions)
            for it in plan.triggers
        ]

    async def serve(self, listener: socket.socket) -> None:
        """Serve until told to stop."""
        log = (self._state / "logs" / "gateway.log").open("a")
        logging.basicConfig(stream=log, level=logging.WARNING)
        with log:
            server = Server(
                Gateway(self._plan, self._functions, log), lambda: self._announce(listener)
            )
            loop = asyncio.get_running_loop()
            for order in orders_to_stop():
                loop.add_signal_handler(order, setattr, server, "should_exit", True)
            background = [asyncio.create_task(it.run()) for it in self._pollers]
            background += [
                asyncio.create_task(Clockwork(it, self._functions).run())
                for it in self._plan.schedules
            ]
            background.append(asyncio.create_task(self._functions.let_go_of_idle_workers()))
            background.append(asyncio.create_task(self._watch()))
            for task in background:  # none of them ends by itself, unless it fails
                task.add_done_callback(lambda _: setattr(server, "should_exit", True))
            try:
                await server.serve([listener])
            finally:
                await self._stop(background)

    async def _announce(self, listener: socket.socket) -> None:
        """Mint the tokens, tell where the index is, and then warm what will be needed."""
        token, admin_token = await asyncio.gather(*(self._token(kind) for kind in _TOKENS))
        port = listener.getsockname()[1]
        pids = {"gateway": os.getpid(), "aws": self._aws.pid}
        base = f"http://{HOST}:{port}"
        found = Facts.at(base, token, admin_token, pids, _reaching(self._aws))
        found.write(self._state)
        print(found.greeting(self._state), flush=True)
        self._warming = asyncio.create_task(self._functions.warm(self._needed_soon()))

    async def _token(self, kind: str) -> str:
        wanted = {"kind": kind, "principal": "local", "scopes": _TOKENS[kind], "days": _TOKEN_DAYS}
        answer = await self._functions.invoke(MANAGE, json.dumps({"issue": wanted}).encode())
        return str(json.loads(answer)["token"])

    def _needed_soon(self) -> list[str]:
        """Give the functions on the way of a request, the authorizers first."""
        authorizers = [it.function for it in self._plan.authorizers.values()]
        routes = [it.function for it in self._plan.routes]
        triggers = [it.function for it in self._plan.triggers[:1]]
        return list(dict.fromkeys(authorizers + routes + triggers))

    async def _watch(self) -> None:
        """Fail when MiniStack has ended by itself: without it there is no index."""
        while self._aws.is_running:  # noqa: ASYNC110 - a process rings no event
            await asyncio.sleep(1)
        raise emulator.EmulatorFailed("MiniStack has ended; logs/aws.log may say why.")

    async def _stop(self, background: list[asyncio.Task[None]]) -> None:
        """End everything of this process. Raises what a task of the background failed with."""
        for task in background:
            task.cancel()
        await asyncio.wait(background)
        await asyncio.gather(*(it.finish(_SECONDS_TO_FINISH) for it in self._pollers))
        self._functions.close()
        for task in background:
            if not task.cancelled():
                task.result()


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the data folder for us alone; the lock ends with the process, however it ends."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"The local index is already running at {facts.running_at(state)}"
            ) from None
        yield


def _environment(aws: Emulator, state: Path) -> dict[str, str]:
    """Give what every function finds in its environment beside its own variables."""
    temporary = state / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "PYTHONUTF8": "1",
        "HOME": str(temporary),  # nobody's ~/.aws has a say
        "TMPDIR": str(temporary),
        "AWS_EC2_METADATA_DISABLED": "true",
        **_reaching(aws),
    }


def _reaching(aws: Emulator) -> dict[str, str]:
    """Give the environment in which AWS's own tools speak to the emulator."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws.endpoint,
        **emulator.CREDENTIALS,
    }


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
