"""Conditional writes: several items or none, and what to do when others write too."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from pynamodb.exceptions import PynamoDBConnectionError, PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from idlewheel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pynamodb.connection import Connection


CONDITION = "ConditionalCheckFailed"
CANCELLED = "TransactionCanceledException"

TRIES = 12
"""64 writers of one project needed 8 at the worst (measured on an emulator)."""


class Busy(Exception):
    """Nothing was decided: others were writing, or no answer came. Try again."""


def transact(
    connection: Connection, operations: Mapping[str, Callable[[TransactWrite], None]]
) -> frozenset[str]:
    """Write all *operations* or none; answer the names of those whose condition failed.

    Every call is a new attempt with a fresh client request token (DynamoDB would answer a
    repeated token with the first attempt's outcome, for ten minutes).

    Raises:
        Busy: conflict, throttling, or a lost answer. The write may even have happened: whoever
            tries again meets its own conditions.

    """
    try:
        with TransactWrite(connection=connection) as transaction:
            for operation in operations.values():
                operation(transaction)
    except (TransactWriteError, PynamoDBConnectionError) as error:
        return _failed(error, tuple(operations))
    return frozenset()


def _failed(error: PynamoDBException, names: tuple[str, ...]) -> frozenset[str]:
    if error.cause_response_code == "ValidationException":
        raise error
    if not isinstance(error, TransactWriteError) or error.cause_response_code != CANCELLED:
        raise Busy(str(error)) from error
    reasons = dict(zip(names, error.cancellation_reasons, strict=False))
    codes = {name: reason.code for name, reason in reasons.items() if reason is not None}
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
