"""Which resource of a template needs which, and whether they go round in a circle.

The linters look at a SAM template before its translation, or not at all: both cfn-lint and
``sam validate --lint`` pass templates that CloudFormation refuses for a cycle.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Graph = Mapping[str, frozenset[str]]

_PLACEHOLDER = re.compile(r"\${(?!!)([^}]+)}")


def graph(template: Mapping[str, Any]) -> Graph:
    """Each resource with those that have to exist before it.

    Both branches of every ``Fn::If`` count, and resources whatever their condition: a cycle that
    only some parameters close is a cycle.
    """
    resources = template["Resources"]
    return {
        name: frozenset(mentioned(resource) | _depends_on(resource)) & resources.keys()
        for name, resource in resources.items()
    }


def mentioned(value: Any) -> set[str]:
    """Every name that *value* refers to: resources, parameters, pseudo parameters."""
    return set(_mentioned(value))


def _mentioned(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _mentioned(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield item
            elif key == "Fn::GetAtt":
                yield (item.split(".") if isinstance(item, str) else item)[0]
            elif key == "Fn::Sub":
                yield from _substituted(item)
            else:
                yield from _mentioned(item)


def _substituted(argument: Any) -> Iterator[str]:
    text, variables = (argument, {}) if isinstance(argument, str) else argument
    yield from _mentioned(variables)
    for name in _PLACEHOLDER.findall(text):
        if name not in variables:
            yield name.split(".")[0]


def _depends_on(resource: Mapping[str, Any]) -> set[str]:
    first = resource.get("DependsOn", [])
    return {first} if isinstance(first, str) else set(first)


def find_cycle(edges: Graph) -> list[str]:
    """The resources of one cycle, in order, or nothing."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for other in sorted(edges[name]):
            if cycle := walk(other, [*path, name]):
                return cycle
        done.add(name)
        return []

    return next((cycle for name in sorted(edges) if (cycle := walk(name, []))), [])
