from __future__ import annotations

import importlib
import signal
import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import emulator as emulators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pynamodb.connection import Connection

    from tests.emulator import Emulator


# Whoever starts the tests in the background may have them ignore what ends a program, and every
# program that they start would inherit that.
for order in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(order) is signal.SIG_IGN:
        signal.signal(order, signal.default_int_handler)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with emulators.emulator() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Stack:
    """The names of tables and buckets that nobody else uses, and how to reach them."""

    emulator: Emulator
    index_table: str
    access_table: str
    inbox_bucket: str
    files_bucket: str

    def environment(self) -> dict[str, str]:
        return {
            **self.emulator.environment(),
            "INDEX_TABLE": self.index_table,
            "ACCESS_TABLE": self.access_table,
            "INBOX_BUCKET": self.inbox_bucket,
            "FILES_BUCKET": self.files_bucket,
            "FORM_QUEUE_URL": f"{self.emulator.url}/000000000000/form-{self.inbox_bucket}",
            "LARGE_QUEUE_URL": f"{self.emulator.url}/000000000000/large-{self.inbox_bucket}",
            "EVENT_BUS": "default",
            "RELEASE_CLOSES_AFTER_DAYS": "14",
            "ATTESTATIONS": "record",
            "S3_READ_TIMEOUT": "20",
            "POWERTOOLS_SERVICE_NAME": "test",
            "POWERTOOLS_METRICS_NAMESPACE": "Idlewheel",
        }


@pytest.fixture(scope="session")
def _environment(emulator: Emulator) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def stack(emulator: Emulator, _environment: None) -> Stack:
    mark = uuid.uuid4().hex[:12]
    made = Stack(emulator, f"i-{mark}", f"a-{mark}", f"inbox-{mark}", f"files-{mark}")
    emulators.make_index_table(emulator, made.index_table)
    emulators.make_access_table(emulator, made.access_table)
    emulators.make_bucket(emulator, made.inbox_bucket)
    emulators.make_bucket(emulator, made.files_bucket)
    return made


@pytest.fixture
def connection(stack: Stack) -> Connection:
    from idlewheel.storage.access import bind_access
    from idlewheel.storage.tables import bind_index

    bind_access(stack.access_table, emulators.REGION)
    return bind_index(stack.index_table, emulators.REGION)


@pytest.fixture
def load(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Import a function as Lambda does: its environment first, and anew for every test."""
    for name, value in stack.environment().items():
        monkeypatch.setenv(name, value)
    loaded = []

    def load(name: str) -> Any:
        module = f"functions.{name}.app"
        sys.modules.pop(module, None)
        loaded.append(module)
        return importlib.import_module(module)

    yield load
    for module in loaded:
        sys.modules.pop(module, None)
