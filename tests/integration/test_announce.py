"""What is recorded is told to EventBridge, in the words of the schema, until it is taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from idlewheel.domain.audit import Act
from idlewheel.domain.project import Status
from idlewheel.storage.audit import DynamoAudit
from idlewheel.storage.tables import AuditItem
from idlewheel.web.audit import describe
from tests import factories, samples
from tests.contract.ports import publication
from tests.integration.lambda_context import CONTEXT
from tests.proof import cloud as clouds
from tests.proof.cloud import ADMIN, DEMO, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection

    from tests.conftest import Stack

SCHEMA = json.loads((samples.EVENTS / "schemas/event.json").read_text())
MANY = 25


class Bus:
    """Stands for the client of EventBridge; takes what it is not told to refuse."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.taken: list[dict[str, Any]] = []
        self.refuses: set[int] = set()

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        answers = []
        for number, entry in enumerate(Entries, sum(self.calls)):
            refused = number in self.refuses
            answers.append({"ErrorCode": "ThrottlingException"} if refused else {"EventId": "1"})
            self.taken += [] if refused else [entry]
        self.calls.append(len(Entries))
        return {"Entries": answers}


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def app(load: Callable[[str], Any], bus: Bus) -> Any:
    module = load("announce")
    module.bus._client = bus
    return module


def delivered(count: int = 1) -> dict[str, Any]:
    """What the stream delivers of *count* records."""
    (record,) = samples.event("recorded")["Records"]
    text = json.dumps(record)
    return {
        "Records": [
            json.loads(text.replace('"44215845000', f'"{number:03}44215845000'))
            for number in range(count)
        ]
    }


def test_a_record_is_told_as_its_schema_says(app: Any, bus: Bus) -> None:
    answer = app.handler(delivered(), CONTEXT)

    (entry,) = bus.taken
    detail = json.loads(entry["Detail"])
    jsonschema.validate(detail, SCHEMA)
    assert answer == {"batchItemFailures": []}
    assert (entry["Source"], entry["DetailType"]) == ("idlewheel", "published")
    assert (entry["EventBusName"], entry["Time"]) == (
        "default",
        datetime(2026, 11, 22, 12, tzinfo=UTC),
    )
    assert (detail["id"], detail["principal"]) == ("0011223344556677", "ci")


def test_from_the_first_that_is_not_taken_on_all_come_again(app: Any, bus: Bus) -> None:
    bus.refuses = {3}

    answer = app.handler(delivered(5), CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "003" + NUMBER}]}


NUMBER = samples.event("recorded")["Records"][0]["dynamodb"]["SequenceNumber"]


def test_more_than_a_call_takes_is_told_in_several(app: Any, bus: Bus) -> None:
    app.handler(delivered(MANY), CONTEXT)

    assert bus.calls == [10, 10, 5]
    assert len(bus.taken) == MANY


def test_other_copies_and_removals_are_not_told(app: Any, bus: Bus) -> None:
    event = delivered(2)
    event["Records"][0]["dynamodb"]["NewImage"]["pk"]["S"] = "AUDIT#PROJECT#demo"
    del event["Records"][1]["dynamodb"]["NewImage"]

    assert app.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert bus.taken == []


def test_everything_that_is_recorded_fits_the_schema(stack: Stack, connection: Connection) -> None:
    cloud, now = clouds.of_stack(stack, connection), datetime.now(UTC)
    token = cloud.ports.token()
    cloud.publish(token, wheel())
    cloud.publish(token, ("demo-2.0-py3-none-any.whl", b"no zip"))
    cloud.send(token, factories.wheel(version="3.0"))
    past = {"upload_time": now - timedelta(days=999), "as_mirror": True, "version": "4.0"}
    imported = cloud.ports.upload(token, "demo-4.0-py3-none-any.whl", **past)
    cloud.ports.publisher.publish(publication(imported))
    manage = cloud.management
    manage.yank_release(ADMIN, DEMO, "1.0", "bad")
    manage.yank_release(ADMIN, DEMO, "1.0", None)
    manage.delete_file(ADMIN, DEMO, wheel()[0], now)
    manage.restore_file(ADMIN, DEMO, wheel()[0], now)
    manage.set_status(ADMIN, DEMO, Status.ARCHIVED, "old")
    cloud.ports.tokens.revoke(token.id)

    records = DynamoAudit().find(day=now.date())

    for record in records:
        jsonschema.validate(describe(record), SCHEMA)
    assert {record.act for record in records} == set(Act)
    kept = [item for item in AuditItem.scan() if isinstance(item, AuditItem)]
    assert len(kept) == 3 * len(records) - sum(one.project is None for one in records)


def test_the_schema_refuses_what_is_no_record() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"act": "published"}, SCHEMA)
