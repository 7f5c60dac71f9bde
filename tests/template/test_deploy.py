"""The template is built and deployed for real, and the index answers where it was deployed to.

What the emulator drops (TTL, recovery, lifecycle, encryption, the texts of refusals) is asserted on
the translated template: test_resources.py and test_refusals.py.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories, samples
from tests.template import deployment
from tests.template.translation import FUNCTION, ROOT, of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.template.deployment import Answer, Cloud

    Tools = Callable[[str], Path]

pytestmark = [
    pytest.mark.template,
    pytest.mark.timeout(480),
    pytest.mark.xdist_group("template"),  # one deployment serves them all
]

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"


@pytest.fixture(scope="module")
def built(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("build") / "built"
    deployment.build(tools("template") / "sam", target)
    return target


@pytest.fixture(scope="module")
def deployed(
    built: Path, tools: Tools, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    with deployment.cloud(tools("deploy"), tmp_path_factory.mktemp("cloud")) as cloud:
        deployment.deploy(tools("template") / "sam", built, cloud)
        yield cloud


def files_of(folder: Path) -> set[str]:
    """The files below *folder*."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_function_is_its_wiring_and_nothing_else(built: Path, template: dict[str, Any]) -> None:
    assert {name: files_of(built / name) for name in of_type(template, FUNCTION)} == {
        name: {"app.py"} for name in of_type(template, FUNCTION)
    }


def test_the_layer_holds_the_package_what_it_needs_and_the_apis_it_calls(built: Path) -> None:
    layer = built / "IdlewheelLayer/python"
    sources = {path for path in files_of(layer / "idlewheel") if path.endswith(".py")}
    apis = {path.name for path in (layer / "botocore/data").iterdir() if path.is_dir()}

    packages = {path.name for path in layer.iterdir()}
    assert sources == {
        path for path in files_of(ROOT / "layers/idlewheel/idlewheel") if path.endswith(".py")
    }
    assert {"aws_lambda_powertools", "botocore", "packaging", "pynamodb"} <= packages
    assert "boto3" not in packages
    assert apis == {"dynamodb", "events", "s3", "sqs", "sts"}


def test_the_layer_stays_far_below_what_lambda_unpacks(built: Path) -> None:
    # 250 MB is the limit; every megabyte is fetched at a cold start.
    size = sum(path.stat().st_size for path in (built / "IdlewheelLayer").rglob("*"))

    assert size < 30_000_000


def test_bytecode_is_of_lambda_s_python_or_not_there(built: Path) -> None:
    files = files_of(built / "IdlewheelLayer")
    compiled = {path for path in files if path.endswith(".pyc")}

    assert all(".cpython-313." in path for path in compiled)
    assert not compiled or len(compiled) >= len({p for p in files if p.endswith(".py")}) - 5


def make_bytecode(artifacts: Path, python: str) -> str:
    """Run that one step of the layer's build over *artifacts*; answer what it says."""
    done = subprocess.run(
        ["make", "--silent", "--old-file=prune", "bytecode", f"PYTHON313={python}"],
        cwd=ROOT / "layers/idlewheel",
        env={"PATH": "/usr/bin:/bin", "ARTIFACTS_DIR": str(artifacts), "UV": "uv"},
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        timeout=60,
    )
    return done.stdout


def test_bytecode_is_believed_and_says_where_lambda_has_the_source(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python/module.py").write_text("def f(): ...\n")

    said = make_bytecode(tmp_path, sys.executable)

    [compiled] = tmp_path.rglob("*.pyc")
    assert said == ""
    assert compiled.read_bytes()[4:8] == b"\x01\0\0\0"  # PEP 552: by hash, and not checked
    assert b"/opt/python/module.py" in compiled.read_bytes()


def test_a_machine_without_python_3_13_builds_sources_and_says_so(tmp_path: Path) -> None:
    said = make_bytecode(tmp_path, "")

    assert said.count("\n") == 1
    assert "No Python 3.13 here" in said
    assert files_of(tmp_path) == set()


def test_tables_are_there_with_the_index_of_changes(deployed: Cloud) -> None:
    resources = deployed.resources()
    dynamodb = deployed.client("dynamodb")

    tables = {
        name: dynamodb.describe_table(TableName=resources[name])["Table"]
        for name in ("IndexTable", "AccessTable")
    }

    [index] = tables["IndexTable"]["LocalSecondaryIndexes"]
    assert index["IndexName"] == "by-revision"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["pk", "revision"]
    for table in tables.values():
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert table["DeletionProtectionEnabled"] is True
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_buckets_are_there_versioned_and_closed(deployed: Cloud) -> None:
    resources = deployed.resources()
    s3 = deployed.client("s3")

    for name in ("InboxBucket", "FilesBucket"):
        bucket = resources[name]
        access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]

        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert set(access.values()) == {True}
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_what_is_staged_reaches_the_queue_of_its_size(deployed: Cloud) -> None:
    inbox = deployed.resources()["InboxBucket"]

    notifications = deployed.client("s3").get_bucket_notification_configuration(Bucket=inbox)

    announced = {
        rule["Value"]: re.sub(r".*-(\w+Queue)-.*", r"\1", configuration["QueueArn"])
        for configuration in notifications["QueueConfigurations"]
        for rule in configuration["Filter"]["Key"]["FilterRules"]
    }
    assert announced == {"staged/form/": "FormQueue", "staged/large/": "LargeQueue"}


def test_queues_give_up_after_three_tries(deployed: Cloud) -> None:
    resources = deployed.resources()
    sqs = deployed.client("sqs")

    for queue, dead_letters in (
        ("FormQueue", "FormDeadLetters"),
        ("LargeQueue", "LargeDeadLetters"),
    ):
        asked = sqs.get_queue_attributes(QueueUrl=resources[queue], AttributeNames=["All"])
        redrive = json.loads(asked["Attributes"]["RedrivePolicy"])

        assert int(redrive["maxReceiveCount"]) == 3
        assert dead_letters in redrive["deadLetterTargetArn"]


def test_functions_have_the_layer_their_environment_and_their_consumers(
    deployed: Cloud, template: dict[str, Any]
) -> None:
    resources = deployed.resources()
    functions = deployed.client("lambda")
    names = list(of_type(template, FUNCTION))

    found = {
        name: functions.get_function_configuration(FunctionName=resources[name]) for name in names
    }
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]

    for configuration in found.values():
        assert configuration["Runtime"] == "python3.13"
        assert "IdlewheelLayer" in configuration["Layers"][0]["Arn"]
    ingest = found["IngestFunction"]["Environment"]["Variables"]
    assert ingest["FILES_BUCKET"] == resources["FilesBucket"]
    assert ingest["ACCESS_TABLE"] == resources["AccessTable"]
    assert len(mappings) == 5  # four queues and the stream


def test_the_api_has_every_route_behind_the_authorizer(
    deployed: Cloud, template: dict[str, Any]
) -> None:
    api = deployed.resources()["Api"]
    gateway = deployed.client("apigateway")
    resources = gateway.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]

    [authorizer] = gateway.get_authorizers(restApiId=api)["items"]
    methods = {
        f"{name} {resource['path']}": method
        for resource in resources
        for name, method in resource.get("resourceMethods", {}).items()
    }

    assert set(methods) == {route.key for route in samples.routes()}
    guarded = {key for key, method in methods.items() if method.get("authorizerId")}
    assert {methods[key]["authorizerId"] for key in guarded} == {authorizer["id"]}
    assert {key.split()[0] for key in methods.keys() - guarded} <= {"OPTIONS"}
    assert authorizer["identitySource"] == "method.request.header.Authorization"


def ask_with(
    cloud: Cloud, token: str, method: str, url: str, body: bytes | None = None, **headers: str
) -> Answer:
    """Ask with a token, as Basic credentials; ``_`` in a header's name is ``-``."""
    basic = base64.b64encode(f"__token__:{token}".encode()).decode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return cloud.ask(method, url, body, Authorization=f"Basic {basic}", **named)


def first_token(cloud: Cloud) -> str:
    """Mint a token as the output of the stack says it."""
    command = cloud.outputs()["FirstTokenCommand"]
    [function] = re.findall(r"--function-name (\S+)", command)
    [payload] = re.findall(r"--payload '(.*)'", command)
    token: str = deployment.invoke(cloud, function, json.loads(payload))["token"]
    return token


def test_an_index_that_was_just_deployed_takes_an_upload_and_serves_it(deployed: Cloud) -> None:
    outputs = deployed.outputs()
    wish = {"kind": "publish", "principal": "ci", "scopes": ["read:*", "publish:*"], "days": 1}
    issued = ask_with(
        deployed,
        first_token(deployed),
        "POST",
        outputs["ManageUrl"] + "tokens",
        json.dumps(wish).encode(),
        Content_Type="application/json",
    )
    token = json.loads(issued.body)["token"]
    filename, content = factories.wheel(version="1.0+local.1")
    content_type, form = samples.posted(filename, content)

    uploaded = ask_with(
        deployed, token, "POST", outputs["UploadUrl"], form, Content_Type=content_type
    )
    page = ask_with(deployed, token, "GET", outputs["IndexUrl"] + "demo/", Accept=SIMPLE_JSON)
    [file] = json.loads(page.body)["files"]
    path = file["url"].removeprefix("../../")
    base = outputs["IndexUrl"].removesuffix("simple/")
    located = ask_with(deployed, token, "GET", base + path)
    downloaded = deployed.ask("GET", "https://" + located.headers["Location"].split("://")[1])

    assert (issued.status, uploaded.status, page.status, located.status) == (201, 200, 200, 302)
    assert file["filename"] == filename
    assert downloaded.body == content


def test_nobody_reads_without_a_token(deployed: Cloud) -> None:
    outputs = deployed.outputs()

    assert deployed.ask("GET", outputs["IndexUrl"]).status == 401
    assert ask_with(deployed, "iw_r_0", "GET", outputs["IndexUrl"]).status == 401


def test_a_new_value_of_a_parameter_reaches_the_version_that_answers(
    deployed: Cloud, built: Path, tools: Tools
) -> None:
    function = deployed.resources()["IndexFunction"]
    before = deployed.client("lambda").get_alias(FunctionName=function, Name="live")

    deployment.deploy(tools("template") / "sam", built, deployed, "RequestMemory=1024")

    functions = deployed.client("lambda")
    after = functions.get_alias(FunctionName=function, Name="live")
    live = functions.get_function_configuration(FunctionName=function, Qualifier="live")
    assert int(after["FunctionVersion"]) == int(before["FunctionVersion"]) + 1
    assert live["MemorySize"] == 1024


def test_alarms_are_made_once_somebody_is_named(deployed: Cloud, built: Path, tools: Tools) -> None:
    cloudwatch = deployed.client("cloudwatch")
    before = cloudwatch.describe_alarms()["MetricAlarms"]

    deployment.deploy(tools("template") / "sam", built, deployed, "AlarmEmail=ops@example.com")

    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    topic = deployed.resources()["AlarmTopic"]
    assert (len(before), len(alarms)) == (0, 9)
    assert all(it["AlarmActions"] == it["OKActions"] == [topic] for it in alarms)
