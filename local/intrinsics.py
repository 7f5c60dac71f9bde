"""CloudFormation's intrinsic functions: from what a template says to plain values.

Source of the rules: the AWS CloudFormation user guide, "Intrinsic function reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING = object()
"""What `!Ref AWS::NoValue` gives: the property that holds it is taken away."""


class Unresolvable(Exception):
    """The template asks for something that this machine does not know."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a template's references mean here.

    `refs` are parameters, pseudo-parameters and the names of resources (what `Ref` gives);
    `attributes` what `Fn::GetAtt` gives, by (logical id, attribute); `conditions` are raw.
    """

    refs: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)

    def ref(self, name: str) -> Any:  # noqa: ANN401 - a parameter may be a number or a list
        """Give what `Ref` gives for a parameter or a logical id."""
        if name == "AWS::NoValue":
            return NOTHING
        if name not in self.refs:
            raise Unresolvable(f"nothing here is called {name}")
        return self.refs[name]

    def attribute(self, name: str, attribute: str) -> str:
        """Give what `Fn::GetAtt` gives."""
        try:
            return self.attributes[name, attribute]
        except KeyError:
            raise Unresolvable(f"{name} has no {attribute} here") from None

    def holds(self, condition: str) -> bool:
        """Say whether a condition of the template is true."""
        if condition not in self.conditions:
            raise Unresolvable(f"there is no condition {condition}")
        return bool(resolve(self.conditions[condition], self))


def resolve(value: Any, scope: Scope) -> Any:  # noqa: ANN401 - YAML in, YAML out
    """Give *value* without intrinsic functions.

    Raises Unresolvable where it names something that *scope* does not know.
    """
    if isinstance(value, dict):
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](argument, scope)
            if name.startswith("Fn::"):
                raise Unresolvable(f"{name} is not known here")
        resolved = ((key, resolve(item, scope)) for key, item in value.items())
        return {key: item for key, item in resolved if item is not NOTHING}
    if isinstance(value, list):
        items = (resolve(item, scope) for item in value)
        return [item for item in items if item is not NOTHING]
    return value


def text(value: Any) -> str:  # noqa: ANN401 - any scalar of a template
    """Write a scalar as CloudFormation does where it wants a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


def _sub(argument: Any, scope: Scope) -> str:  # noqa: ANN401
    template, variables = (argument, {}) if isinstance(argument, str) else argument

    def fill(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:  # ${!name} is the text ${name}
            return "${" + name + "}"
        if name in variables:
            return text(resolve(variables[name], scope))
        return text(_named(name.strip(), scope))

    return _PLACEHOLDER.sub(fill, template)


def _named(name: str, scope: Scope) -> Any:  # noqa: ANN401
    if name in scope.refs or "." not in name:
        return scope.ref(name)
    return scope.attribute(*name.split(".", 1))


def _get_attribute(argument: Any, scope: Scope) -> str:  # noqa: ANN401
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(name, text(resolve(attribute, scope)))


def _if(argument: Any, scope: Scope) -> Any:  # noqa: ANN401
    condition, yes, no = argument
    return resolve(yes if scope.holds(condition) else no, scope)


def _equals(argument: Any, scope: Scope) -> bool:  # noqa: ANN401
    left, right = (resolve(side, scope) for side in argument)
    return text(left) == text(right)


def _join(argument: Any, scope: Scope) -> str:  # noqa: ANN401
    delimiter, parts = argument
    return str(delimiter).join(text(part) for part in resolve(parts, scope))


def _select(argument: Any, scope: Scope) -> Any:  # noqa: ANN401
    index, choices = (resolve(item, scope) for item in argument)
    return choices[int(index)]


def _split(argument: Any, scope: Scope) -> list[str]:  # noqa: ANN401
    delimiter, whole = argument
    return text(resolve(whole, scope)).split(delimiter)


def _find_in_map(argument: Any, scope: Scope) -> Any:  # noqa: ANN401
    name, first, second = (text(resolve(item, scope)) for item in argument)
    try:
        return scope.mappings[name][first][second]
    except KeyError:
        raise Unresolvable(f"the mapping {name} has no {first}.{second}") from None


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": lambda name, scope: scope.ref(name),
    "Condition": lambda name, scope: scope.holds(name),
    "Fn::GetAtt": _get_attribute,
    "Fn::Sub": _sub,
    "Fn::If": _if,
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, scope: not resolve(argument[0], scope),
    "Fn::And": lambda argument, scope: all(resolve(item, scope) for item in argument),
    "Fn::Or": lambda argument, scope: any(resolve(item, scope) for item in argument),
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
}
