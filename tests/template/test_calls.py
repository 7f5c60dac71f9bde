"""Every call that the functions make is one that their roles allow.

The functions run on the emulator, which asks nobody; what they call is held against the policies.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories, samples
from tests.integration.lambda_context import CONTEXT
from tests.template.calls import BUCKET, Recorder
from tests.template.iam import Call, allows, statements
from tests.template.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Stack

    Load = Callable[[str], Any]

pytestmark = pytest.mark.timeout(120)

FOLDER_OF = {
    "AuthorizerRole": "authorizer",
    "IndexRole": "index",
    "UploadRole": "upload",
    "IngestRole": "ingest",
    "AbandonRole": "ingest",
    "DraftsRole": "drafts",
    "SweepRole": "sweep",
    "ManageRole": "manage",
}
BY_LAMBDA = {"sqs:", "logs:"}
"""What Lambda does with the role by itself: it takes messages and writes logs."""

NOT_IN_THE_STORY = {
    "IndexRole": {"s3:GetObject", "s3:PutObject", "s3:ListBucket"},
    "IngestRole": {"s3:DeleteObjectVersion", "s3:ListBucket"},
}
"""Granted, and not called here: what signatures, races and misses need.

IndexRole: whoever holds a presigned URL reads with it; a key that is missing is a 404; snapshots.
IngestRole: a refusal after the copy takes it back; an object that is gone is a 404.
"""


OF_DEMO = {"multiValueQueryStringParameters": {"name": ["demo"]}}


def encoded(document: object) -> str:
    """A JSON body as the gateway hands it on."""
    return base64.b64encode(json.dumps(document).encode()).decode()


class Story:
    """The functions, one after the other, with all that a client and a manager do."""

    def __init__(self, load: Load, stack: Stack, recorder: Recorder) -> None:
        self.stack = stack
        self.recorder = recorder
        self._modules = {role: load(folder) for role, folder in FOLDER_OF.items()}
        admin = ["admin:*", "publish:*", "read:*", "yank:*"]
        issue = {"kind": "admin", "principal": "ann", "scopes": admin}
        self.token = self.run("ManageRole", {"issue": issue})["token"]

    def run(self, role: str, event: Mapping[str, Any], handler: str = "handler") -> Any:
        """Run a function, noting what it calls as *role*."""
        with self.recorder.acting(role):
            return getattr(self._modules[role], handler)(event, CONTEXT)

    def call(self, role: str, name: str, **changes: Any) -> dict[str, Any]:
        """Send a sample event as the gateway would, with what the authorizer says."""
        basic = base64.b64encode(f"__token__:{self.token}".encode()).decode()
        asked = samples.event("authorize", headers={"Authorization": f"Basic {basic}"})
        event = samples.event(name, **changes)
        event["requestContext"]["authorizer"] = self.run("AuthorizerRole", asked)["context"]
        answer: dict[str, Any] = self.run(role, event)
        assert answer["statusCode"] < 400, (name, answer)
        return answer

    def send(self, filename: str, content: bytes) -> None:
        """Upload a form, without waiting for the verdict."""
        content_type, body = samples.posted(filename, content)
        headers = {"Content-Type": content_type, "Prefer": "respond-async"}
        body64 = base64.b64encode(body).decode()
        self.call("UploadRole", "post-form", body=body64, headers=headers)

    def deliver(self, role: str, handler: str) -> None:
        """Let a function process every object that is staged."""
        s3 = self.stack.emulator.client("s3")
        listed = s3.list_objects_v2(Bucket=self.stack.inbox_bucket).get("Contents", [])
        for key in [found["Key"] for found in listed]:
            event = samples.event("form-staged")
            body = json.loads(event["Records"][0]["body"])
            body["Records"][0]["s3"]["object"]["key"] = key.replace("+", "%2B")
            event["Records"][0]["body"] = json.dumps(body)
            assert self.run(role, event, handler) == {"batchItemFailures": []}

    def publish_and_refuse(self) -> None:
        """Uploads of every fate."""
        self.send(*factories.wheel())
        self.send(*factories.wheel())  # a retry, which finds its bytes staged
        self.deliver("IngestRole", "handler")
        self.send(*factories.wheel())
        self.send(*factories.wheel(version="2.0", metadata="Name: other\n"))
        self.deliver("IngestRole", "handler")
        self.send(*factories.wheel(version="3.0"))
        self.deliver("AbandonRole", "abandon")

    def announce_and_cancel(self) -> None:
        """A session for a large file, from its opening to its end."""
        large = {"filename": "demo-4.0-py3-none-any.whl", "size": 9, "sha256": "0" * 64}
        opened = json.loads(self.call("UploadRole", "open-session", body=encoded(large))["body"])
        for name in ("get-upload", "cancel-upload"):
            self.call("UploadRole", name, pathParameters={"id": opened["id"]})

    def draft(self) -> None:
        """Drafts of every fate."""
        published, _ = self.drafted("6.0"), self.call("DraftsRole", "list-drafts", **OF_DEMO)
        self.call("DraftsRole", "show-draft", pathParameters={"id": published})
        for name in ("preview-root", "preview-project"):
            places = {"id": published, "project": "demo"}
            self.call("IndexRole", name, pathParameters=places)
        self.call("DraftsRole", "publish-draft", pathParameters={"id": published}, body=None)
        cancelled = self.drafted("7.0")
        places = {"id": cancelled, "filename": "demo-7.0-py3-none-any.whl"}
        self.call("DraftsRole", "remove-from-draft", pathParameters=places)
        self.call("DraftsRole", "cancel-draft", pathParameters={"id": cancelled})

    def drafted(self, version: str) -> str:
        """Open a draft with a file in it; answer its id."""
        wish = {"name": "demo", "version": version}
        draft: str = json.loads(self.call("DraftsRole", "open-draft", body=encoded(wish))["body"])[
            "id"
        ]
        name, content = factories.wheel(version=version)
        digest = hashlib.sha256(content).hexdigest()
        said = {"filename": name, "size": len(content), "sha256": digest, "draft": draft}
        opened = json.loads(self.call("UploadRole", "open-session", body=encoded(said))["body"])
        key = f"staged/large/{opened['id']}/{name}"
        s3 = self.stack.emulator.client("s3")
        s3.put_object(Bucket=self.stack.inbox_bucket, Key=key, Body=content)
        self.deliver("IngestRole", "handler")
        return draft

    def sweep(self) -> None:
        """What was lost and what is left, a day later."""
        now, queues = datetime.now(UTC), self.stack.environment()
        for name in ("FORM_QUEUE_URL", "LARGE_QUEUE_URL"):
            queue = queues[name].rpartition("/")[2]
            self.stack.emulator.client("sqs").create_queue(QueueName=queue)
        self.send(*factories.wheel(version="5.0"))
        s3 = self.stack.emulator.client("s3")
        s3.put_object(Bucket=self.stack.files_bucket, Key="files/demo/00/orphan.whl", Body=b"")
        (listed,) = [
            found["Key"]
            for found in s3.list_objects_v2(Bucket=self.stack.files_bucket)["Contents"]
            if found["Key"].endswith("demo-1.0-py3-none-any.whl")
        ]
        s3.delete_object(Bucket=self.stack.files_bucket, Key=listed)
        app = self._modules["SweepRole"]
        with self.recorder.acting("SweepRole"):
            app.sweep.sweep(now + timedelta(minutes=5))
            app.sweep.sweep(now + timedelta(days=1))
            found = app.collect.collect(now + timedelta(days=9))
        assert (found["collected"], found["mended"]) == (1, 1)

    def read(self) -> None:
        """All that can be read."""
        name, content = factories.wheel()
        file = {"proxy": f"demo/{hashlib.sha256(content).hexdigest()}/{name}"}
        for name in ("get-root", "get-project", "get-project-json", "get-release-json"):
            self.call("IndexRole", name)
        for name in ("get-stats", "get-new-projects", "get-new-releases", "get-project-releases"):
            self.call("IndexRole", name)
        for name in ("get-file", "head-file"):
            self.call("IndexRole", name, pathParameters=file)

    def manage(self) -> None:
        """All that a manager does."""
        issued = json.loads(self.call("ManageRole", "issue-token")["body"])
        self.call("ManageRole", "list-tokens")
        self.call("ManageRole", "revoke-token", pathParameters={"id": issued["id"]})
        for what in ("release", "file"):
            self.call("ManageRole", f"yank-{what}")
            self.call("ManageRole", f"unyank-{what}")
        for what in ("file", "release", "project"):
            self.call("ManageRole", f"delete-{what}")
            self.call("ManageRole", f"restore-{what}")
        for status in ("quarantined", "active"):
            self.call("ManageRole", "set-status", body=encoded({"status": status}))
        for what in ("project", "attestations"):
            self.call("ManageRole", f"describe-{what}")
        self.call("ManageRole", "set-attestations")


@pytest.fixture
def asked(load: Load, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[Call]]:
    names = {
        stack.index_table: "IndexTable",
        stack.access_table: "AccessTable",
        stack.inbox_bucket: "InboxBucket",
        stack.files_bucket: "FilesBucket",
    }
    recorder = Recorder(monkeypatch, names)
    story = Story(load, stack, recorder)
    story.publish_and_refuse()
    story.announce_and_cancel()
    story.draft()
    story.sweep()
    story.read()
    story.manage()
    return recorder.asked


def test_roles_allow_what_functions_call_and_grant_nothing_else(
    asked: dict[str, set[Call]], translated: dict[str, Any]
) -> None:
    resolution = Resolution(translated)
    granted = {role: statements(resolution, role) for role in FOLDER_OF}

    refused = {
        (role, call) for role in asked for call in asked[role] if not allows(granted[role], call)
    }
    idle = {
        role: {a for s in granted[role] for a in s.actions if not a.startswith(tuple(BY_LAMBDA))}
        - {call.action for call in asked[role]}
        for role in FOLDER_OF
    }

    assert refused == set()
    assert {role: actions for role, actions in idle.items() if actions} == NOT_IN_THE_STORY


@pytest.mark.parametrize(
    ("role", "call"),
    [
        ("IndexRole", Call("s3:GetObject", f"{BUCKET}FilesBucket/files/demo/00/x.whl")),
        ("IndexRole", Call("s3:GetObject", f"{BUCKET}FilesBucket/files/demo/00/x.whl.metadata")),
        ("UploadRole", Call("s3:PutObject", f"{BUCKET}InboxBucket/staged/large/00/x.whl")),
        ("IngestRole", Call("s3:DeleteObjectVersion", f"{BUCKET}FilesBucket/files/demo/00/x.whl")),
    ],
    ids=str,
)
def test_what_signatures_and_races_need_is_allowed(
    translated: dict[str, Any], role: str, call: Call
) -> None:
    assert allows(statements(Resolution(translated), role), call)


def test_both_sizes_of_ingest_may_do_the_same(translated: dict[str, Any]) -> None:
    both = [
        [s for s in statements(Resolution(translated), role) if "sqs" not in s.actions[0]][1:]
        for role in ("IngestRole", "IngestLargeRole")
    ]

    assert both[0] == both[1]
    assert len(both[0]) >= 5
