"""What a piece of work takes: CPU, AWS calls and capacity units, bytes, milliseconds."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection


@dataclass
class Taken:
    """What was counted."""

    calls: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    """Capacity units of DynamoDB, under ``read`` and ``write``."""


class Meter:
    """Counts the AWS calls of this process."""

    def __init__(self) -> None:
        self.taken = Taken()

    def attach(self, client: Any) -> None:  # noqa: ANN401 - botocore's clients have no type
        """Count the calls of a botocore client."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"before-call.{service}", self._called)
        if service == "dynamodb":
            client.meta.events.register("provide-client-params.dynamodb", _ask_for_units)
            client.meta.events.register("after-call.dynamodb", self._consumed)

    def attach_connection(self, connection: Connection) -> None:
        """Count the calls of a pynamodb connection."""
        self.attach(connection.client)

    def attach_snapshots(self, module: Any) -> None:  # noqa: ANN401 - a module
        """Count the requests that storage/snapshots.py sends by itself."""
        send = module.S3Snapshots._send  # noqa: SLF001

        def counted(snapshots: Any, method: str, *more: Any) -> Any:  # noqa: ANN401
            self.taken.calls[f"s3:{method}Object".replace("GET", "Get").replace("PUT", "Put")] += 1
            return send(snapshots, method, *more)

        module.S3Snapshots._send = counted  # noqa: SLF001

    def count(self, work: Callable[[], object]) -> Taken:
        """Do *work* once and answer what it took."""
        taken = self.taken = Taken()
        work()
        self.taken = Taken()
        return taken

    def _called(self, model: Any, **_: object) -> None:  # noqa: ANN401
        self.taken.calls[f"{model.service_model.service_name}:{model.name}"] += 1

    def _consumed(self, parsed: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401
        consumed = parsed.get("ConsumedCapacity", [])
        kind = "write" if model.name in WRITES else "read"
        for one in consumed if isinstance(consumed, list) else [consumed]:
            self.taken.units[kind] += one["CapacityUnits"]


WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}


def _ask_for_units(params: dict[str, Any], **_: object) -> dict[str, Any]:
    return {**params, "ReturnConsumedCapacity": "TOTAL"}


def cpu(work: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Median over *rounds* of the CPU milliseconds that *work* takes, each round *times* times."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) * 1000 / times)
    return median(found)


def beside(works: dict[str, Callable[[], object]], times: int, rounds: int = 7) -> dict[str, float]:
    """CPU milliseconds of several pieces of work, taken by turns so that all meet the same load."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(cpu(work, times, 1))
    return {name: min(values) for name, values in found.items()}


def latencies(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 99th percentile of the milliseconds that *work* takes by the clock."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    found.sort()
    return median(found), found[min(len(found) - 1, int(len(found) * 0.99))]
