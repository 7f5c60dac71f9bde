"""CloudFormation refuses a template whose resources need one another in a circle."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.template.graph import find_cycle, graph, mentioned
from tests.template.translation import translate


def test_no_resource_needs_itself_over_any_detour(translated: dict[str, Any]) -> None:
    edges = graph(translated)

    assert find_cycle(edges) == []
    assert sum(len(needed) for needed in edges.values()) > 150


def test_a_function_that_is_told_the_url_of_its_api_is_found(template: dict[str, Any]) -> None:
    planted = copy.deepcopy(template)
    variables = planted["Resources"]["IndexFunction"]["Properties"]["Environment"]["Variables"]
    variables["URL"] = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com"}

    cycle = find_cycle(graph(translate(planted)))

    assert {"Api", "IndexFunction"} <= set(cycle)


def test_a_queue_policy_that_names_the_bucket_which_waits_for_it_is_found(
    template: dict[str, Any],
) -> None:
    planted = copy.deepcopy(template)
    statement = planted["Resources"]["FormQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    inbox = {"Fn::GetAtt": ["InboxBucket", "Arn"]}
    statement[0]["Condition"] = {"ArnEquals": {"aws:SourceArn": inbox}}

    assert set(find_cycle(graph(translate(planted)))) == {"FormQueuePolicy", "InboxBucket"}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"Ref": "A"}, {"A"}),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"A"}),
        ({"Fn::GetAtt": "A.Arn"}, {"A"}),
        ({"Fn::Sub": "${A}/${B.Arn}/${!C}"}, {"A", "B"}),
        ({"Fn::Sub": ["${A}/${B}", {"B": {"Ref": "C"}}]}, {"A", "C"}),
        ({"Fn::If": ["Condition", {"Ref": "A"}, {"Ref": "B"}]}, {"A", "B"}),
        ([{"deep": [{"Ref": "A"}]}, "Ref"], {"A"}),
    ],
)
def test_the_walker_sees_every_way_to_name_a_resource(value: object, names: set[str]) -> None:
    assert mentioned(value) == names
