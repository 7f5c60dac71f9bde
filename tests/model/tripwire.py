"""A crash at any step of any flow, on any kind of ports: real ones and fakes alike."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from tests.proof.faults import Crash

if TYPE_CHECKING:
    from tests.contract.ports import Ports

DOORS = {"catalog", "uploads", "publisher", "changes", "inbox", "files", "tokens"}
DOORS |= {"drafts", "draft_publisher"}


@dataclass
class Wire:
    """Counts the calls of ports; the process dies at call *at*, before it or *after* it."""

    at: int
    after: bool
    seen: int = 0

    def around(self, port: object) -> Any:
        return _Wired(port, self)


class _Wired:
    def __init__(self, port: object, wire: Wire) -> None:
        self._port = port
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        wire = self._wire
        if name == "by":  # no step, and what it answers is a port again
            return lambda actor: wire.around(method(actor))

        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            wire.seen += 1
            if wire.seen == wire.at and not wire.after:
                raise Crash
            answer = method(*arguments, **named)
            if wire.seen == wire.at:
                raise Crash
            return answer

        return call


def wired(ports: Ports, wire: Wire) -> Ports:
    """The same ports, with a wire to stumble over."""
    names = {field.name for field in fields(ports)} & DOORS
    return replace(ports, **{name: wire.around(getattr(ports, name)) for name in names})
