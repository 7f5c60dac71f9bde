"""The template as it is written, and as SAM translates it: in this process, without a network."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from samtranslator.translator.transform import transform

if TYPE_CHECKING:
    from collections.abc import Iterator

    Template = dict[str, Any]

ROOT = Path(__file__).parents[2]
FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"


class _Loader(yaml.SafeLoader):
    """YAML in which ``!Sub x`` is ``{"Fn::Sub": "x"}``; dates stay the strings that they are."""


def _construct(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _construct)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_template() -> Template:
    """template.yaml, with the long names of the intrinsic functions."""
    loaded: Template = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)
    return loaded


def translate(template: Template, **parameters: object) -> Template:
    """What SAM makes of *template*; code is at invented places, as if it had been packaged."""
    packaged = copy.deepcopy(template)
    for name, resource in packaged["Resources"].items():
        if resource["Type"] == FUNCTION:
            resource["Properties"]["CodeUri"] = f"s3://packaged/{name}"
        if resource["Type"] == LAYER:
            resource["Properties"].setdefault("ContentUri", "")
            if not resource["Properties"]["ContentUri"].startswith("s3://"):
                resource["Properties"]["ContentUri"] = f"s3://packaged/{name}"
    with _told_of_a_region(), contextlib.redirect_stdout(io.StringIO()):
        translated: Template = transform(packaged, parameters, _NoManagedPolicies())
    return translated


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        """No policy template is used, so none has to be fetched from IAM."""
        return {}


@contextlib.contextmanager
def _told_of_a_region() -> Iterator[None]:
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        yield


def of_type(template: Template, kind: str) -> dict[str, Any]:
    """The resources of one type, by logical id."""
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}
