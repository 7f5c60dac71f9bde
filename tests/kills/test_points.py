"""kill -9 of the client, the gateway or ingest, at every point of an upload session; then retry.

Twenty points each by `make prove`, some of them in the tests of every day.
"""

from __future__ import annotations

import functools
import hashlib
import os
import random
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

from idlewheel.domain.names import NormalizedName
from tests.door import Door, Phase, Point
from tests.factories import wheel
from tests.kills.points import BEFORE_THE_BYTES_ARE_THERE, POINTS, PUT
from tests.localindex import ROOT
from tests.proof.effort import EVERYTHING
from tests.proof.invariants import broken
from tests.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.proof.state import State

VICTIMS = ("client", "gateway", "ingest")
SIZE = 6_000_000
"""Bytes: more than goes as a form."""
RECEIVES_AGAIN = 6
"""Seconds after which an event comes again whose receiver died. In AWS it is 960."""
SECONDS_TO_REACH = 60
SECONDS_TO_PUBLISH = 120


@dataclass(slots=True)
class Scene:
    """An index behind a door, and a client that publishes to it."""

    rig: Rig
    door: Door
    folder: Path
    clients: list[subprocess.Popen[str]] = field(default_factory=list)

    def publish(self, path: Path) -> subprocess.Popen[str]:
        """Start the command."""
        index = self.rig.index
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}/cli:{ROOT}/layers/idlewheel",
            "IDLEWHEEL_URL": index.url,
            "IDLEWHEEL_TOKEN": index.token,
        }
        client = subprocess.Popen(
            [sys.executable, "-m", "idlewheel_cli.main", "publish", "--json", str(path)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.clients.append(client)
        return client

    def kill(self, victim: str) -> None:
        if victim == "client":
            self.clients[-1].kill()
            self.clients[-1].wait()
        elif victim == "gateway":
            self.rig.kill_gateway()
        else:
            self.rig.kill_ingest()

    def page(self, project: str) -> httpx.Response:
        index = self.rig.index
        headers = {"Accept": "application/vnd.pypi.simple.v1+json"}
        return httpx.get(f"{index.index_url}{project}/", auth=("", index.token), headers=headers)


@pytest.fixture(scope="module", params=VICTIMS)
def victim(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def scene(victim: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An index of its own for each victim."""
    folder = tmp_path_factory.mktemp(victim)
    door = Door(lambda: rig.stack.emulator.url)
    variables = {"AWS_ENDPOINT_URL": door.url}
    rig = Rig(folder, variables=variables, seen_again_after=RECEIVES_AGAIN)
    with door.open(), rig.running():
        yield Scene(rig, door, folder)


@functools.cache
def file(number: int) -> tuple[str, str, bytes]:
    """A project, and a wheel of it that is no other case's."""
    project = f"crash-{number}"
    files = {"data.bin": random.Random(number).randbytes(SIZE)}
    return project, *wheel(project, files=files, compression=zipfile.ZIP_STORED)


def some() -> list[str]:
    """All points, or in the tests of every day three."""
    return list(POINTS) if EVERYTHING else list(POINTS)[2::8]


@pytest.mark.xdist_group("kill points")
@pytest.mark.parametrize("point", some())
def test_who_is_killed_at_any_point_has_lost_and_doubled_nothing(
    scene: Scene, victim: str, point: str, settled: Callable[[Rig], State]
) -> None:
    project, name, content = file(list(POINTS).index(point))
    path = scene.folder / name
    path.write_bytes(content)
    watch = scene.door.watch(POINTS[point], lambda: scene.kill(victim))
    client = scene.publish(path)

    assert watch.passed.wait(SECONDS_TO_REACH), scene.door.seen
    if victim == "gateway":
        scene.rig.start()
    if victim == "client" and point in BEFORE_THE_BYTES_ARE_THERE:
        assert scene.page(project).status_code == 404
    client.communicate(timeout=SECONDS_TO_PUBLISH)
    again = scene.publish(path)
    out, err = again.communicate(timeout=SECONDS_TO_PUBLISH)
    assert again.returncode == 0, out + err
    assert victim == "client" or client.returncode == 0, "it did not get over it by itself"
    published_once(scene, project, content, settled(scene.rig))


def published_once(scene: Scene, project: str, content: bytes, end: State) -> None:
    """Hold the index to one file, whole, in one revision, and to every invariant."""
    sha256 = hashlib.sha256(content).hexdigest()
    (listed,) = scene.page(project).json()["files"]
    url = httpx.URL(f"{scene.rig.index.index_url}{project}/").join(listed["url"])
    token = ("", scene.rig.index.token)

    assert httpx.get(url, auth=token, follow_redirects=True).content == content
    assert listed["hashes"]["sha256"] == sha256
    assert end.projects[NormalizedName(project)].revision == 1
    uploads = [one for one in end.uploads.values() if one.project == project]
    assert [one.state for one in uploads] == ["published"]
    assert broken(end, settled=True) == []


@pytest.mark.xdist_group("kill points")
@pytest.mark.parametrize("victim", ["client"], indirect=True, scope="module")
def test_who_stops_a_client_does_not_wait(scene: Scene, victim: str) -> None:
    _, name, content = file(len(POINTS))
    path = scene.folder / name
    path.write_bytes(content)
    ends: list[tuple[int, str]] = []

    def stop() -> None:
        """The bytes wait at the door until the client has ended: it cannot wait for them."""
        client = scene.clients[-1]
        client.send_signal(signal.SIGINT)
        ends.append((client.wait(5), client.communicate()[1]))

    watch = scene.door.watch(Point(PUT, Phase.SENT, 0.2), stop)
    scene.publish(path)

    assert watch.passed.wait(SECONDS_TO_REACH)
    assert ends[0][0] == 130
    assert ends[0][1].endswith("goes on where this one ended\n")
