"""The inside of the isolated process: limit ourselves, judge one file, say so, end.

The first line that it writes is the verdict on the file, the second the rendered description:
should rendering end the process, what was said of the file stands.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idlewheel.distribution.filenames import DistributionName
from idlewheel.distribution.isolation import (
    TOO_LARGE,
    verification_stays_within_its_memory,
)
from idlewheel.distribution.judge import Judged, judge
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.rules import broken, code_of

if TYPE_CHECKING:
    from idlewheel.distribution.metadata import CoreMetadata

HARDER = 1
"""How far the hard limit is above the soft one: at the soft one SIGXCPU says what happened."""


def main(job: dict[str, Any]) -> bool:
    """Judge the file that *job* names, and write the verdict to standard output.

    Answers whether it rendered a description.
    """
    limit(job["cpu"], job["memory"])
    policy = Policy(**job["policy"])
    try:
        name = DistributionName(**job["name"])
        judged = judge(Path(job["file"]), name, job["fields"], policy)
        say(verdict(judged))
    except MemoryError:
        say({"problems": [(code_of(verification_stays_within_its_memory), TOO_LARGE)]})
        return False
    if judged.core is None or not judged.core.description.strip():
        return False
    say(description(judged.core, policy))
    return True


def load_renderer() -> None:
    """Load what renders descriptions; most files have one, and the next will not wait for it."""
    from idlewheel.distribution import description  # noqa: PLC0415 -- for those that have one

    description.load()


def limit(cpu_seconds: int, memory_bytes: int) -> None:
    """Let the kernel hold us to our budget; a system that knows a limit not goes without it."""
    for kind, value in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value + HARDER))


def verdict(judged: Judged) -> dict[str, Any]:
    """Return the verdict as JSON has it."""
    if judged.problems or judged.core is None:
        return {"problems": judged.problems}
    metadata = base64.b64encode(judged.metadata).decode()
    return {"problems": [], "metadata": metadata, "core": judged.core.to_json()}


def description(core: CoreMetadata, policy: Policy) -> dict[str, Any]:
    """Return the rendered description as JSON has it, and what is wrong with it."""
    from idlewheel.distribution import description  # noqa: PLC0415 -- for those that have one

    html = description.render(core, policy.render_seconds)
    rules = () if policy.as_mirror else description.UPLOAD_RULES
    return {"html": html, "problems": [*broken(rules, html)]}


def say(answer: dict[str, Any]) -> None:
    """Write one line of JSON, and see that it is gone before anything else happens."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
