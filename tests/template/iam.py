"""What a role may do, as far as our policies go: allow, by action, resource and leading keys."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.template.resolution import Resolution


@dataclass(frozen=True, slots=True)
class Call:
    """One permission that something asks for."""

    action: str
    resource: str
    leading_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that allows."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    leading_keys: tuple[str, ...] | None

    def allows(self, call: Call) -> bool:
        """Whether this statement alone allows *call* (IAM, "Policy evaluation logic")."""
        if call.action not in self.actions:
            return False
        if not any(fnmatchcase(call.resource, pattern) for pattern in self.resources):
            return False
        # ForAllValues: each key that the request has must match; none at all is fine with it.
        return self.leading_keys is None or all(
            any(fnmatchcase(key, pattern) for pattern in self.leading_keys)
            for key in call.leading_keys
        )


def statements(resolution: Resolution, role: str) -> list[Statement]:
    """What the inline policies of *role* allow."""
    return [
        _statement(raw)
        for policy in resolution.properties(role)["Policies"]
        for raw in policy["PolicyDocument"]["Statement"]
    ]


def _statement(raw: Mapping[str, Any]) -> Statement:
    assert raw["Effect"] == "Allow"
    condition = raw.get("Condition")
    keys = condition and tuple(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
    return Statement(_list(raw["Action"]), _list(raw["Resource"]), keys)


def _list(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def allows(granted: Iterable[Statement], call: Call) -> bool:
    """Whether any of the statements allows *call*."""
    return any(statement.allows(call) for statement in granted)
