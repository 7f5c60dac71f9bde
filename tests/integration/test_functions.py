"""The functions as Lambda calls them, on sample events and the emulator."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories, samples
from tests.integration.lambda_context import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Stack

    Load = Callable[[str], Any]

JSON = "application/vnd.pypi.simple.v1+json"
WHEEL = factories.wheel(version="1.0+local.1", requires_python=">=3.9", description="Hällo")


class Index:
    """The functions behind one gateway, and what carries events between them."""

    def __init__(self, load: Load, stack: Stack) -> None:
        self.manage = load("manage")
        self.upload_app = load("upload")
        self.ingest = load("ingest")
        self.index = load("index")
        self.authorizer = load("authorizer")
        self.stack = stack
        admin = {"kind": "admin", "principal": "ann", "scopes": ["admin:*", "publish:*", "read:*"]}
        self.token = self.manage.handler({"issue": admin}, CONTEXT)["token"]

    def call(self, function: str, name: str, **changes: Any) -> dict[str, Any]:
        """Send a sample event with the context that the authorizer makes of our token."""
        event = samples.event(name, **changes)
        event["requestContext"]["authorizer"] = self.authorize(self.token)["context"]
        module = {"index": self.index, "manage": self.manage, "upload": self.upload_app}[function]
        answer: dict[str, Any] = module.handler(event, CONTEXT)
        return answer

    def authorize(self, token: str) -> dict[str, Any]:
        basic = base64.b64encode(f"__token__:{token}".encode()).decode()
        event = samples.event("authorize", headers={"Authorization": f"Basic {basic}"})
        answer: dict[str, Any] = self.authorizer.handler(event, CONTEXT)
        return answer

    def send(self, filename: str, content: bytes, **headers: str) -> dict[str, Any]:
        content_type, body = samples.posted(filename, content)
        return self.call(
            "upload",
            "post-form",
            body=base64.b64encode(body).decode(),
            headers={"Content-Type": content_type, "Accept": "application/json", **headers},
        )

    def deliver(self) -> dict[str, Any]:
        """Deliver the event that S3 sends for what is staged."""
        staged = self.stack.emulator.client("s3").list_objects_v2(Bucket=self.stack.inbox_bucket)
        keys = [found["Key"] for found in staged.get("Contents", [])]
        event = samples.event("form-staged")
        record = event["Records"][0]
        body = json.loads(record["body"])
        body["Records"][0]["s3"]["object"]["key"] = keys[0].replace("+", "%2B")
        record["body"] = json.dumps(body)
        answer: dict[str, Any] = self.ingest.handler(event, CONTEXT)
        return answer

    def publish(self, filename: str, content: bytes) -> str:
        """Upload a file and process it; answer the upload's id."""
        upload_id: str = json.loads(self.send(filename, content, Prefer="respond-async")["body"])[
            "id"
        ]
        assert self.deliver() == {"batchItemFailures": []}
        return upload_id

    def page(self, **headers: str) -> dict[str, Any]:
        return self.call("index", "get-project", headers={"Accept": JSON, **headers})


def text(answer: dict[str, Any]) -> str:
    body: str = answer["body"]
    return base64.b64decode(body).decode() if answer["isBase64Encoded"] else body


def header(answer: dict[str, Any], name: str) -> str:
    found: str = answer["headers"][name]
    return found


@pytest.fixture
def index(load: Load, stack: Stack) -> Index:
    return Index(load, stack)


def test_an_upload_is_accepted_verified_and_listed(index: Index) -> None:
    accepted = index.send(*WHEEL, Prefer="respond-async")
    delivered = index.deliver()
    again = index.send(*WHEEL)

    (file,) = json.loads(text(index.page()))["files"]
    assert accepted["statusCode"] == 202
    assert delivered == {"batchItemFailures": []}
    assert again["statusCode"] == 200
    assert file["filename"] == WHEEL[0]
    assert file["url"].endswith("/demo-1.0%2Blocal.1-py3-none-any.whl")
    assert file["requires-python"] == ">=3.9"


def test_a_listed_file_and_its_metadata_are_in_the_files_bucket(index: Index) -> None:
    index.publish(*WHEEL)
    (file,) = json.loads(text(index.page()))["files"]
    path = file["url"].removeprefix("../../files/")

    located = index.call("index", "get-file", pathParameters={"proxy": path})

    key = path.replace("%2B", "+")
    s3 = index.stack.emulator.client("s3")
    bodies = [
        s3.get_object(Bucket=index.stack.files_bucket, Key=f"files/{key}{suffix}")["Body"].read()
        for suffix in ("", ".metadata")
    ]
    assert located["statusCode"] == 302
    assert "%2Blocal.1" in header(located, "Location")
    assert bodies[0] == WHEEL[1]
    assert b"Requires-Python: >=3.9" in bodies[1]


def test_the_length_of_a_file_is_told_without_redirect(index: Index) -> None:
    index.publish(*WHEEL)
    (file,) = json.loads(text(index.page()))["files"]
    path = file["url"].removeprefix("../../files/")

    told = index.call("index", "head-file", pathParameters={"proxy": path})

    assert told["statusCode"] == 200
    assert header(told, "Content-Length") == str(len(WHEEL[1]))
    assert header(told, "Accept-Ranges") == "bytes"


def test_pages_are_compressed_and_revalidated(index: Index) -> None:
    index.publish(*WHEEL)

    packed = index.page(**{"Accept-Encoding": "gzip"})
    current = index.page(**{"Accept-Encoding": "gzip", "If-None-Match": header(packed, "ETag")})

    unpacked = gzip.decompress(base64.b64decode(packed["body"])).decode()
    assert header(packed, "Content-Encoding") == "gzip"
    assert unpacked == text(index.page())
    assert (current["statusCode"], current["body"]) == (304, "")


def test_other_bytes_under_the_same_name_are_a_conflict(index: Index) -> None:
    index.publish(*WHEEL)

    refused = index.send(WHEEL[0], factories.wheel(version="1.0+local.1", description="other")[1])

    assert refused["statusCode"] == 409
    assert "File already exists" in json.loads(refused["body"])["code"]


def test_a_broken_archive_is_refused_with_its_reasons_and_leaves_nothing(index: Index) -> None:
    upload_id = index.publish("demo-1.0-py3-none-any.whl", b"not a zip")

    status = index.call("upload", "get-upload", pathParameters={"id": upload_id})
    s3 = index.stack.emulator.client("s3")
    left = s3.list_object_versions(Bucket=index.stack.files_bucket)
    assert "rejected" in status["body"]
    assert index.page()["statusCode"] == 404
    assert "Versions" not in left


def test_an_upload_that_cannot_be_processed_ends_as_our_fault(index: Index) -> None:
    accepted = json.loads(index.send(*WHEEL, Prefer="respond-async")["body"])
    event = samples.event("form-failed")
    record = event["Records"][0]
    body = json.loads(record["body"])
    key = f"staged/form/{accepted['id']}/{WHEEL[0]}".replace("+", "%2B")
    body["Records"][0]["s3"]["object"]["key"] = key
    record["body"] = json.dumps(body)

    index.ingest.abandon(event, CONTEXT)

    refused = index.call(
        "upload",
        "get-upload",
        pathParameters={"id": accepted["id"]},
        headers={"Accept": "application/json"},
    )
    assert [one["code"] for one in json.loads(refused["body"])["problems"]] == ["internal"]


@pytest.mark.parametrize("name", ["form-staged", "large-staged"])
def test_an_event_that_nobody_waits_for_is_ignored(index: Index, name: str) -> None:
    assert index.ingest.handler(samples.event(name), CONTEXT) == {"batchItemFailures": []}


def test_credentials_become_a_policy_for_the_whole_stage(index: Index) -> None:
    policy = index.authorize(index.token)

    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"].endswith(":a1b2c3d4e5/prod/*")
    assert policy["context"]["scopes"] == "admin:* publish:* read:*"


@pytest.mark.parametrize("token", ["", "garbage", "iw_r_0123456789_" + "0" * 38])
def test_bad_credentials_are_unauthorized(index: Index, token: str) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        index.authorize(token)


def test_tokens_are_issued_listed_and_revoked(index: Index) -> None:
    issued = json.loads(index.call("manage", "issue-token")["body"])
    listed = json.loads(index.call("manage", "list-tokens")["body"])["tokens"]
    works = index.authorize(issued["token"])["principalId"]
    index.call("manage", "revoke-token", pathParameters={"id": issued["id"]})

    with pytest.raises(Exception, match="Unauthorized"):
        index.authorize(issued["token"])
    assert works == "ci"
    assert issued["id"] in {token["id"] for token in listed}
    assert not any("digest" in token or "token" in token for token in listed)


def test_a_wish_that_is_wrong_in_every_way_is_told_every_problem(index: Index) -> None:
    body = base64.b64encode(b'{"kind": "god", "scopes": ["fly:*"], "days": -1}').decode()

    refused = index.call("manage", "issue-token", body=body, headers={"Accept": "application/json"})

    codes = {problem["code"] for problem in json.loads(refused["body"])["problems"]}
    assert refused["statusCode"] == 400
    assert codes == {"invalid-kind", "invalid-scope", "invalid-expiry"}


def test_what_managers_do_shows_on_the_page_at_once(index: Index) -> None:
    index.publish(*factories.wheel())
    yanked = index.call("manage", "yank-release")
    reason = json.loads(text(index.page()))["files"][0]["yanked"]
    index.call("manage", "unyank-release")
    index.call("manage", "delete-file")
    deleted = json.loads(text(index.page()))["files"]
    index.call("manage", "restore-file")
    index.call("manage", "set-status")

    document = json.loads(text(index.page()))
    assert yanked["statusCode"] == 200
    assert reason == "broken"
    assert deleted == []
    assert [file["yanked"] for file in document["files"]] == [False]
    assert document["project-status"] == {"status": "archived", "reason": "moved to demo2"}


def test_the_audit_tells_who_did_what_with_which_token(index: Index) -> None:
    index.publish(*factories.wheel())
    index.call("manage", "yank-release")

    told = json.loads(index.call("manage", "show-audit")["body"])["records"]

    assert [(one["act"], one["principal"], one["subjects"]) for one in told] == [
        ("yanked", "ann", ["1.0"]),
        ("published", "ann", [factories.wheel()[0]]),
    ]
    assert {one["token"] for one in told} == {index.token.split("_")[2]}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("index", "get-project"),
        ("index", "get-root"),
        ("upload", "post-form"),
        ("manage", "list-tokens"),
    ],
)
def test_a_token_without_the_scope_is_told_which_one_it_needs(
    index: Index, function: str, name: str
) -> None:
    wish = {"kind": "read", "principal": "bob", "scopes": ["read:project:other"], "days": 1}
    index.token = index.manage.handler({"issue": wish}, CONTEXT)["token"]

    refused = index.call(function, name)

    assert refused["statusCode"] == 403
    assert "it needs the scope" in refused["body"]
