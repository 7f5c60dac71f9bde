"""Logs and metrics of a function: one line each, to where Lambda collects them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

logger = Logger()
_metrics = Metrics()


def count(name: str, codes: tuple[str, ...] = ()) -> None:
    """Count one more of *name*; *codes* travel with it, but make no metric of their own.

    Every combination of dimensions would be a metric that is billed each month.
    """
    _metrics.add_metric(name, MetricUnit.Count, 1)
    if codes:
        _metrics.add_metadata("codes", list(codes))


def observed(handler: Handler) -> Handler:
    """Put the invocation into every log line, and write what was counted at its end.

    Powertools' own decorator warns, with a stack, whenever nothing was counted: that is most
    requests of an index.
    """

    @wraps(handler)
    def observe(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
        try:
            return handler(event, context)
        finally:
            if _metrics.provider.metric_set:
                _metrics.flush_metrics()

    with_context: Handler = logger.inject_lambda_context(observe)
    return with_context
