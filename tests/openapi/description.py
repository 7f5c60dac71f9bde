"""docs/openapi.yaml, read."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs/openapi.yaml"
METHODS = frozenset({"get", "head", "options", "post", "put", "delete", "patch", "trace"})


class Operation(NamedTuple):
    """One operation of the description."""

    route: str
    """As the template spells it."""
    method: str
    path: str
    """As clients ask for it."""
    said: dict[str, Any]

    @property
    def key(self) -> str:
        """As functions register it."""
        return f"{self.method} {self.route}"

    @property
    def statuses(self) -> set[int]:
        """Every status that is described."""
        return {int(status) for status in self.said["responses"]}


def read() -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = yaml.safe_load(PATH.read_text())
    return document


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation."""
    for path, item in document["paths"].items():
        route = item.get("x-route", path.rstrip("/") or "/")
        for method in item:
            if method in METHODS:
                yield Operation(route, method.upper(), path, item[method])


def resolved(document: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to, or *said* itself."""
    found = said
    while "$ref" in found:
        target: Any = document
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        found = target
    return found


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """A copy by which an answer may hold nothing that is not described.

    Clients are to ignore what they do not know (PEP 691), so the document itself lets answers
    grow; what we answer today is to be in it. What clients send may hold more.
    """
    closed = copy.deepcopy(document)
    asked = set(_schemas_of_requests(closed))
    for name, schema in closed["components"]["schemas"].items():
        if name not in asked:
            _close(schema)
    return closed


def _schemas_of_requests(document: dict[str, Any]) -> Iterator[str]:
    for operation in operations(document):
        for content in operation.said.get("requestBody", {}).get("content", {}).values():
            yield content["schema"]["$ref"].rpartition("/")[2]


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
