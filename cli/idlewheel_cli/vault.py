"""Where tokens are kept: in the system's keyring, or in a file that only we can read.

The keyring is asked through its own backends, never through ours (`keyring_backend`), which asks
here.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from idlewheel_cli.config import folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from keyring.backend import KeyringBackend

    from idlewheel_cli.index import Index

SERVICE = "idlewheel"
_NO_KEYRINGS = (
    "idlewheel_cli",
    "keyring.backends.chainer",
    "keyring.backends.fail",
    "keyring.backends.null",
)


def load(index: Index) -> str | None:
    """Find the token of an index; None where none is kept."""
    backend = system_keyring()
    if backend is not None:
        with contextlib.suppress(Exception):  # a locked or broken keyring is no keyring
            if token := backend.get_password(SERVICE, index.base):
                return token
    return _read().get(index.base)


def save(index: Index, token: str) -> str:
    """Keep the token of an index; answer where, for people."""
    backend = system_keyring()
    if backend is not None:
        with contextlib.suppress(Exception):
            backend.set_password(SERVICE, index.base, token)
            return f"the keyring ({backend.name})"
    write_private(_path(), json.dumps({**_read(), index.base: token}, indent=2) + "\n")
    return str(_path())


def drop(index: Index) -> bool:
    """Forget the token of an index, wherever it is; answer whether there was one."""
    found = load(index) is not None
    backend = system_keyring()
    if backend is not None:
        with contextlib.suppress(Exception):
            backend.delete_password(SERVICE, index.base)
    kept = _read()
    if kept.pop(index.base, None) is not None:
        write_private(_path(), json.dumps(kept, indent=2) + "\n")
    return found


def system_keyring() -> KeyringBackend | None:
    """Answer the best keyring of this system that can keep something."""
    from keyring.backend import get_all_keyring  # noqa: PLC0415 - slow to import, seldom needed

    able = [
        backend
        for backend in get_all_keyring()
        if not type(backend).__module__.startswith(_NO_KEYRINGS) and backend.priority >= 1
    ]
    return max(able, key=lambda backend: backend.priority, default=None)


def _path() -> Path:
    return folder() / "tokens.json"


def _read() -> dict[str, str]:
    try:
        return dict(json.loads(_path().read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
