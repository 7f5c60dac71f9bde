"""Alarms: none until somebody is to be told, and then each looks at what really is written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.template.resolution import Resolution
from tests.template.translation import ROOT, of_type

ALARM = "AWS::CloudWatch::Alarm"
EMAIL, TOPIC = "ops@example.com", "arn:aws:sns:eu-west-1:123456789012:ops"
OPERATIONS = (ROOT / "docs/operations.md").read_text()


@pytest.fixture(scope="session")
def alarms(translated: dict[str, Any]) -> dict[str, dict[str, Any]]:
    resolution = Resolution(translated, AlarmEmail=EMAIL)
    return {name: resolution.properties(name) for name in of_type(translated, ALARM)}


def made(translated: dict[str, Any], **parameters: str) -> set[str]:
    """The resources that tell, of those that are made."""
    resolution = Resolution(translated, **parameters)
    names = [*of_type(translated, ALARM), *of_type(translated, "AWS::SNS::Topic")]
    return {name for name in names if resolution.exists(name)}


def test_nothing_is_paid_for_until_somebody_is_to_be_told(translated: dict[str, Any]) -> None:
    assert made(translated) == set()


def test_an_address_gets_a_topic_and_a_topic_is_taken_as_it_is(translated: dict[str, Any]) -> None:
    mailed, told = made(translated, AlarmEmail=EMAIL), made(translated, AlarmTopicArn=TOPIC)

    assert mailed - told == {"AlarmTopic"}
    assert told == set(of_type(translated, ALARM))


@pytest.mark.parametrize(
    ("parameters", "whom"),
    [
        ({"AlarmEmail": EMAIL}, ["AlarmTopic"]),
        ({"AlarmTopicArn": TOPIC}, [TOPIC]),
        ({"AlarmEmail": EMAIL, "AlarmTopicArn": TOPIC}, ["AlarmTopic", TOPIC]),
    ],
)
def test_whoever_is_named_is_told_of_the_end_as_well(
    translated: dict[str, Any], parameters: dict[str, str], whom: list[str]
) -> None:
    resolution = Resolution(translated, **parameters)

    for name in of_type(translated, ALARM):
        properties = resolution.properties(name)

        assert properties["AlarmActions"] == properties["OKActions"] == whom


def test_the_address_is_the_one_that_was_given(translated: dict[str, Any]) -> None:
    topic = Resolution(translated, AlarmEmail=EMAIL).properties("AlarmTopic")

    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": EMAIL}]


def test_no_data_is_good_news(alarms: dict[str, dict[str, Any]]) -> None:
    assert {it["TreatMissingData"] for it in alarms.values()} == {"notBreaching"}


def test_our_own_metrics_are_those_that_functions_count(alarms: dict[str, dict[str, Any]]) -> None:
    text = "".join(path.read_text() for path in (ROOT / "functions").glob("*/app.py"))
    counted = set(re.findall(r'count\("(\w+)"', text))

    ours = [it for it in alarms.values() if it["Namespace"] == "Idlewheel"]

    assert {it["MetricName"] for it in ours} == {"AbandonedUploads", "SweeperFindings"} <= counted
    # Powertools' dimension is the service, which template.yaml sets to the stack's name.
    assert {str(it["Dimensions"]) for it in ours} == {"[{'Name': 'service', 'Value': 'idlewheel'}]"}


def test_queues_and_functions_are_those_of_the_template(
    translated: dict[str, Any], alarms: dict[str, dict[str, Any]]
) -> None:
    watched = {
        dimension["Value"].partition(".")[0]
        for it in alarms.values()
        if it["Namespace"] in {"AWS/SQS", "AWS/Lambda"}
        for dimension in it["Dimensions"]
    }

    assert watched == {*of_type(translated, "AWS::SQS::Queue"), "SweepFunction", "AbandonFunction"}


def test_the_api_has_the_name_and_the_stage_that_are_watched(
    translated: dict[str, Any], alarms: dict[str, dict[str, Any]]
) -> None:
    [api] = of_type(translated, "AWS::ApiGateway::RestApi").values()
    resolution = Resolution(translated)

    watched = {it["Name"]: it["Value"] for it in alarms["ApiErrorsAlarm"]["Dimensions"]}

    assert "Name" not in api["Properties"]
    assert watched["ApiName"] == resolution(api["Properties"]["Body"]["info"]["title"])
    assert watched["Stage"] == translated["Parameters"]["StageName"]["Default"]


@pytest.mark.parametrize(
    ("queue", "minutes"), [("FormQueue", 15), ("LargeQueue", 60)], ids=["form", "large"]
)
def test_an_alarm_rings_while_there_is_time_left_to_keep_the_promise(
    alarms: dict[str, dict[str, Any]], queue: str, minutes: int
) -> None:
    alarm = alarms[f"{queue}AgeAlarm"]

    assert alarm["Threshold"] + alarm["Period"] <= minutes * 60


def test_every_alarm_is_explained_and_its_price_is_told(
    translated: dict[str, Any], alarms: dict[str, dict[str, Any]]
) -> None:
    price = f"{len(alarms) * 0.1:.2f} USD a month"
    named = set(re.findall(r"`(\w+Alarm)`", OPERATIONS))

    assert named == set(alarms)
    assert price in translated["Parameters"]["AlarmEmail"]["Description"]
    assert "nine" in OPERATIONS
    assert len(alarms) == 9
    assert f"${len(alarms) * 0.1:.2f} together" in (ROOT / "docs/cost.md").read_text()
