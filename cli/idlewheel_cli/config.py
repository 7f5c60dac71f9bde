"""What the command remembers: which indexes there are, and which one is meant by default."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idlewheel_cli.failures import Failure
from idlewheel_cli.index import Index

CONFIG = "config.json"


def folder() -> Path:
    """Where it is kept: IDLEWHEEL_CONFIG_DIR, or where programs of this system keep such things."""
    if named := os.environ.get("IDLEWHEEL_CONFIG_DIR"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "idlewheel"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "idlewheel"


@dataclass(slots=True)
class Config:
    """The indexes by name, and the name of the usual one."""

    indexes: dict[str, Index] = field(default_factory=dict)
    default: str | None = None

    @classmethod
    def load(cls) -> Config:
        """Read it; an empty one where there is none yet. Raises Failure where it is damaged."""
        path = folder() / CONFIG
        try:
            said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            indexes = {name: Index(str(it["url"])) for name, it in said["indexes"].items()}
            return cls(indexes, said.get("default"))
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failure(f"{path} cannot be read; correct or remove it ({error})") from None

    def save(self) -> None:
        """Write it, whole or not at all."""
        said = {
            "default": self.default,
            "indexes": {name: {"url": index.base} for name, index in self.indexes.items()},
        }
        write_private(folder() / CONFIG, json.dumps(said, indent=2) + "\n")

    def add(self, name: str, index: Index) -> None:
        """Remember an index; the first one, or the last one logged in to, is the usual one."""
        self.indexes[name] = index
        self.default = name

    def forget(self, index: Index) -> None:
        """Forget an index."""
        self.indexes = {name: it for name, it in self.indexes.items() if it != index}
        if self.default not in self.indexes:
            self.default = next(iter(self.indexes), None)

    def usual(self) -> Index | None:
        """Answer the index that is meant when nobody says."""
        return self.indexes.get(self.default or "")

    def covering(self, service: str) -> Index | None:
        """Answer the index that a URL or a host belongs to; the usual one first."""
        usual = self.usual()
        known = [usual] if usual else []
        return next((it for it in [*known, *self.indexes.values()] if it.covers(service)), None)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read; who reads it meanwhile sees the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    unfinished.replace(path)
