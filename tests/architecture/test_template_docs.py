"""What docs/operations.md says of the template is what the template says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.template.resolution import Resolution
from tests.template.translation import ROOT, read_template

OPERATIONS = (ROOT / "docs/operations.md").read_text()
TEMPLATE = read_template()


def test_every_parameter_is_explained_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? ?\| (.+) \|$", OPERATIONS, re.MULTILINE)

    assert rows == [
        (name, str(parameter["Default"]), parameter["Description"])
        for name, parameter in TEMPLATE["Parameters"].items()
    ]


def test_parameters_are_grouped_as_they_are_declared() -> None:
    interface = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]

    assert grouped == list(TEMPLATE["Parameters"])


def test_what_outlives_the_stack_is_listed() -> None:
    stays = [name for name, r in TEMPLATE["Resources"].items() if "DeletionPolicy" in r]
    [sentence] = [line for line in OPERATIONS.splitlines() if line.startswith("**What holds")]

    named = set(re.findall(r"`(\w+)`", sentence))

    assert named == {n for n in stays if n.endswith(("Table", "Bucket"))}
    assert {f"{name}Policy" for name in named if name.endswith("Bucket")} <= set(stays)


@pytest.mark.parametrize("name", re.findall(r"`(\w+(?:Url|Command|Name))`", OPERATIONS))
def test_every_output_that_is_named_exists(name: str) -> None:
    assert name in {*TEMPLATE["Outputs"], *TEMPLATE["Parameters"]}


def test_every_metric_that_is_named_is_counted_and_none_is_kept_secret() -> None:
    counted = {
        name
        for path in Path(ROOT / "functions").glob("*/app.py")
        for name in re.findall(r'(?:count\(|Outcome\.\w+: )"(\w+)"', path.read_text())
    }
    section = OPERATIONS.partition("Metrics are in")[2].partition("##")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == counted


def test_the_numbers_are_those_of_the_template() -> None:
    resolution = Resolution(TEMPLATE)
    queues = [r for r in TEMPLATE["Resources"].values() if r["Type"] == "AWS::SQS::Queue"]
    rules = resolution.properties("FilesBucket")["LifecycleConfiguration"]["Rules"]
    days = rules[0]["NoncurrentVersionExpiration"]["NoncurrentDays"]

    assert f"each of the {['no', 'one', 'two', 'three', 'four'][len(queues)]}" in OPERATIONS
    assert f"stay in the files bucket for {days} days" in OPERATIONS
