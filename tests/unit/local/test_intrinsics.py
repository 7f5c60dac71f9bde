from __future__ import annotations

from typing import Any

import pytest

from local.intrinsics import Scope, Unresolvable, resolve

SCOPE = Scope(
    refs={"Name": "demo", "Count": 3, "Zones": ["a", "b"], "AWS::Region": "eu-west-1"},
    attributes={("Table", "Arn"): "arn:table", ("Stack", "Outputs.Url"): "http://x"},
    conditions={
        "IsDemo": {"Fn::Equals": [{"Ref": "Name"}, "demo"]},
        "IsMany": {"Fn::Equals": [{"Ref": "Count"}, "4"]},
        "IsSmallDemo": {
            "Fn::And": [{"Condition": "IsDemo"}, {"Fn::Not": [{"Condition": "IsMany"}]}]
        },
    },
    mappings={"Sizes": {"small": {"memory": 128}}},
)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("text", "text"),
        ({"a": [1, {"Ref": "Name"}]}, {"a": [1, "demo"]}),
        ({"Ref": "Count"}, 3),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "arn:table"),
        ({"Fn::GetAtt": "Table.Arn"}, "arn:table"),
        ({"Fn::GetAtt": ["Stack", "Outputs.Url"]}, "http://x"),
        ({"Fn::Sub": "${Name}-${AWS::Region}-${Table.Arn}"}, "demo-eu-west-1-arn:table"),
        ({"Fn::Sub": ["${Own}/${Name}", {"Own": {"Ref": "Count"}}]}, "3/demo"),
        ({"Fn::Sub": "${!Name} stays"}, "${Name} stays"),
        ({"Fn::If": ["IsDemo", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsMany", "yes", {"Ref": "Name"}]}, "demo"),
        ({"Fn::If": ["IsSmallDemo", 1, 2]}, 1),
        ({"Fn::Or": [{"Condition": "IsMany"}, {"Condition": "IsDemo"}]}, True),
        ({"Fn::Join": ["-", [{"Ref": "Name"}, 1, True]]}, "demo-1-true"),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Sizes", "small", "memory"]}, 128),
    ],
)
def test_an_intrinsic_function_means_what_cloudformation_says(value: Any, meaning: Any) -> None:
    assert resolve(value, SCOPE) == meaning


def test_no_value_takes_its_property_away() -> None:
    nothing = {"Fn::If": ["IsMany", 1, {"Ref": "AWS::NoValue"}]}

    assert resolve({"kept": 1, "gone": nothing, "list": [nothing, 2]}, SCOPE) == {
        "kept": 1,
        "list": [2],
    }


def test_a_branch_that_is_not_taken_may_name_what_does_not_exist() -> None:
    assert resolve({"Fn::If": ["IsDemo", "here", {"Ref": "Nowhere"}]}, SCOPE) == "here"


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"Ref": "Nowhere"}, "Nowhere"),
        ({"Fn::GetAtt": ["Table", "StreamArn"]}, "Table has no StreamArn"),
        ({"Fn::Sub": "${Nowhere}"}, "Nowhere"),
        ({"Fn::If": ["Nowhere", 1, 2]}, "no condition Nowhere"),
        ({"Fn::FindInMap": ["Sizes", "large", "memory"]}, "large.memory"),
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue"),
    ],
)
def test_what_is_not_known_here_is_named(value: Any, named: str) -> None:
    with pytest.raises(Unresolvable, match=named):
        resolve(value, SCOPE)
