"""Conditional writes: several items or none, and what to do when others write too."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from pynamodb.exceptions import PynamoDBConnectionError, TransactWriteError
from pynamodb.transactions import TransactWrite

from idlewheel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pynamodb.connection import Connection
    from pynamodb.exceptions import PynamoDBException
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action
    from pynamodb.models import Model

CONDITION = "ConditionalCheckFailed"
CANCELLED = "TransactionCanceledException"

TRIES = 12
"""64 writers of one project needed 8 at the worst (measured on an emulator)."""


class Busy(Exception):
    """Nothing was decided: others were writing, or no answer came. Try again."""


class Writes:
    """A transaction in the making: each write has a name, by which its failure is told.

    DynamoDB tells failures by position, and pynamodb sends condition checks first, then
    deletes, puts and updates, whatever order they were asked for in.
    """

    def __init__(self) -> None:
        kinds = ("check", "delete", "put", "update")
        self._writes: dict[str, dict[str, Callable[[TransactWrite], None]]] = {
            kind: {} for kind in kinds
        }

    def check(
        self, name: str, kind: type[Model], key: tuple[str, str], condition: Condition
    ) -> None:
        """Go on only if the item at *key* is so."""
        self._writes["check"][name] = lambda t: t.condition_check(kind, *key, condition)

    def delete(self, name: str, item: Model) -> None:
        """Remove an item, if it is there."""
        self._writes["delete"][name] = lambda t: t.delete(item)

    def put(self, name: str, item: Model, condition: Condition | None = None) -> None:
        """Write a whole item."""
        self._writes["put"][name] = lambda t: t.save(item, condition)

    def update(
        self, name: str, item: Model, actions: Sequence[Action], condition: Condition | None = None
    ) -> None:
        """Change some attributes of an item, or make it with them."""
        self._writes["update"][name] = lambda t: t.update(item, list(actions), condition)

    def commit(self, connection: Connection) -> frozenset[str]:
        """Write all or nothing; answer the names of those whose condition failed.

        Every call is a new attempt with a fresh client request token (DynamoDB would answer a
        repeated token with the first attempt's outcome, for ten minutes).

        Raises:
            Busy: conflict, throttling, or a lost answer. The write may even have happened:
                whoever tries again meets its own conditions.

        """
        in_order = {name: write for kind in self._writes.values() for name, write in kind.items()}
        try:
            with TransactWrite(connection=connection) as transaction:
                for write in in_order.values():
                    write(transaction)
        except (TransactWriteError, PynamoDBConnectionError) as error:
            return _failed(error, tuple(in_order))
        return frozenset()


def _failed(error: PynamoDBException, names: tuple[str, ...]) -> frozenset[str]:
    if error.cause_response_code == "ValidationException":
        raise error
    if not isinstance(error, TransactWriteError) or error.cause_response_code != CANCELLED:
        raise Busy(str(error)) from error
    reasons = zip(names, error.cancellation_reasons, strict=True)
    codes = {name: reason.code for name, reason in reasons if reason is not None}
    if any(code != CONDITION for code in codes.values()):
        raise Busy(f"the tables are busy: {codes}") from error
    return frozenset(codes)


def attempts() -> Iterator[int]:
    """Count the tries of a write, pausing between them for a random, growing time.

    Raises:
        Unavailable: after the last try.

    """
    for attempt in range(TRIES):
        yield attempt
        time.sleep(random.uniform(0.002, 0.02 * 2 ** min(attempt, 5)))  # noqa: S311 - jitter, no secret
    raise Unavailable("the index is very busy; try again in a moment")
