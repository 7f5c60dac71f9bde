"""Transactions in which one condition is missing: what the proof must notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idlewheel.storage.transactions import Writes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from pynamodb.expressions.condition import Condition


def kind_of(write: str) -> str:
    """What a write is called, without of what it is: ``claim``, not ``claim demo-1.0.tar.gz``."""
    return write.split(maxsplit=1)[0]


def parts(condition: Condition) -> Iterator[Condition]:
    """What a condition demands, one by one."""
    if condition.operator == "AND":
        for part in condition.values:
            yield from parts(part)
    else:
        yield condition


def about(condition: Condition) -> set[str]:
    """The attributes that a condition speaks of."""
    if condition.operator in {"AND", "OR"}:
        return {name for part in condition.values for name in about(part)}
    return {str(condition.values[0])}


def without(condition: Condition | None, attribute: str) -> Condition | None:
    """A condition that no longer speaks of an attribute."""
    if condition is None:
        return None
    left = [part for part in parts(condition) if attribute not in about(part)]
    kept: Condition | None = None
    for part in left:
        kept = part if kept is None else kept & part
    return kept


def weakened(name: str, attribute: str) -> type[Writes]:
    """Transactions in which one condition is missing."""

    class Weakened(Writes):
        def check(self, write: str, kind: Any, key: Any, condition: Any) -> None:
            rest = without(condition, attribute) if kind_of(write) == name else condition
            if rest is not None:
                super().check(write, kind, key, rest)

        def put(self, write: str, item: Any, condition: Any = None) -> None:
            rest = without(condition, attribute) if kind_of(write) == name else condition
            super().put(write, item, rest)

        def update(self, write: str, item: Any, actions: Any, condition: Any = None) -> None:
            rest = without(condition, attribute) if kind_of(write) == name else condition
            super().update(write, item, actions, rest)

    return Weakened


def noted(patch: pytest.MonkeyPatch, module: str) -> set[tuple[str, str]]:
    """Write down the conditions of the transactions that *module* makes: (write, attribute)."""
    seen: set[tuple[str, str]] = set()

    def note(method: Callable[..., None]) -> Callable[..., None]:
        def noting(self: Writes, write: str, *rest: Any) -> None:
            conditions = [one for one in rest if hasattr(one, "operator")]
            seen.update((kind_of(write), name) for one in conditions for name in about(one))
            method(self, write, *rest)

        return noting

    class Noted(Writes):
        """Transactions whose conditions are written down."""

    for kind in ("check", "put", "update"):
        setattr(Noted, kind, note(getattr(Writes, kind)))
    patch.setattr(f"{module}.Writes", Noted)
    return seen
