"""Which permissions a call of the AWS API asks for.

The emulator allows everything, so a permission that is missing would be noticed in AWS only. Here
each call is written down as IAM would see it (Service Authorization Reference).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient

from tests.template.iam import Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/"
BUCKET = "arn:aws:s3:::"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:"
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
OBJECT_ACTIONS = {"GetObject": "GetObject", "HeadObject": "GetObject", "PutObject": "PutObject"}


class Recorder:
    """Every permission that each role has asked for."""

    def __init__(self, patch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
        """*names* gives the logical id of each table and bucket."""
        self.asked: dict[str, set[Call]] = {}
        self._names = names
        self._role: str | None = None
        send: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

        def record(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            if self._role is not None:
                service = client.meta.service_model.service_name
                self.asked[self._role] |= set(self._calls(service, operation, params))
            return send(client, operation, params)

        patch.setattr(BaseClient, "_make_api_call", record)

    @contextlib.contextmanager
    def acting(self, role: str) -> Iterator[None]:
        """Whatever is called in here is called by *role*."""
        self.asked.setdefault(role, set())
        self._role = role
        try:
            yield
        finally:
            self._role = None

    def _calls(self, service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Call]:
        if service == "sqs":
            lane = params["QueueUrl"].rpartition("/")[2].partition("-")[0]
            return iter([Call(f"sqs:{operation}", f"{QUEUE}{lane.capitalize()}Queue")])
        return self._s3(operation, params) if service == "s3" else self._table(operation, params)

    def _table(self, operation: str, params: Mapping[str, Any]) -> Iterator[Call]:
        if operation == "TransactWriteItems":
            for item in params["TransactItems"]:
                for kind, part in item.items():
                    yield from self._table(IN_TRANSACTION[kind], part)
        elif operation == "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                for key in asked["Keys"]:
                    yield self._item("BatchGetItem", table, key)
        else:
            yield self._item(operation, params["TableName"], _key(operation, params), params)

    def _item(
        self,
        operation: str,
        table: str,
        key: Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
    ) -> Call:
        index = (params or {}).get("IndexName")
        resource = f"{TABLE}{self._names[table]}" + (f"/index/{index}" if index else "")
        leading = frozenset({key["pk"]["S"]} if key else ())
        return Call(f"dynamodb:{operation}", resource, leading)

    def _s3(self, operation: str, params: Mapping[str, Any]) -> Iterator[Call]:
        bucket = f"{BUCKET}{self._names[params['Bucket']]}"
        if operation in {"ListObjectsV2", "ListObjectVersions"}:
            action = "ListBucket" if operation == "ListObjectsV2" else "ListBucketVersions"
            yield Call(f"s3:{action}", bucket)
        elif operation == "CopyObject":
            source = params["CopySource"]
            yield Call("s3:GetObject", f"{BUCKET}{self._names[source['Bucket']]}/{source['Key']}")
            yield Call("s3:PutObject", f"{bucket}/{params['Key']}")
        elif operation in {"DeleteObject", "DeleteObjects"}:
            for each in params["Delete"]["Objects"] if "Delete" in params else [params]:
                action = "DeleteObjectVersion" if each.get("VersionId") else "DeleteObject"
                yield Call(f"s3:{action}", f"{bucket}/{each['Key']}")
        else:
            yield Call(f"s3:{OBJECT_ACTIONS[operation]}", f"{bucket}/{params['Key']}")


def _key(operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key of the item that is asked for; of a query, its partition."""
    if operation == "Scan":
        return {}
    if operation == "Query":
        first = params["KeyConditionExpression"].split(" = ")[1].split()[0].strip("()")
        return {"pk": params["ExpressionAttributeValues"][first]}
    found: Mapping[str, Any] = params["Item"] if operation == "PutItem" else params["Key"]
    return found
