from __future__ import annotations

from pathlib import Path

from local.stack import of_data, queue_url
from local.template import Template

TEMPLATE = Template(
    folder=Path(),
    parameters={"Days": {"Type": "Number", "Default": 1}},
    conditions={"Always": {"Fn::Equals": [1, 1]}},
    resources={
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DependsOn": ["Policy", "Queue"],
            "Properties": {"BucketName": {"Fn::Sub": "x"}},
        },
        "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": "Policy", "Condition": "Always"},
        "Policy": {"Type": "AWS::SQS::QueuePolicy"},
        "Function": {"Type": "AWS::Serverless::Function"},
    },
    outputs={
        "BucketName": {"Value": {"Fn::If": ["Always", {"Ref": "Bucket"}, ""]}},
        "Command": {"Value": {"Fn::Sub": "invoke ${Function}"}},
    },
)


def test_only_what_holds_data_is_made() -> None:
    assert set(of_data(TEMPLATE)["Resources"]) == {"Bucket", "Queue"}


def test_only_outputs_of_what_is_made_are_told() -> None:
    assert of_data(TEMPLATE)["Outputs"] == {"BucketName": TEMPLATE.outputs["BucketName"]}


def test_nothing_depends_on_what_is_not_made() -> None:
    made = of_data(TEMPLATE)["Resources"]

    assert made["Bucket"]["DependsOn"] == ["Queue"]
    assert "DependsOn" not in made["Queue"]


def test_the_emulator_resolves_the_rest_itself() -> None:
    made = of_data(TEMPLATE)

    assert made["Resources"]["Bucket"]["Properties"] == {"BucketName": {"Fn::Sub": "x"}}
    assert (made["Parameters"], made["Conditions"]) == (TEMPLATE.parameters, TEMPLATE.conditions)


def test_a_queue_has_a_url_at_the_emulator() -> None:
    url = queue_url("arn:aws:sqs:us-east-1:000000000000:q", "http://127.0.0.1:9")

    assert url == "http://127.0.0.1:9/000000000000/q"
