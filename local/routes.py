"""Which route answers a path: API Gateway's resource tree.

A literal segment wins over `{name}`, that over `{name+}`, segment by segment from the left
(developer guide, "Selecting a method"). One trailing slash makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.plan import Route


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and what its path parameters are, as sent: still percent-encoded."""

    route: Route
    parameters: Mapping[str, str]


@dataclass(slots=True)
class _Resource:
    methods: dict[str, Route] = field(default_factory=dict)
    literals: dict[str, _Resource] = field(default_factory=dict)
    variable: tuple[str, _Resource] | None = None
    greedy: tuple[str, _Resource] | None = None


class Routes:
    """The resource tree of an API."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Resource()
        for route in routes:
            self._add(route)

    def find(self, method: str, path: str) -> Match | None:
        """Give the route for *path* as it stood in the request line, or None."""
        segments = path.removesuffix("/").split("/")[1:] if path != "//" else [""]
        found = _walk(self._root, segments)
        if found is None:
            return None
        resource, parameters = found
        route = resource.methods.get(method) or resource.methods.get("ANY")
        return Match(route, parameters) if route else None

    def _add(self, route: Route) -> None:
        resource = self._root
        for segment in route.path.strip("/").split("/"):
            resource = _child(resource, segment) if segment else resource
        resource.methods[route.method] = route


def _child(parent: _Resource, segment: str) -> _Resource:
    if segment.startswith("{") and segment.endswith("+}"):
        parent.greedy = parent.greedy or (segment[1:-2], _Resource())
        return parent.greedy[1]
    if segment.startswith("{"):
        parent.variable = parent.variable or (segment[1:-1], _Resource())
        return parent.variable[1]
    return parent.literals.setdefault(segment, _Resource())


def _walk(resource: _Resource, segments: list[str]) -> tuple[_Resource, dict[str, str]] | None:
    if not segments:
        return (resource, {}) if resource.methods else None
    first, rest = segments[0], segments[1:]
    if first in resource.literals:
        found = _walk(resource.literals[first], rest)
        if found:
            return found
    if resource.variable and first:
        name, child = resource.variable
        found = _walk(child, rest)
        if found:
            return found[0], {name: first} | found[1]
    if resource.greedy and first:
        name, child = resource.greedy
        return child, {name: "/".join(segments)}
    return None
