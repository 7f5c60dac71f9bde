"""What a function may import, because importing is its cold start."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.samples import ROOT

if TYPE_CHECKING:
    from tests.conftest import Stack

HEAVY = {
    "boto3",
    "cryptography",
    "docutils",
    "email",
    "idlewheel.distribution.archive",
    "idlewheel.distribution.verify",
    "idlewheel.domain.tokens",
    "idlewheel.storage.tables",
    "idlewheel.storage.transactions",
    "idlewheel.web.json_api",
    "multipart",
    "nh3",
    "packaging",
    "packaging.metadata",
    "pydantic",
    "readme_renderer",
    "sigstore",
    "trove_classifiers",
}
WRITING = ("idlewheel.domain.tokens", "idlewheel.storage.tables", "idlewheel.storage.transactions")
MAY_IMPORT: dict[str, set[str]] = {
    "authorizer": {"email", "idlewheel.domain.tokens"},
    "index": {"email", "idlewheel.storage.tables"},
    "upload": {"email", "multipart", "packaging", "packaging.metadata", *WRITING},
    "drafts": {"email", "packaging", *WRITING},
    "ingest": {
        *("email", "packaging", "packaging.metadata", "idlewheel.distribution.verify"),
        *WRITING,
    },
    "sweep": {"email", *WRITING},
    "announce": {"email", "idlewheel.domain.tokens", "idlewheel.storage.tables"},
    "manage": {"email", "packaging", *WRITING},
}
PROBE = "import sys, functions.{name}.app; print(*sys.modules)"


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_function_imports_only_what_it_needs(name: str, stack: Stack) -> None:
    environment = {
        **os.environ,
        **stack.environment(),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/idlewheel'}",
    }
    command = [sys.executable, "-c", PROBE.format(name=name)]
    loaded = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)

    assert HEAVY & set(loaded.stdout.split()) <= MAY_IMPORT[name]
