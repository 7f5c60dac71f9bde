"""Answers of DynamoDB are read as the JSON that they are, and are what botocore makes of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import JSONParser
from pynamodb.connection import Connection

from idlewheel.storage.answers import spare_the_parser

ITEM = {"pk": {"S": "a"}, "n": {"N": "7"}, "yes": {"BOOL": True}, "l": {"L": [{"S": "x"}]}}
QUOTED = {"pk": {"S": 'it says "B": and "BS":, backslash \\'}}
BINARY = {"pk": {"S": "a"}, "core": {"B": "AAE="}}


def answers(body: Any, status: int = 200, *, spared: bool) -> dict[str, Any]:
    """What a query answers where DynamoDB says *body*, and how often botocore parsed a value."""
    connection = Connection("eu-west-1")
    connection.session.set_credentials("test", "test")
    connection.session.set_default_client_config(Config(retries={"total_max_attempts": 1}))
    if spared:
        spare_the_parser(connection)

    def answered(**_: Any) -> Any:
        answer: Any = AWSResponse("http://x", status, HTTPHeaders(), None)
        answer._content = json.dumps(body, separators=(",", ":")).encode()
        return answer

    connection.client.meta.events.register("before-send.dynamodb", answered)
    found: dict[str, Any] = connection.client._make_api_call("Query", {"TableName": "x"})
    return found


@pytest.mark.parametrize("item", [ITEM, QUOTED, BINARY], ids=["plain", "quoted", "binary"])
def test_an_answer_is_what_botocore_makes_of_it(item: dict[str, Any]) -> None:
    body = {"Items": [item], "Count": 1, "LastEvaluatedKey": {"pk": {"S": "a"}}}

    assert answers(body, spared=True) == answers(body, spared=False)


@pytest.mark.parametrize(("item", "parses"), [(ITEM, False), (QUOTED, False), (BINARY, True)])
def test_only_bytes_need_botocores_parser(
    item: dict[str, Any], parses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = Counter[str]()
    parser: Any = JSONParser
    read = parser._handle_list
    monkeypatch.setattr(parser, "_handle_list", lambda *it: parsed.update("1") or read(*it))
    answers({"Items": [item]}, spared=True)

    assert bool(parsed) is parses


def test_a_refusal_is_told_as_ever() -> None:
    refusal = {"__type": "com.amazonaws#ResourceNotFoundException", "message": "no such table"}

    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*no such table"):
        answers(refusal, 400, spared=True)
