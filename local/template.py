"""`template.yaml` as plain data.

The raw `Events` are read, not what SAM makes of them: loading takes 10 ms, the translator 600.
A test holds the two to each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from local.intrinsics import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REGION = "us-east-1"
ACCOUNT = "000000000000"
STACK = "idlewheel"

PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/local",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NotificationARNs": [],
}


class BadTemplate(Exception):
    """The template cannot be run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Template:
    """A SAM template, its intrinsic functions still unresolved."""

    folder: Path
    """Where `CodeUri` and `ContentUri` start from."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """SAM's `Globals`, by section."""

    def scope(self) -> Scope:
        """Give what is known before any resource exists: parameters and conditions."""
        values = {name: _default(name, raw) for name, raw in self.parameters.items()}
        return Scope(
            refs=PSEUDO_PARAMETERS | values,
            conditions=self.conditions,
            mappings=self.mappings,
        )

    def of_type(self, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give (logical id, resource) of every resource of these types that is to exist."""
        scope = self.scope()
        for name, resource in self.resources.items():
            condition = resource.get("Condition")
            if resource["Type"] in types and (condition is None or scope.holds(condition)):
                yield name, resource

    def properties(self, section: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Give a resource's properties over the `Globals` of its section."""
        own: dict[str, Any] = resource.get("Properties") or {}
        merged: dict[str, Any] = _over(self.defaults.get(section, {}), own)
        return merged


def load(path: Path) -> Template:
    """Read a template. Raises BadTemplate where it is no template at all."""
    with path.open("rb") as stream:
        raw = yaml.load(stream, Loader=_Loader)  # noqa: S506 - a safe loader, with tags
    if not isinstance(raw, dict) or "Resources" not in raw:
        raise BadTemplate(f"{path} has no Resources")
    return Template(
        folder=path.resolve().parent,
        parameters=raw.get("Parameters", {}),
        conditions=raw.get("Conditions", {}),
        mappings=raw.get("Mappings", {}),
        resources=raw["Resources"],
        outputs=raw.get("Outputs", {}),
        defaults=raw.get("Globals", {}),
    )


def _default(name: str, parameter: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if "Default" not in parameter:
        raise BadTemplate(f"the parameter {name} has no default, and a local index asks nobody")
    value = parameter["Default"]
    is_list = "List" in parameter.get("Type", "String")
    return str(value).split(",") if is_list else value


def _over(defaults: Any, own: Any) -> Any:  # noqa: ANN401
    """Lay a resource's own property over the global one, as SAM does: lists add up."""
    if isinstance(defaults, dict) and isinstance(own, dict):
        merged = {key: _over(defaults[key], own[key]) for key in defaults.keys() & own.keys()}
        return defaults | own | merged
    if isinstance(defaults, list) and isinstance(own, list):
        return defaults + own
    return own


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, and with dates left as the strings that AWS takes."""


def _construct(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    raise BadTemplate(f"!{suffix} of nothing")


_Loader.add_multi_constructor("!", _construct)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
