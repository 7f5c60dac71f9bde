"""Handlers that do as they are told, for the tests of the local index."""

from __future__ import annotations

import base64
import json
import os
import time
from typing import Any
from urllib.parse import unquote_plus

import boto3

Event = dict[str, Any]

table = boto3.client("dynamodb")
s3 = boto3.client("s3")
TABLE = os.environ.get("TABLE", "")
BUCKET = os.environ.get("BUCKET", "")


def authorize(event: Event, context: object) -> Event:
    if event["headers"]["Authorization"] != "let me in":
        raise PermissionError("Unauthorized")
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    return {"principalId": "me", "policyDocument": {"Statement": [allow]}}


def manage(event: Event, context: object) -> Event:
    return {"token": " ".join([event["issue"]["kind"], *event["issue"]["scopes"]])}


def index(event: Event, context: object) -> Event:
    query = event["queryStringParameters"] or {}
    key = query.get("key", "")
    match (event["pathParameters"] or {"what": "sleep"})["what"]:
        case "crash":
            os._exit(1)
        case "sleep":
            time.sleep(float(query.get("seconds", 1)))
        case "note":
            note(key, query["value"])
        case "publish":
            publish(key)
    size = len(base64.b64decode(event["body"] or ""))
    said = {"who": query.get("who"), "size": size, "noted": noted(key) if key else None}
    return {"statusCode": 200, "body": json.dumps(said)}


def publish(key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"staged/{key}", Body=b"x")
    while noted(key) is None:
        time.sleep(0.01)


def take(event: Event, context: object) -> Event:
    for record in event["Records"]:
        for key in staged(record):
            if key.startswith("bad"):
                return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
            note(key, "taken")
    return {"batchItemFailures": []}


def bury(event: Event, context: object) -> None:
    for key in staged(event["Records"][0]):
        note(key, "buried")


def staged(record: Event) -> list[str]:
    records = json.loads(record["body"]).get("Records", [])  # S3 tests its queues without any
    return [unquote_plus(it["s3"]["object"]["key"]).removeprefix("staged/") for it in records]


def note(key: str, value: str) -> None:
    item: Any = {"pk": {"S": key}, "sk": {"S": "-"}, "revision": {"N": "1"}, "value": {"S": value}}
    table.put_item(TableName=TABLE, Item=item)


def noted(key: str) -> str | None:
    where: Any = {"pk": {"S": key}, "sk": {"S": "-"}}
    found: Any = table.get_item(TableName=TABLE, Key=where, ConsistentRead=True)
    value: str | None = found.get("Item", {}).get("value", {}).get("S")
    return value
