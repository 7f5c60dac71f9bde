"""The local index on stores of a test's choosing, whose processes are killed and started again.

It is the real one, run from a template that differs in three things: where its functions find the
stores, how soon a queue shows a message again, and in which folder it stands. Tables and buckets
have the names that the emulator gave them, wherever they are; the queues are always the emulator's.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import emulator as ministack
from local import stack
from local.template import REGION, load
from tests import emulator as emulators
from tests import localindex
from tests.conftest import Stack
from tests.emulator import Emulator, free_port
from tests.localindex import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.localindex import LocalIndex

KEY = ministack.CREDENTIALS["AWS_ACCESS_KEY_ID"]
"""What the functions sign with; another store has to know it."""
INGEST = ("IngestFunction", "IngestLargeFunction")
QUEUES = ("FormQueue", "LargeQueue")


@dataclass(slots=True)
class Rig:
    """An index that can be killed, by parts and as a whole, and goes on on the same data."""

    folder: Path
    dynamodb: str | None = None
    """Where DynamoDB is, if it is another's than the emulator's."""
    s3: str | None = None
    """Where S3 is, if it is another's."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the functions find in their environment beside it."""
    seen_again_after: int = 120
    """Seconds after which a message is delivered again whose receiver died."""
    port: int = field(default_factory=free_port)
    stack: Stack = field(init=False)
    queues: dict[str, str] = field(init=False)
    """URLs, by logical id."""
    index: LocalIndex = field(init=False)

    def __post_init__(self) -> None:
        self._write_template()
        names = self._make()
        self.queues = {queue: names[queue] for queue in QUEUES}
        parts = ("IndexTable", "AccessTable", "InboxBucket", "FilesBucket")
        cloud = Emulator(self._emulator_url(), self.dynamodb, self.s3, KEY, REGION)
        self.stack = Stack(cloud, *(names[part] for part in parts))
        if self.dynamodb:
            emulators.make_index_table(cloud, self.stack.index_table)
            emulators.make_access_table(cloud, self.stack.access_table)
        if self.s3:
            emulators.make_bucket(cloud, self.stack.inbox_bucket)
            emulators.make_bucket(cloud, self.stack.files_bucket)

    @property
    def state(self) -> Path:
        """The folder of the index's data and logs."""
        return self.folder / "state"

    def start(self) -> LocalIndex:
        """Start the gateway, at the address that it always has."""
        template = self.folder / "template.yaml"
        self.index = localindex.start(self.state, port=self.port, template=template)
        return self.index

    @contextlib.contextmanager
    def running(self) -> Iterator[LocalIndex]:
        """Run the index; it may be killed and started meanwhile."""
        try:
            yield self.start()
        finally:
            if self.index.process.poll() is None:
                self.index.stop()

    def kill_gateway(self) -> None:
        """End the gateway, and with it all that it has started, without a chance to clean up."""
        self.index.kill()

    def kill_ingest(self) -> None:
        """End every process of the functions that judge and publish, in the middle of it."""
        for pid in self.pids_of(*INGEST):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pids_of(self, *functions: str) -> list[int]:
        """The processes of these functions: those that import them, and those that work."""
        names = {f"AWS_LAMBDA_FUNCTION_NAME=idlewheel-{name}".encode() for name in functions}
        ours = f"TMPDIR={self.state}/tmp".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                environment = set((entry / "environ").read_bytes().split(b"\0"))
                if ours in environment and names & environment:
                    found.append(int(entry.name))
        return found

    def _make(self) -> Mapping[str, Any]:
        """Let the emulator make what holds data; answer the names it gave."""
        (self.state / "logs").mkdir(parents=True)
        aws = ministack.start(self.state)
        try:
            aws.wait_until_ready()
            return stack.deploy(load(self.folder / "template.yaml"), aws.endpoint).refs
        finally:
            aws.stop()

    def _emulator_url(self) -> str:
        return str(json.loads((self.state / "aws/process.json").read_text())["endpoint"])

    def _write_template(self) -> None:
        for part in ("functions", "layers"):
            (self.folder / part).symlink_to(ROOT / part)
        template = load(ROOT / "template.yaml")
        elsewhere = {"AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb, "AWS_ENDPOINT_URL_S3": self.s3}
        variables = template.defaults["Function"]["Environment"]["Variables"]
        variables.update({name: url for name, url in elsewhere.items() if url})
        variables.update(self.variables)
        for queue in QUEUES:
            template.resources[queue]["Properties"]["VisibilityTimeout"] = self.seen_again_after
        document = {
            "Parameters": template.parameters,
            "Conditions": template.conditions,
            "Mappings": template.mappings,
            "Globals": template.defaults,
            "Resources": template.resources,
        }
        (self.folder / "template.yaml").write_text(json.dumps(document))
