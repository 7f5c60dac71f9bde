"""Every client that keeps a lock file: what it writes down, and that this installs elsewhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.e2e.installers import MANAGERS, Manager
from tests.factories import wheel

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Sandbox

pytestmark = pytest.mark.parametrize("client", MANAGERS, ids=lambda it: it.name)


@pytest.mark.shows("locks with the hashes of every file")
def test_a_lock_file_has_the_hash_of_every_file_and_no_secret(
    client: Manager, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(name, requires_dist=[f"{name}-base"])
    index.has_release(f"{name}-base", "1.5")
    text = client.lock(sandbox, index.read_url, name)

    for file in [*index.files(name).values(), *index.files(f"{name}-base").values()]:
        assert file["hashes"]["sha256"] in text
    assert "iw_r_" not in text
    assert "X-Amz" not in text, "a link that expires"


@pytest.mark.shows("installs from the lock file on another machine")
def test_a_lock_file_installs_the_same_on_another_machine_and_later(
    client: Manager, index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    client.lock(sandbox, index.read_url, name)
    index.has(wheel(name, "2.0"))
    hand_over(client, sandbox, another)
    client.sync(another, index.read_url).succeeded()

    assert another.installed()[name] == "1.0"


@pytest.mark.shows("installs a locked release that was yanked since")
def test_a_locked_release_that_was_yanked_since_is_installed_all_the_same(
    client: Manager, index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"), wheel(name, "0.9"))
    client.lock(sandbox, index.read_url, name)
    index.yank(name, "1.0", "a better one is coming")
    hand_over(client, sandbox, another)
    client.sync(another, index.read_url).succeeded()

    assert another.installed()[name] == "1.0"


@pytest.mark.shows("refuses a file whose hash is not the locked one")
def test_a_lock_file_with_another_hash_installs_nothing(
    client: Manager, index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    filename, content = wheel(name, "1.0")
    index.has((filename, content))
    client.lock(sandbox, index.read_url, name)
    forge(client, sandbox, hashlib.sha256(content).hexdigest())
    hand_over(client, sandbox, another)
    client.sync(another, index.read_url).failed()

    assert name not in another.installed()


def hand_over(client: Manager, giver: Sandbox, taker: Sandbox) -> None:
    """Carry the project to another machine, as a version control system would."""
    for file in (client.file, client.lock_file):
        (taker.work / file).write_bytes((giver.work / file).read_bytes())


def forge(client: Manager, sandbox: Sandbox, digest: str) -> None:
    """Write another hash into the lock file."""
    path = sandbox.work / client.lock_file
    text = path.read_text()
    assert digest in text

    path.write_text(text.replace(digest, hashlib.sha256(b"something else").hexdigest()))
