"""The functions in this process, as Lambda calls them, on emulated AWS."""

from __future__ import annotations

import base64
import importlib
import json
import os
import sys
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import botocore.session

from benchmarks.emulators import REGION, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.emulators import Emulated

EVENTS = ROOT / "events"
BUCKETS = ("bench-inbox", "bench-files")
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
INSTALLER = {"Accept": f"{JSON}, {HTML}; q=0.1, text/html; q=0.01", "Accept-Encoding": "gzip"}
"""What pip sends."""


class Context:
    """What Lambda tells a function about its invocation."""

    function_name = "bench"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
    memory_limit_in_mb = 512
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    log_group_name = log_stream_name = "log"

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 29_000


CONTEXT = Context()


def prepare(emulated: Emulated) -> None:
    """Make tables and buckets, and give this process the environment of every function."""
    os.environ.update(emulated.environment())
    os.environ.update(
        INDEX_TABLE="bench-index",
        ACCESS_TABLE="bench-access",
        INBOX_BUCKET=BUCKETS[0],
        FILES_BUCKET=BUCKETS[1],
        RELEASE_CLOSES_AFTER_DAYS="36500",
        ATTESTATIONS="record",
        S3_READ_TIMEOUT="20",
        POWERTOOLS_SERVICE_NAME="bench",
        POWERTOOLS_METRICS_NAMESPACE="Idlewheel",
        POWERTOOLS_LOG_LEVEL="WARNING",
    )
    sys.path.insert(0, str(ROOT / "layers/idlewheel"))
    session = botocore.session.get_session()
    dynamodb: Any = session.create_client("dynamodb", region_name=REGION)
    for name, indexed in (("bench-index", True), ("bench-access", False)):
        dynamodb.create_table(**_table(name, indexed=indexed))
    s3: Any = session.create_client("s3", region_name=REGION)
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _table(name: str, *, indexed: bool) -> dict[str, Any]:
    """Answer the arguments that make a table as template.yaml declares it."""
    keys = [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    attributes = [{"AttributeName": one["AttributeName"], "AttributeType": "S"} for one in keys]
    table: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys,
        "AttributeDefinitions": attributes,
    }
    if indexed:
        attributes.append({"AttributeName": "revision", "AttributeType": "N"})
        ranged = {"AttributeName": "revision", "KeyType": "RANGE"}
        table["LocalSecondaryIndexes"] = [
            {
                "IndexName": "by-revision",
                "KeySchema": [keys[0], ranged],
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
    return table


def load(name: str) -> Any:  # noqa: ANN401 - a module
    """Import a function."""
    return importlib.import_module(f"functions.{name}.app")


class Caller:
    """Sends events to the functions on behalf of one token."""

    def __init__(self, scopes: str = "admin:* publish:* read:*") -> None:
        manage = load("manage")
        wish = {"kind": "admin", "principal": "bench", "scopes": scopes.split()}
        self.token: str = manage.handler({"issue": wish}, CONTEXT)["token"]
        self.authorizer = load("authorizer")
        self.context = self.authorizer.handler(self.authorization(), CONTEXT)["context"]

    def authorization(self) -> dict[str, Any]:
        """The question that API Gateway asks the authorizer."""
        basic = base64.b64encode(f"__token__:{self.token}".encode()).decode()
        return _sample("authorize", {"Authorization": f"Basic {basic}"})

    def request(
        self,
        sample: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **changes: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """The event of one request."""
        event = _sample(sample, headers or {})
        gateway = {**event["requestContext"], "path": f"/prod{path}", "authorizer": self.context}
        parameters = dict(parameters or {})
        return {
            **event,
            "path": path,
            "pathParameters": parameters,
            "requestContext": gateway,
            **changes,
        }

    def page(self, project: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A request for a project's page."""
        return self.request(
            "get-project",
            f"/simple/{project}/",
            {"project": project},
            {**INSTALLER, **(headers or {})},
        )

    def root(self, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A request for the list of projects."""
        return self.request("get-root", "/simple/", None, {**INSTALLER, **(headers or {})})

    def file(self, key: str) -> dict[str, Any]:
        """A request for a file."""
        return self.request("get-file", f"/{key}", {"proxy": key.removeprefix("files/")})


def _sample(name: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """A sample event with other headers, as often as the gateway tells them."""
    event: dict[str, Any] = deepcopy(json.loads((EVENTS / f"{name}.json").read_text()))
    lowered = {key.lower() for key in headers}
    kept = {k: v for k, v in (event.get("headers") or {}).items() if k.lower() not in lowered}
    event["headers"] = {**kept, **headers}
    if "multiValueHeaders" in event:
        event["multiValueHeaders"] = {k: [v] for k, v in event["headers"].items()}
    return event


def header(answer: Mapping[str, Any], name: str) -> str:
    """Answer one header of what a function answered."""
    single = answer.get("headers") or {}
    several = {key: values[0] for key, values in (answer.get("multiValueHeaders") or {}).items()}
    found = {key.lower(): value for key, value in {**single, **several}.items()}
    return str(found[name.lower()])


def temporary(name: str) -> Path:
    """A place for what a benchmark keeps between its parts."""
    return ROOT / ".cache/bench" / name
