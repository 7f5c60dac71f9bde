"""The local index as a whole, with a small template of its own: started, used, stopped, killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from tests import localindex
from tests.localindex import LocalIndex, local_index

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Visibility: {Type: Number, Default: 1}}
Globals: {Function: {Timeout: 20}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      BinaryMediaTypes: ["*/*"]
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            FunctionPayloadType: REQUEST
            FunctionArn: !GetAtt AuthorizerFunction.Arn
            Identity: {Headers: [Authorization], ReauthorizeEvery: 60}
      GatewayResponses:
        UNAUTHORIZED:
          StatusCode: 401
          ResponseParameters: {Headers: {WWW-Authenticate: "'Basic realm=\\"Test\\"'"}}
          ResponseTemplates: {application/json: '{"code":"unauthenticated"}'}
        MISSING_AUTHENTICATION_TOKEN: {StatusCode: 404}
        REQUEST_TOO_LARGE: {ResponseTemplates: {text/plain: use something else}}
  AuthorizerFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.authorize}
  ManageFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.manage}
  IndexFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.index
      Timeout: 5
      Environment: {Variables: {TABLE: !Ref Table, BUCKET: !Ref Bucket}}
      Events:
        Any: {Type: Api, Properties: {RestApiId: !Ref Api, Method: ANY, Path: "/do/{what}"}}
        Hasty:
          Type: Api
          Properties: {RestApiId: !Ref Api, Method: GET, Path: /hasty, TimeoutInMillis: 300}
  TakeFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.take
      Environment: {Variables: {TABLE: !Ref Table, BUCKET: !Ref Bucket}}
      Events:
        Staged:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 20}
  BuryFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.bury
      Environment: {Variables: {TABLE: !Ref Table}}
      Events: {Dead: {Type: SQS, Properties: {Queue: !GetAtt Dead.Arn, BatchSize: 1}}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: sk, AttributeType: S}
        - {AttributeName: revision, AttributeType: N}
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      LocalSecondaryIndexes:
        - IndexName: by-revision
          Projection: {ProjectionType: ALL}
          KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: revision, KeyType: RANGE}]
  Dead: {Type: AWS::SQS::Queue}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Visibility
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt Queue.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: staged/}]}}
"""
HANDLERS = """
import base64, json, os, time
from urllib.parse import unquote_plus
import boto3

table = boto3.client("dynamodb")
s3 = boto3.client("s3")
TABLE = os.environ.get("TABLE")
BUCKET = os.environ.get("BUCKET")

def note(key, value):
    item = {"pk": {"S": key}, "sk": {"S": "-"}, "revision": {"N": "1"}, "value": {"S": value}}
    table.put_item(TableName=TABLE, Item=item)

def noted(key):
    key = {"pk": {"S": key}, "sk": {"S": "-"}}
    found = table.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
    return found.get("Item", {}).get("value", {}).get("S")

def authorize(event, context):
    if event["headers"]["Authorization"] != "let me in":
        raise Exception("Unauthorized")
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    return {"principalId": "me", "policyDocument": {"Statement": [allow]}}

def manage(event, context):
    return {"token": event["issue"]["kind"] + " " + " ".join(event["issue"]["scopes"])}

def index(event, context):
    query = event["queryStringParameters"] or {}
    key = query.get("key", "")
    what = (event["pathParameters"] or {"what": "sleep"})["what"]
    if what == "crash":
        os._exit(1)
    if what == "sleep":
        time.sleep(float(query.get("seconds", 1)))
    if what == "note":
        note(key, query["value"])
    if what == "publish":
        s3.put_object(Bucket=BUCKET, Key="staged/" + key, Body=b"x")
        while noted(key) is None:
            time.sleep(0.01)
    body = base64.b64decode(event["body"] or "")
    said = {"who": query.get("who"), "size": len(body), "noted": noted(key) if key else None}
    return {"statusCode": 200, "body": json.dumps(said)}

def take(event, context):
    for record in event["Records"]:
        for it in json.loads(record["body"]).get("Records", []):
            key = unquote_plus(it["s3"]["object"]["key"]).removeprefix("staged/")
            if key.startswith("bad"):
                return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
            note(key, "taken")

def bury(event, context):
    for it in json.loads(event["Records"][0]["body"])["Records"]:
        note(unquote_plus(it["s3"]["object"]["key"]).removeprefix("staged/"), "buried")
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    (folder / "code").mkdir()
    (folder / "code/app.py").write_text(textwrap.dedent(HANDLERS))
    (folder / "template.yaml").write_text(TEMPLATE)
    return folder / "template.yaml"


@pytest.fixture(scope="module")
def index(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with local_index(tmp_path_factory.mktemp("state"), template=template) as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A folder for one index, and the certainty that nothing of it is left running."""
    yield tmp_path / "state"
    assert [pid for pid in _all_pids() if str(tmp_path / "state") in _environment(pid)] == []


def do(index: LocalIndex, what: str, method: str = "GET", **query: Any) -> httpx.Response:
    content = query.pop("content", b"")
    headers = {"Authorization": query.pop("authorization", "let me in")}
    url = f"{index.url}/{what}" if what == "hasty" else f"{index.url}/do/{what}"
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.request(method, url, params=query, headers=headers, content=content)


def _all_pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _is_gone(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while _environment(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _environment(pid)


# --- requests ------------------------------------------------------------------------------------


def test_the_tokens_come_from_the_manage_function(index: LocalIndex) -> None:
    assert index.token == "publish read:* publish:*"
    assert index.admin_token.startswith("admin ")


def test_the_facts_are_for_us_only(index: LocalIndex) -> None:
    mode = (index.state / "local.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("credentials", ["", "wrong"])
def test_without_a_good_token_the_answer_is_401(index: LocalIndex, credentials: str) -> None:
    answer = do(index, "nothing", authorization=credentials)

    assert (answer.status_code, answer.json()) == (401, {"code": "unauthenticated"})
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Test"'


def test_a_path_that_the_template_does_not_have_is_a_404(index: LocalIndex) -> None:
    assert httpx.get(f"{index.url}/nowhere", trust_env=False).status_code == 404


def test_a_crash_is_a_502_and_the_next_request_is_fine(index: LocalIndex) -> None:
    answers = [do(index, what).status_code for what in ("crash", "nothing")]

    assert answers == [502, 200]


@pytest.mark.parametrize(("what", "seconds", "status"), [("hasty", 1, 504), ("sleep", 9, 502)])
def test_who_is_too_slow_is_cut_off(
    index: LocalIndex, what: str, seconds: int, status: int
) -> None:
    # The gateway waits no longer: 504. The function's own time is over: it has failed, 502.
    assert do(index, what, seconds=seconds).status_code == status


def test_a_body_arrives_byte_for_byte(index: LocalIndex) -> None:
    assert do(index, "nothing", "POST", content=os.urandom(4_000_000)).json()["size"] == 4_000_000


@pytest.mark.parametrize("size", [5_000_000, 11_000_000, 60_000_000])
def test_who_sends_too_much_hears_why(index: LocalIndex, size: int) -> None:
    answer = do(index, "nothing", "POST", content=b"x" * size)

    assert (answer.status_code, answer.text) == (413, "use something else")


def test_chunks_are_counted_too(index: LocalIndex) -> None:
    chunks = (b"x" * 1_000_000 for _ in range(12))

    assert do(index, "nothing", "POST", content=chunks).status_code == 413


def test_fifty_clients_at_once_get_their_own_answers(index: LocalIndex) -> None:
    names = [str(number) for number in range(50)]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda who: do(index, "sleep", who=who, seconds=0.2), names))

    assert [answer.json()["who"] for answer in answers] == names


def test_fifty_uploads_at_once_each_see_their_own_event_handled(index: LocalIndex) -> None:
    keys = [f"wheel+{number} %.whl" for number in range(50)]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda key: do(index, "publish", key=key), keys))

    assert [answer.json()["noted"] for answer in answers] == ["taken"] * 50


def test_an_event_is_handled_within_some_milliseconds(index: LocalIndex) -> None:
    do(index, "publish", key="warm")
    spent = []
    for number in range(9):
        started = time.monotonic()
        do(index, "publish", key=f"quick {number}")
        spent.append(time.monotonic() - started)

    # Half of the polls of a tenth of a second would take 50 ms on top of all else.
    assert sorted(spent)[4] < 0.09


def test_what_fails_twice_is_buried(index: LocalIndex) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=json_of(index.state / "aws/process.json")["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    s3.put_object(Bucket=s3.list_buckets()["Buckets"][0]["Name"], Key="staged/bad", Body=b"x")

    deadline = time.monotonic() + 20
    while do(index, "read", key="bad").json()["noted"] is None and time.monotonic() < deadline:
        time.sleep(0.2)

    assert do(index, "read", key="bad").json()["noted"] == "buried"


def json_of(path: Path) -> Any:
    return json.loads(path.read_text())


def test_nothing_listens_beyond_this_machine(index: LocalIndex) -> None:
    ours = {f"socket:[{inode}]" for pid in (*index.pids.values(),) for inode in _socket_inodes(pid)}
    listening = {address for address, inode in _listening() if f"socket:[{inode}]" in ours}

    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def _socket_inodes(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            yield target[8:-1]


def _listening() -> Iterator[tuple[str, str]]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                yield fields[1], fields[9]


# --- starting and stopping -----------------------------------------------------------------------


def test_data_survives_a_restart(state: Path, template: Path) -> None:
    with local_index(state, template=template) as first:
        do(first, "note", key="kept", value="yes")

    with local_index(state, template=template) as second:
        assert do(second, "read", key="kept").json()["noted"] == "yes"


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopping_ends_everything_with_a_good_conscience(
    state: Path, template: Path, order: signal.Signals
) -> None:
    running = localindex.start(state, template=template)
    do(running, "nothing")
    running.process.send_signal(order)

    assert running.process.wait(20) == 0
    assert not (state / "local.json").exists()
    assert _is_gone(running.pids["aws"], seconds=0)


def test_a_request_that_is_being_answered_is_finished_first(state: Path, template: Path) -> None:
    running = localindex.start(state, template=template)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(do, running, "sleep", seconds=1.5, who="slow")
        time.sleep(0.7)
        running.stop()

    assert slow.result().json()["who"] == "slow"


def test_after_a_kill_nothing_is_left_and_nothing_is_lost(state: Path, template: Path) -> None:
    first = localindex.start(state, template=template)
    do(first, "note", key="kept", value="yes")
    workers = [pid for pid in _all_pids() if str(state) in _environment(pid)]
    first.kill()

    assert len(workers) >= 3
    with local_index(state, template=template) as second:
        assert do(second, "read", key="kept").json()["noted"] == "yes"
        assert all(_is_gone(pid) for pid in workers)


def test_a_stranger_with_the_recorded_number_is_left_alone(state: Path, template: Path) -> None:
    with local_index(state, template=template):
        pass
    with subprocess.Popen(["sleep", "60"]) as stranger:
        record = state / "aws/process.json"
        record.write_text(json.dumps(json_of(record) | {"pid": stranger.pid}))

        with local_index(state, template=template):
            untouched = stranger.poll() is None
        stranger.kill()

    assert untouched


def test_a_kill_of_everything_costs_seconds_not_the_index(state: Path, template: Path) -> None:
    first = localindex.start(state, template=template)
    do(first, "note", key="old", value="yes")
    time.sleep(6.5)
    os.kill(first.pids["aws"], signal.SIGKILL)
    first.kill()

    with local_index(state, template=template) as second:
        assert do(second, "read", key="old").json()["noted"] == "yes"


def test_without_its_storage_the_index_stops_and_says_so(state: Path, template: Path) -> None:
    running = localindex.start(state, template=template)
    os.kill(running.pids["aws"], signal.SIGKILL)

    assert running.process.wait(20) == 1
    assert "MiniStack has ended" in state.with_suffix(".out").read_text()


def test_a_second_index_on_the_same_data_is_told_of_the_first(
    index: LocalIndex, template: Path
) -> None:
    second = localindex.spawn(index.state, template=template)

    assert second.wait(20) == 1
    said = index.state.with_suffix(".out").read_text()
    assert f"already running at {index.index_url}" in said


def test_a_taken_port_is_said_in_one_sentence(state: Path, template: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        process = localindex.spawn(state, port=port, template=template)

        assert process.wait(20) == 1
    assert state.with_suffix(".out").read_text() == (
        f"Port {port} of 127.0.0.1 is taken (Address already in use). "
        f"Choose another: make run PORT={port + 1}\n"
    )


def test_a_template_that_has_changed_keeps_the_data(
    state: Path, template: Path, tmp_path: Path
) -> None:
    with local_index(state, template=template) as first:
        do(first, "note", key="kept", value="yes")
    (tmp_path / "code").symlink_to(template.parent / "code")
    changed = tmp_path / "template.yaml"
    changed.write_text(
        TEMPLATE.replace("Default: 1}", "Default: 3}") + "  New: {Type: AWS::SQS::Queue}\n"
    )

    with local_index(state, template=changed) as second:
        assert do(second, "read", key="kept").json()["noted"] == "yes"


def test_a_manage_function_that_fails_stops_the_start(state: Path, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/app.py").write_text("import nowhere")
    (tmp_path / "template.yaml").write_text(TEMPLATE)

    process = localindex.spawn(state, template=tmp_path / "template.yaml")

    assert process.wait(30) == 1
    assert "app.manage cannot be imported; see " in state.with_suffix(".out").read_text()
