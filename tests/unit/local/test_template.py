from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from local.template import STACK, BadTemplate, Template, load

if TYPE_CHECKING:
    from pathlib import Path


def template(tmp_path: Path, text: str) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(textwrap.dedent(text))
    return load(path)


def test_short_tags_mean_their_long_forms(tmp_path: Path) -> None:
    found = template(
        tmp_path,
        """
        Resources:
          A: {Type: T, Properties: {
            ref: !Ref B, att: !GetAtt B.Arn, list: !GetAtt [B, Arn], sub: !Sub "${B}",
            if: !If [C, !Ref B, 2], condition: !Condition C, split: !Split [".", a.b]}}
        """,
    )

    assert found.resources["A"]["Properties"] == {
        "ref": {"Ref": "B"},
        "att": {"Fn::GetAtt": ["B", "Arn"]},
        "list": {"Fn::GetAtt": ["B", "Arn"]},
        "sub": {"Fn::Sub": "${B}"},
        "if": {"Fn::If": ["C", {"Ref": "B"}, 2]},
        "condition": {"Condition": "C"},
        "split": {"Fn::Split": [".", "a.b"]},
    }


def test_the_date_of_a_policy_stays_text(tmp_path: Path) -> None:
    found = template(tmp_path, "Resources: {A: {Type: T, Version: 2012-10-17}}")

    assert found.resources["A"]["Version"] == "2012-10-17"


def test_a_scope_knows_defaults_and_pseudo_parameters(tmp_path: Path) -> None:
    found = template(
        tmp_path,
        """
        Parameters:
          Days: {Type: Number, Default: 14}
          Zones: {Type: CommaDelimitedList, Default: "a,b"}
        Resources: {}
        """,
    )

    scope = found.scope()

    assert [scope.ref(it) for it in ("Days", "Zones", "AWS::StackName")] == [14, ["a", "b"], STACK]


def test_a_parameter_without_default_is_named(tmp_path: Path) -> None:
    found = template(tmp_path, "{Parameters: {Domain: {Type: String}}, Resources: {}}")

    with pytest.raises(BadTemplate, match="Domain has no default"):
        found.scope()


def test_globals_lie_under_a_resource_of_their_section(tmp_path: Path) -> None:
    found = template(
        tmp_path,
        """
        Globals:
          Function: {Timeout: 5, Layers: [base], Environment: {Variables: {A: 1, B: 1}}}
        Resources:
          F: {Type: T, Properties: {Timeout: 9, Layers: [own], Environment: {Variables: {B: 2}}}}
        """,
    )

    assert found.properties("Function", found.resources["F"]) == {
        "Timeout": 9,
        "Layers": ["base", "own"],
        "Environment": {"Variables": {"A": 1, "B": 2}},
    }


def test_a_resource_whose_condition_is_false_does_not_exist(tmp_path: Path) -> None:
    found = template(
        tmp_path,
        """
        Conditions: {Never: !Equals [a, b], Always: !Equals [a, a]}
        Resources:
          A: {Type: T, Condition: Never}
          B: {Type: T, Condition: Always}
          C: {Type: U}
        """,
    )

    assert [name for name, _ in found.of_type("T")] == ["B"]


def test_a_file_without_resources_is_no_template(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match="has no Resources"):
        template(tmp_path, "just text")
