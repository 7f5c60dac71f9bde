"""What a request takes, in numbers that do not depend on the machine: a guard, not a benchmark.

Calls to AWS, bytes and loaded modules. `make bench` measures the rest.
"""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from idlewheel.domain.names import NormalizedName
from tests import samples
from tests.contract.ports import publication, real_ports
from tests.integration.lambda_context import CONTEXT
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pynamodb.connection import Connection

    from tests.conftest import Stack
    from tests.contract.ports import Ports

DEMO = NormalizedName("demo")
LONG = 450
"""Files: enough for a snapshot."""


class Index:
    """The index function, and the calls to AWS that it makes."""

    def __init__(self, module: Any, ports: Ports) -> None:
        self.module = module
        self.ports = ports
        self.token = ports.token()
        self.calls: Counter[str] = Counter()

    def publish(self, number: int) -> None:
        filename = f"demo-{number}-py3-none-any.whl"
        upload = self.ports.upload(
            self.token, filename, version=str(number), sha256=f"{number:064x}"
        )
        self.ports.publisher.publish(publication(upload, metadata_sha256=f"{number:064x}"))

    def get(self, sample: str = "get-project", **headers: str) -> dict[str, Any]:
        event = samples.event(sample, headers={"Accept-Encoding": "gzip", **headers})
        event["requestContext"]["authorizer"] = {
            "principal": "ann",
            "token_id": "0123456789",
            "scopes": "read:*",
            "expires_at": "9999999999",
        }
        self.calls.clear()
        answer: dict[str, Any] = self.module.handler(event, CONTEXT)
        return answer

    def forget(self) -> None:
        """Be another instance."""
        from idlewheel.web.pages import Pages

        self.module.pages = Pages(self.module.catalog, snapshots=self.module.snapshots)


@pytest.fixture
def index(
    load: Callable[[str], Any],
    stack: Stack,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Index]:
    from idlewheel.storage.snapshots import S3Snapshots

    made = Index(load("index"), real_ports(stack, connection))
    send = S3Snapshots._send

    def counted(self: S3Snapshots, method: str, *more: Any) -> Any:
        made.calls[f"S3 {method}"] += 1
        return send(self, method, *more)

    monkeypatch.setattr(S3Snapshots, "_send", counted)
    with _counting(made.calls, made.module.connection):
        yield made


@contextlib.contextmanager
def _counting(calls: Counter[str], connection: Connection) -> Iterator[None]:
    def count(model: Any, **_: object) -> None:
        calls[model.name] += 1

    events = connection.client.meta.events
    events.register("before-call.dynamodb", count)
    yield
    events.unregister("before-call.dynamodb", count)


def test_a_page_costs_one_read_however_often_it_is_asked_for(index: Index) -> None:
    index.publish(1)
    index.get()
    first = dict(index.calls)
    index.get()

    assert first == {"Query": 1}, "a short page is read whole at once"
    assert index.calls == {"GetItem": 1}


def test_a_client_that_has_the_page_costs_one_read_even_of_a_new_instance(index: Index) -> None:
    index.publish(1)
    etag = index.get()["headers"]["ETag"]
    index.forget()

    answer = index.get(**{"If-None-Match": etag})

    assert (answer["statusCode"], answer["body"]) == (304, "")
    assert index.calls == {"GetItem": 1}


def test_the_list_costs_one_query(index: Index) -> None:
    index.publish(1)
    index.get("get-root")
    index.get("get-root")

    assert index.calls == {"Query": 1}


def test_a_change_of_the_list_costs_one_query_more(index: Index) -> None:
    index.publish(1)
    index.get("get-root")
    index.publish(2)
    index.get("get-root")

    assert index.calls == {"Query": 2}


def test_a_redirect_costs_no_read(index: Index) -> None:
    index.get("get-file")

    assert index.calls == {}


def test_a_long_page_is_read_as_a_whole_once_and_then_by_its_changes(index: Index) -> None:
    _fill(index, LONG)
    index.get()
    whole = dict(index.calls)
    index.publish(LONG + 1)
    index.get()
    warm = dict(index.calls)
    index.forget()
    index.publish(LONG + 2)
    page = index.get()

    assert whole == {"Query": 2, "S3 GET": 1, "S3 PUT": 1}
    assert warm == {"GetItem": 1, "Query": 1}
    assert index.calls == {"Query": 2, "S3 GET": 1}, "what was saved, and the rest"
    assert len(base64.b64decode(page["body"])) < 110 * (LONG + 2), "bytes a file, compressed"


def _fill(index: Index, count: int) -> None:
    """Write files as their publications would have left them, without publishing each."""
    from idlewheel.storage import keys, mapping
    from idlewheel.storage.tables import FileItem, IndexItem, ProjectItem, ReleaseItem

    index.publish(0)
    file = index.ports.catalog.file(DEMO, "demo-0-py3-none-any.whl")
    with IndexItem.batch_write() as batch:
        for number in range(1, count):
            digest = f"{number * 2654435761 % 2**64:064x}"
            name = f"demo-{number}-py3-none-any.whl"
            another = replace(
                file, filename=name, version=str(number), sha256=digest, metadata_sha256=digest
            )
            batch.save(mapping.file_item(DEMO, another))
    release = ReleaseItem.get(keys.project(DEMO), keys.release("0"))
    assert isinstance(FileItem.get(keys.project(DEMO), keys.file(file.filename)), FileItem)
    assert release.writes == 1
    item = ProjectItem.get(keys.project(DEMO), keys.PROJECT)
    item.update([ProjectItem.file_count.set(count), ProjectItem.writes.set(count + 1)])


MODULES = {
    "authorizer": 428,
    "index": 449,
    "upload": 493,
    "ingest": 561,
    "manage": 463,
    "drafts": 463,
    "sweep": 446,
    "announce": 429,
}
"""What each function may load, the interpreter's own included; see `make bench-cold`."""


def started(name: str, stack: Stack, probe: str) -> list[str]:
    """Import a function as Lambda does, and answer the words that *probe* then prints."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("COV")},
        **stack.environment(),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/idlewheel'}",
    }
    command = [sys.executable, "-c", f"import gc, sys, functions.{name}.app; {probe}"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.mark.parametrize("name", MODULES)
def test_a_function_loads_no_more_than_it_did(name: str, stack: Stack) -> None:
    (count,) = started(name, stack, "print(len(sys.modules))")

    assert int(count) <= MODULES[name]


@pytest.mark.parametrize("name", MODULES)
def test_a_start_is_never_looked_through_for_garbage(name: str, stack: Stack) -> None:
    probe = "print(gc.get_stats()[2]['collections'], gc.isenabled(), gc.get_freeze_count())"
    looked, is_on, kept = started(name, stack, probe)

    assert (looked, is_on) == ("0", "True")
    assert int(kept) > 50_000, "objects that no later look goes through"
