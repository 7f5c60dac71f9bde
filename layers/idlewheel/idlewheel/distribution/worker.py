"""The inside of the isolated process: limit ourselves, judge one file, say so, end.

The first line that it writes is the verdict, the second the rendered description: should
rendering fail in whatever way, the verdict stands.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from idlewheel.distribution.filenames import DistributionName
from idlewheel.distribution.isolation import (
    TOO_LARGE,
    verification_stays_within_its_memory,
)
from idlewheel.distribution.judge import Judged, judge
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.rules import code_of
from idlewheel.errors import Problem


def main(job: dict[str, Any]) -> None:
    """Judge the file that *job* names, and write the verdict to standard output."""
    limit(job["cpu"], job["memory"])
    try:
        policy = Policy(**job["policy"])
        judged = judge(Path(job["file"]), DistributionName(**job["name"]), job["fields"], policy)
    except MemoryError:
        judged = Judged((Problem(code_of(verification_stays_within_its_memory), TOO_LARGE),))
    say(verdict(judged))


def limit(cpu_seconds: int, memory_bytes: int) -> None:
    """Let the kernel hold us to our budget; a system that knows a limit not goes without it."""
    for kind, value in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))


def verdict(judged: Judged) -> dict[str, Any]:
    """Return the verdict as JSON has it."""
    if judged.problems or judged.core is None:
        return {"problems": judged.problems}
    metadata = base64.b64encode(judged.metadata).decode()
    return {"problems": [], "metadata": metadata, "core": judged.core.to_json()}


def say(answer: dict[str, Any]) -> None:
    """Write one line of JSON, and see that it is gone before anything else happens."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
