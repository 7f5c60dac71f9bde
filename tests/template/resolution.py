"""Plain values in place of intrinsic functions, as a deployment would see them."""

from __future__ import annotations

import re
from typing import Any

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "idlewheel",
    "AWS::URLSuffix": "amazonaws.com",
}
_PLACEHOLDER = re.compile(r"\${(!?)([^}]+)}")
_DROPPED = object()


class Resolution:
    """A translated template with its parameters at their defaults, or as told.

    A resource's ``Ref`` is its logical id, and an attribute is ``Name.Attribute``: enough to tell
    two resources apart. ARNs of tables, buckets, queues and log groups are spelled as AWS does.
    """

    def __init__(self, template: dict[str, Any], **parameters: object) -> None:
        defaults = {name: p["Default"] for name, p in template["Parameters"].items()}
        self._values = {**defaults, **PSEUDO, **parameters}
        self._template = template

    def __call__(self, value: Any) -> Any:
        """Resolve *value* wholly; properties that are ``AWS::NoValue`` go."""
        if isinstance(value, list):
            items = [self(item) for item in value]
            return [item for item in items if item is not _DROPPED]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (function := next(iter(value))) in self._functions:
            return self._functions[function](self, value[function])
        items_of = {key: self(item) for key, item in value.items()}
        return {key: item for key, item in items_of.items() if item is not _DROPPED}

    def properties(self, name: str) -> dict[str, Any]:
        """The properties of a resource."""
        resolved: dict[str, Any] = self(self._template["Resources"][name].get("Properties", {}))
        return resolved

    def exists(self, name: str) -> bool:
        """Whether the resource is made at all."""
        condition = self._template["Resources"][name].get("Condition")
        return condition is None or self._holds(condition)

    def _ref(self, name: str) -> Any:
        return _DROPPED if name == "AWS::NoValue" else self._values.get(name, name)

    def _get_att(self, path: str | list[str]) -> str:
        name, attribute = path.split(".", 1) if isinstance(path, str) else path
        kind = self._template["Resources"][name]["Type"]
        if attribute == "Arn" and kind in _ARNS:
            return _ARNS[kind].format(name=name)
        return f"{name}.{attribute}"

    def _sub(self, argument: str | list[Any]) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def fill(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return str(self(variables[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(fill, text)

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self(yes if self._holds(condition) else no)

    def _holds(self, condition: str) -> bool:
        return bool(self(self._template["Conditions"][condition]))

    _functions: dict[str, Any] = {  # noqa: RUF012 - a table, never changed
        "Ref": _ref,
        "Fn::GetAtt": _get_att,
        "Fn::Sub": _sub,
        "Fn::If": _if,
        "Fn::Equals": lambda self, pair: self(pair[0]) == self(pair[1]),
        "Fn::Not": lambda self, one: not self(one[0]),
        "Fn::Or": lambda self, some: any(self(one) for one in some),
        "Condition": lambda self, name: self._holds(name),
    }


_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-west-1:123456789012:table/{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-west-1:123456789012:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-west-1:123456789012:log-group:{name}:*",
}
