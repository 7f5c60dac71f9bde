"""Functions: what each is given, how long it may take, and who waits for how long."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from idlewheel.settings import Settings
from tests.template.graph import mentioned
from tests.template.resolution import Resolution
from tests.template.translation import FUNCTION, ROOT, of_type, translate

FUNCTIONS = [
    "AuthorizerFunction",
    "IndexFunction",
    "UploadFunction",
    "IngestFunction",
    "IngestLargeFunction",
    "AbandonFunction",
    "DraftsFunction",
    "SweepFunction",
    "AnnounceFunction",
    "ManageFunction",
]
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
ALIASED = ["AuthorizerFunction", "IndexFunction", "UploadFunction"]
GATEWAY_GIVES_UP = 29


class Asked(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return "1"

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


def app_of(template: dict[str, Any], function: str) -> ast.Module:
    """The source of a function."""
    folder: str = template["Resources"][function]["Properties"]["CodeUri"]
    return ast.parse((ROOT / folder / "app.py").read_text())


def variables_read(app: ast.Module) -> set[str]:
    """The variables behind every ``settings.x`` of *app*."""
    asked = Asked()
    settings = Settings(asked)
    for node in ast.walk(app):
        match node:
            case ast.Attribute(value=ast.Name(id="settings"), attr=name):
                getattr(settings, name)
    return {name for name in asked.names if not name.startswith("AWS_")}


@pytest.fixture(scope="session")
def resolution(translated: dict[str, Any]) -> Resolution:
    return Resolution(translated)


def test_the_functions_are_these(template: dict[str, Any]) -> None:
    assert list(of_type(template, FUNCTION)) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_what_it_reads_and_nothing_else(
    template: dict[str, Any], resolution: Resolution, function: str
) -> None:
    given = set(resolution.properties(function)["Environment"]["Variables"])

    assert given - POWERTOOLS == variables_read(app_of(template, function))
    assert given >= POWERTOOLS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_is_a_function_of_the_file_that_is_built(
    template: dict[str, Any], function: str
) -> None:
    module, _, handler = template["Resources"][function]["Properties"]["Handler"].partition(".")
    defined = {n.name for n in app_of(template, function).body if isinstance(n, ast.FunctionDef)}

    assert module == "app"
    assert handler in defined


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_runs_python_3_13_on_arm_with_the_layer(
    resolution: Resolution, function: str
) -> None:
    properties = resolution.properties(function)

    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]
    layers = [re.sub(r"[0-9a-f]{10}$", "", layer) for layer in properties["Layers"]]
    verifies = function in {"IngestFunction", "IngestLargeFunction"}
    assert layers == ["IdlewheelLayer", *(["AttestationsLayer"] if verifies else [])]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_s_log_ends_after_the_days_that_were_chosen(
    translated: dict[str, Any], function: str
) -> None:
    chosen = Resolution(translated, LogRetentionDays=90)
    group = chosen.properties(function)["LoggingConfig"]["LogGroup"]

    assert chosen.properties(group)["RetentionInDays"] == 90


def routed(template: dict[str, Any]) -> set[str]:
    """The functions that answer a route, and the authorizer."""
    events = {n: r["Properties"].get("Events", {}) for n, r in of_type(template, FUNCTION).items()}
    answering = {n for n, es in events.items() if any(e["Type"] == "Api" for e in es.values())}
    return answering | {"AuthorizerFunction"}


def test_nobody_computes_for_a_client_that_the_gateway_has_sent_away(
    template: dict[str, Any], resolution: Resolution
) -> None:
    timeouts = {name: resolution.properties(name)["Timeout"] for name in routed(template)}

    assert len(timeouts) == 5
    assert all(timeout <= GATEWAY_GIVES_UP for timeout in timeouts.values()), timeouts


def consumers(translated: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What reads each queue."""
    resolution = Resolution(translated)
    mappings = of_type(translated, "AWS::Lambda::EventSourceMapping")
    found = [resolution.properties(name) for name in mappings]
    return {
        properties["EventSourceArn"].rsplit(":", 1)[-1]: properties
        for properties in found
        if properties["EventSourceArn"].startswith("arn:aws:sqs:")
    }


def test_the_stream_tells_of_the_audit_and_of_nothing_else(
    translated: dict[str, Any], resolution: Resolution
) -> None:
    mapping = Resolution(translated).properties("AnnounceFunctionRecorded")
    (told,) = mapping["FilterCriteria"]["Filters"]
    table = resolution.properties("IndexTable")

    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert json.loads(told["Pattern"])["eventName"] == ["INSERT"]
    assert "AUDIT#DAY#" in told["Pattern"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_restored_table_has_no_stream_to_read(translated: dict[str, Any]) -> None:
    usual, restored = Resolution(translated), Resolution(translated, RestoredIndexTable="t")

    assert usual.properties("AnnounceFunctionRecorded")["Enabled"] is True
    assert restored.properties("AnnounceFunctionRecorded")["Enabled"] is False


def test_each_queue_has_its_consumer(translated: dict[str, Any]) -> None:
    assert {queue: c["FunctionName"] for queue, c in consumers(translated).items()} == {
        "FormQueue": "IngestFunction",
        "LargeQueue": "IngestLargeFunction",
        "FormDeadLetters": "AbandonFunction",
        "LargeDeadLetters": "AbandonFunction",
    }


def test_a_message_is_taken_alone_and_fails_alone(translated: dict[str, Any]) -> None:
    for consumer in consumers(translated).values():
        assert consumer["BatchSize"] == 1
        assert consumer["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert consumer["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_a_message_stays_hidden_for_longer_than_it_is_worked_on(
    translated: dict[str, Any], resolution: Resolution
) -> None:
    for queue, consumer in consumers(translated).items():
        works_for = resolution.properties(consumer["FunctionName"])["Timeout"]

        assert resolution.properties(queue)["VisibilityTimeout"] >= works_for + 30


@pytest.mark.parametrize(
    ("queue", "dead_letters", "minutes"),
    [("FormQueue", "FormDeadLetters", 15), ("LargeQueue", "LargeDeadLetters", 60)],
)
def test_an_upload_has_its_verdict_in_time_even_if_every_try_hangs(
    resolution: Resolution, queue: str, dead_letters: str, minutes: int
) -> None:
    properties = resolution.properties(queue)
    tries = properties["RedrivePolicy"]["maxReceiveCount"]
    last_word = resolution.properties("AbandonFunction")["Timeout"]

    assert properties["RedrivePolicy"]["deadLetterTargetArn"].endswith(f":{dead_letters}")
    assert tries * properties["VisibilityTimeout"] + last_word <= minutes * 60


def test_a_large_upload_finds_room_for_itself(resolution: Resolution) -> None:
    # An object of 5 GB is streamed to disk before it is read.
    assert resolution.properties("IngestLargeFunction")["EphemeralStorage"]["Size"] >= 2 * 5000


def test_a_large_upload_is_given_the_time_to_be_copied(resolution: Resolution) -> None:
    large, small = map(resolution.properties, ("IngestLargeFunction", "IngestFunction"))
    of_large, of_small = (  # seconds
        float(function["Environment"]["Variables"]["S3_READ_TIMEOUT"])
        for function in (large, small)
    )

    assert 120 < of_large < large["Timeout"] / 2
    assert of_small < small["Timeout"] / 2


@pytest.mark.parametrize("function", ALIASED)
def test_what_changes_a_function_publishes_a_version_of_it(
    template: dict[str, Any], translated: dict[str, Any], function: str
) -> None:
    # The alias points at a version, and CloudFormation makes a new one only for a new description
    # (or id): a layer or parameter that is not named there would be deployed and not used.
    own = template["Resources"][function]["Properties"]
    everywhere = template["Globals"]["Function"]
    names = mentioned([own, everywhere]) | conditions_of(template, [own, everywhere])
    variable = names & {*template["Parameters"], "IdlewheelLayer"}

    assert mentioned(own["VersionDescription"]) == variable
    [version] = [n for n in translated["Resources"] if n.startswith(f"{function}Version")]
    description = translated["Resources"][version]["Properties"]["Description"]
    assert {n[:14] for n in mentioned(description)} >= {"IdlewheelLayer"}


def conditions_of(template: dict[str, Any], value: Any) -> set[str]:
    """The parameters that decide the conditions which *value* asks."""
    asked = [name for name in template["Conditions"] if f"'Fn::If': ['{name}'" in str(value)]
    return {parameter for name in asked for parameter in mentioned(template["Conditions"][name])}


@pytest.mark.parametrize("function", ALIASED)
def test_a_version_s_description_fits(translated: dict[str, Any], function: str) -> None:
    [version] = [n for n in translated["Resources"] if n.startswith(f"{function}Version")]
    layers = of_type(translated, "AWS::Lambda::LayerVersion")
    [layer] = [name for name in layers if name.startswith("IdlewheelLayer")]
    longest = Resolution(
        translated,
        **{
            layer: "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:layer:IdlewheelLayer:9999",
            "RequestMemory": 10240,
            "LogLevel": "ERROR",
            "Tracing": "off",
            "SnapStart": "PublishedVersions",
            "RestoredIndexTable": "t" * 100,
            "RestoredAccessTable": "t" * 100,
        },
    )

    assert len(longest.properties(version)["Description"]) <= 256  # AWS::Lambda::Version


def test_a_new_cache_time_deploys_the_api_again(
    template: dict[str, Any], translated: dict[str, Any]
) -> None:
    changed = translate(template, AuthorizerCacheSeconds=5)
    kind = "AWS::ApiGateway::Deployment"

    assert set(of_type(changed, kind)) != set(of_type(translated, kind))
