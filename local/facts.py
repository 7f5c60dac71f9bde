"""What a person or a script has to know to use the running index."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "local.json"


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the index is, and what opens it."""

    index_url: str
    upload_url: str
    json_url: str
    manage_url: str
    token: str
    """May read and publish."""
    admin_token: str
    pids: Mapping[str, int] = field(default_factory=dict)
    aws: Mapping[str, str] = field(default_factory=dict)
    """The environment in which AWS's own tools speak to the emulator."""

    @classmethod
    def at(
        cls,
        base: str,
        token: str,
        admin_token: str,
        pids: Mapping[str, int],
        aws: Mapping[str, str],
    ) -> Facts:
        """Give the facts of an index whose URL starts with *base*, without a slash."""
        return cls(
            index_url=f"{base}/simple/",
            upload_url=f"{base}/legacy/",
            json_url=f"{base}/pypi/",
            manage_url=f"{base}/manage/",
            token=token,
            admin_token=admin_token,
            pids=pids,
            aws=aws,
        )

    def write(self, folder: Path) -> None:
        """Write the file that scripts read: whole or not at all, and readable by us only."""
        unfinished = folder / f"{FILE}.new"
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(asdict(self), stream, indent=2)
        unfinished.replace(folder / FILE)

    def greeting(self, folder: Path) -> str:
        """Give what the terminal shows: commands that can be copied as they are."""
        with_token = self.index_url.replace("://", f"://__token__:{self.token}@")
        uploads = f"--repository-url {self.upload_url} -u __token__ -p {self.token} dist/*"
        return f"""
Idlewheel is ready.

  Index    {self.index_url}
  Upload   {self.upload_url}
  Token    {self.token}

Install
  pip      pip install --index-url {with_token} PROJECT
  uv       uv pip install --default-index {with_token} PROJECT

Upload
  twine    twine upload {uploads}
  uv       uv publish --publish-url {self.upload_url} --token {self.token} dist/*
  larger   idlewheel publish {uploads}

Files over 4.5 MB need the last one, which `pip install ./cli` brings.
The token reads and publishes, for 30 days. One that manages as well, and all of this for
scripts, is in {folder / FILE}
Ctrl-C stops the index and keeps what it holds.
"""


def forget(folder: Path) -> None:
    """Take the file away: what it says is no longer so."""
    (folder / FILE).unlink(missing_ok=True)


def running_at(folder: Path) -> str:
    """Give the URL of the index that runs on *folder*, or a dash while it starts."""
    try:
        return str(json.loads((folder / FILE).read_text())["index_url"])
    except (OSError, ValueError, KeyError):
        return "-"
