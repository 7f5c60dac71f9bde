"""The real bandersnatch mirrors the index: serials rise, and are the same wherever it looks.

It reads the list of projects as JSON (``api-method = simple``), the JSON API of what has changed,
and files under ``/packages/``, where it asks with the token only if its download mirror has one.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.conformance.clients import Index, fresh
from tests.localindex import ROOT, local_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BANDERSNATCH = ROOT / ".venvs/clients/bandersnatch/bin/bandersnatch"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not BANDERSNATCH.exists(), reason="make .venvs/clients/bandersnatch/installed"
    ),
]

SETTINGS = """[mirror]
directory = {folder}
master = {master}
download-mirror = {master}
download-mirror-no-fallback = true
allow-non-https = true
api-method = simple
json = true
simple-format = ALL
hash-index = false
workers = 2
timeout = 30
stop-on-error = true
"""


@pytest.fixture
def own(index: Index, tmp_path: Path) -> Iterator[Index]:
    """An index that nobody else publishes to, for bandersnatch mirrors all of it."""
    with local_index(tmp_path / "state") as running:
        yield Index(running, index.http)


def mirror(index: Index, folder: Path) -> str:
    """Run bandersnatch once; give what it says."""
    base = index.root_url.removesuffix("/simple/")
    master = base.replace("://", f"://__token__:{index.facts.token}@")
    settings = folder.with_suffix(".conf")
    settings.write_text(SETTINGS.format(folder=folder, master=master))
    done = subprocess.run(
        [BANDERSNATCH, "-c", settings, "mirror"],
        env={"HOME": str(folder.parent), "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def mirrored(folder: Path) -> dict[str, bytes]:
    """What the mirror has, by filename."""
    return {path.name: path.read_bytes() for path in folder.glob("web/packages/*/*/*")}


@pytest.mark.checklist("JSON-21")
def test_bandersnatch_mirrors_everything_and_then_what_has_changed(
    own: Index, tmp_path: Path
) -> None:
    changed, same = fresh("changed"), fresh("same")
    folder = tmp_path / "mirror"
    files = dict(
        [own.wheel(changed), own.sdist(changed), own.wheel(same, "1.0+local.1")],
    )

    first = mirror(own, folder)
    assert "2 packages had changes" in first
    assert mirrored(folder) == files

    files |= dict([own.wheel(changed, "2.0")])
    second = mirror(own, folder)
    assert "1 packages to sync" in second
    assert mirrored(folder) == files

    assert "0 packages had changes" in mirror(own, folder)
    serial = max(own.page(name)["meta"]["_last-serial"] for name in (changed, same))
    assert (folder / "status").read_text() == str(serial)
    assert same in (folder / "web/simple/index.html").read_text()
