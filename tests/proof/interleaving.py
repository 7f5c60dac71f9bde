"""Two at the same time: one publication, stopped before each call for somebody else's turn."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from idlewheel.errors import IdlewheelError
from tests.proof.faults import Calls, aside, watched
from tests.proof.invariants import broken
from tests.proof.scenarios import WHEEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from idlewheel.domain.tokens import Token
    from tests.proof.cloud import Cloud
    from tests.proof.rivals import Rival
    from tests.proof.state import State

    Play = Callable[[Cloud, Token], Callable[[], object]]
    """Prepares a publication, and answers what makes it."""


def one_file(cloud: Cloud, token: Token) -> Callable[[], object]:
    """Stage a file; answer what publishes it."""
    cloud.send(token, WHEEL)
    (key,) = cloud.look().staged
    return lambda: cloud.ingest.process(key)


def calls_of(cloud: Cloud, rival: Rival, prepare: Play = one_file) -> list[str]:
    """The calls of a publication that nobody disturbs."""
    return _run(cloud, rival, 0, prepare)[0].seen


def violations(cloud: Cloud, rival: Rival, at: int, prepare: Play = one_file) -> Iterator[str]:
    """Publish, with the rival's turn before call *at*, then deliver what is left."""
    _, met, end = _run(cloud, rival, at, prepare)
    if met is not None:
        yield from broken(end, met, settled=rival.undo is None)
        yield from rival.judge(met, end)


def first_violation(
    cloud: Cloud, rival: Rival, latest: int, prepare: Play = one_file
) -> tuple[int, list[str]]:
    """The latest call before which the rival's turn breaks something, and what it breaks."""
    for at in range(latest, 0, -1):
        if found := list(violations(cloud, rival, at, prepare)):
            return at, found
    return latest, []


def _run(cloud: Cloud, rival: Rival, at: int, prepare: Play) -> tuple[Calls, State | None, State]:
    cloud.wipe()
    token = cloud.ports.token()
    rival.ahead(cloud, token)
    act = prepare(cloud, token)
    met: list[State] = []

    def turn(number: int) -> None:
        if number == at:
            met.append(_moved(cloud, rival, token))

    calls = Calls(before=turn)
    # What somebody wrote by hand may be unreadable; to fail then is right.
    expected = IdlewheelError if rival.undo is None else Exception
    with watched(calls), contextlib.suppress(expected):
        act()
    if rival.undo is None:
        cloud.deliver()
    elif met:
        rival.undo()
    return calls, met[0] if met else None, cloud.look()


def _moved(cloud: Cloud, rival: Rival, token: Token) -> State:
    """Let the rival act; answer what is there then, or what was if that cannot be read."""
    before = cloud.look()
    with aside(), contextlib.suppress(IdlewheelError):
        rival.act(cloud, token)
    return cloud.look() if rival.undo is None else before
