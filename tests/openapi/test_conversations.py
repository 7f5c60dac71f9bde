"""schemathesis asks a local index all that the description allows, and what it does not.

It looks for 5xx, for statuses, media types, headers and bodies that are not described, and for
invalid requests that are accepted. SEED=… asks the same again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.openapi import description
from tests.proof.effort import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.localindex import LocalIndex
    from tests.openapi.conftest import Upload

HERE = description.ROOT / "tests/openapi"
SCHEMATHESIS = description.ROOT / ".venvs/schemathesis/bin/schemathesis"
SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(2**32))
EFFORT = {
    "admin": ("--max-examples=8",),
    "read": ("--phases=examples,coverage",),
    "nobody": ("--phases=coverage",),
}
ALL_EFFORT = ("--max-examples=100", "--max-time=240")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", EFFORT)
def test_every_answer_is_as_described_whatever_is_asked(
    who: str, index: LocalIndex, demo: Upload, token: Callable[[str], str], tmp_path: Path
) -> None:
    document = description.strict(description.read())
    digest = hashlib.sha256(demo[1]).hexdigest()
    document["components"]["parameters"]["Sha256"]["example"] = digest
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(document))

    effort = ALL_EFFORT if EVERYTHING else EFFORT[who]
    presented = "" if who == "nobody" else token(who)
    done = ask(described, index, presented, *effort)

    print(f"{who}: SEED={SEED}", done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def ask(
    described: Path, index: LocalIndex, token: str, *effort: str
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis with *token*, or without any."""
    basic = base64.b64encode(f"__token__:{token}".encode()).decode()
    return subprocess.run(
        [
            *(str(SCHEMATHESIS), f"--config-file={HERE / 'schemathesis.toml'}", "run"),
            *(str(described), f"--url={index.url}", f"--seed={SEED}", *effort),
            *(("-H", f"Authorization: Basic {basic}") if token else ()),
        ],
        cwd=described.parent,
        env={
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(HERE),
            "NO_COLOR": "1",
            "KEPT_TOKENS": " ".join(it[5:15] for it in (token, index.admin_token, index.token)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
