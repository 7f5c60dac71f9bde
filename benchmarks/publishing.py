"""What a publication takes, in every function that it touches, and in the process they fork."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import resource
import time
import zipfile
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import functions
from benchmarks.functions import CONTEXT, Caller
from benchmarks.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BOUNDARY = "benchmark"


def wheel(name: str, version: str, requires: Iterable[str] = ()) -> tuple[str, bytes]:
    """A small wheel with a description, as flit would build it."""
    folder = f"{name}-{version}.dist-info"
    metadata = (
        f"Metadata-Version: 2.3\nName: {name}\nVersion: {version}\nRequires-Python: >=3.9\n"
        + "".join(f"Requires-Dist: {one}\n" for one in requires)
        + "Summary: A small wheel\nDescription-Content-Type: text/markdown\n\n# Hello\n\nText.\n"
    )
    members = {
        f"{name}/__init__.py": f'__version__ = "{version}"\n',
        f"{folder}/METADATA": metadata,
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    digests = (
        (path, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode(), text)
        for path, text in members.items()
    )
    lines = [f"{path},sha256={found.rstrip('=')},{len(text)}" for path, found, text in digests]
    members[f"{folder}/RECORD"] = "\n".join([*lines, f"{folder}/RECORD,,", ""])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in members.items():
            archive.writestr(path, text)
    return f"{name}-{version}-py3-none-any.whl", content.getvalue()


def form(name: str, version: str, filename: str, content: bytes) -> bytes:
    """The form as twine sends it."""
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.3",
        "name": name,
        "version": version,
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "requires_python": ">=3.9",
        "summary": "A small wheel",
        "sha256_digest": hashlib.sha256(content).hexdigest(),
    }
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    head = "".join(parts) + (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"'
        "\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


class Publishing:
    """Uploads, one after the other, through the functions."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._upload = functions.load("upload")
        self._ingest = functions.load("ingest")
        self._staged = json.loads((functions.EVENTS / "form-staged.json").read_text())

    def meter(self) -> Meter:
        """Count the AWS calls of all functions that publish."""
        from idlewheel.storage.access import AccessItem  # noqa: PLC0415
        from idlewheel.storage.tables import IndexItem  # noqa: PLC0415

        meter = Meter()
        clients = [
            self._upload.connection.client,
            self._ingest.connection.client,
            self._upload.reception.inbox._client,  # noqa: SLF001
            self._ingest.s3,
            *(item._get_connection().connection.client for item in (IndexItem, AccessItem)),  # noqa: SLF001
        ]
        for client in {id(client): client for client in clients}.values():
            meter.attach(client)
        return meter

    def publish(self, name: str, version: str) -> None:
        """Upload a small wheel and process it."""
        filename, content = wheel(name, version)
        answer = self._send(form(name, version, filename, content))
        if answer["statusCode"] != 202:
            raise RuntimeError(answer)
        uploads = self._upload.uploads.get(json.loads(answer["body"])["id"])
        done = self._ingest.handler(self._event(uploads.staged_key), CONTEXT)
        if done["batchItemFailures"]:
            raise RuntimeError(f"{filename} was not published")

    def _send(self, body: bytes) -> dict[str, Any]:
        event = self._caller.request(
            "post-form",
            "/legacy/",
            headers={
                "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
                "Prefer": "respond-async",
                "Accept": "application/json",
            },
            body=base64.b64encode(body).decode(),
            isBase64Encoded=True,
        )
        event["requestContext"]["requestTimeEpoch"] = int(time.time() * 1000)
        answer: dict[str, Any] = self._upload.handler(event, CONTEXT)
        return answer

    def _event(self, key: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(json.dumps(self._staged))
        body = json.loads(event["Records"][0]["body"])
        body["Records"][0]["s3"]["object"]["key"] = key.replace("+", "%2B")
        event["Records"][0]["body"] = json.dumps(body)
        return event


ROUNDS = 12


def run() -> Iterator[dict[str, Any]]:
    """Publish by turns into an empty project and into one of 10,000 files."""
    caller = Caller()
    publishing = Publishing(caller)
    counter = publishing.meter()
    with contextlib.redirect_stdout(io.StringIO()):
        for number in range(3):
            publishing.publish("warm", f"1.{number}")
        found: dict[str, list[Cost]] = {"a new project": [], "10000 files": []}
        for number in range(ROUNDS):
            found["a new project"].append(_cost(publishing, f"new{number}", "1.0"))
            found["10000 files"].append(_cost(publishing, "p10000", f"9{number}.0"))
        taken = {
            "a new project": counter.count(lambda: publishing.publish("counted", "1.0")),
            "10000 files": counter.count(lambda: publishing.publish("p10000", "99.99")),
        }
    # Of copies that have ended the kernel tells the time in steps of ten milliseconds: their mean.
    means = {
        title: median(cost.own for cost in costs) + mean(cost.copies for cost in costs)
        for title, costs in found.items()
    }
    for title, whole in means.items():
        yield {
            "name": f"publish a small wheel into {title}",
            "cpu_ms": round(whole, 1),
            "ratio": round(whole / means["a new project"], 2),
            "calls": dict(taken[title].calls),
            "units": dict(taken[title].units),
        }


class Cost(NamedTuple):
    """CPU milliseconds."""

    own: float
    copies: float
    """Of what verifies for us."""


def _cost(publishing: Publishing, name: str, version: str) -> Cost:
    before = _cpu()
    publishing.publish(name, version)
    after = _cpu()
    return Cost(after.own - before.own, after.copies - before.copies)


def _cpu() -> Cost:
    from idlewheel.distribution import isolation  # noqa: PLC0415 - after the environment

    own = resource.getrusage(resource.RUSAGE_SELF)
    copies = 0.0
    for original in isolation._idle:  # noqa: SLF001
        process = Path(f"/proc/{original._process.pid}")  # noqa: SLF001
        ended = (process / "stat").read_text().rpartition(")")[2].split()[13:15]
        copies += int((process / "schedstat").read_text().split()[0]) / 1e6
        copies += sum(map(int, ended)) * 10
    return Cost((own.ru_utime + own.ru_stime) * 1000, copies)
