"""What every client builds is taken by the index, and installs from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.builders import BUILDERS, Builder
from tests.e2e.installers import UV_PIP
from tests.e2e.publishers import PUBLISHERS

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Sandbox


@pytest.mark.shows("builds with a backend from the index, uploads, and it installs")
@pytest.mark.parametrize("client", BUILDERS, ids=lambda it: it.name)
def test_what_a_client_builds_is_published_and_installs(
    client: Builder, backends: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    client.lay_out(sandbox.work, name)
    client.build(sandbox, backends.read_url).succeeded()
    [publisher] = [it for it in PUBLISHERS if it.name == client.publisher]
    publisher.publish(sandbox, backends.upload_url, backends.publish_token).succeeded()
    for kind in ("--no-binary", "--only-binary"):
        UV_PIP.install(another, backends.read_url, "--reinstall", kind, name, name).succeeded()

    assert another.installed()[name] == "1.0.post1"
    assert another.run("uv", ".venv/bin/python", "-c", f"import {name.replace('-', '_')}").code == 0
    kinds = sorted(filename[-3:] for filename in backends.files(name))
    assert kinds == [".gz", "whl"]
