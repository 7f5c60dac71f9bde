"""How much memory and processor time it takes to judge a file.

The process that judges tells it itself: what its parent learns of its memory includes what the
parent had when it started it. Linux only, for ``/proc``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).parent.parent / "layers" / "idlewheel"))

from idlewheel.distribution import filenames
from idlewheel.distribution.policy import Policy

ALONE = """
import json, resource, sys
job = json.load(sys.stdin)
sys.path[:] = job.pop("path")
from idlewheel.distribution import worker
worker.main(job)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([int(peak.split()[1]) * 1024, used.ru_utime + used.ru_stime]), file=sys.stderr)
"""
PATIENCE_SECONDS = 600


class Cost(NamedTuple):
    """What judging one file took."""

    memory: int
    """Bytes, at the peak."""
    cpu: float
    """Seconds of processor time, the start of the interpreter included."""


def cost(path: Path, filename: str) -> Cost:
    """Return what judging the file takes, in an interpreter of its own."""
    name, policy = asdict(filenames.parse(filename)), asdict(Policy())
    job = {"path": sys.path, "file": str(path), "name": name, "fields": {}, "policy": policy}
    limits = {"cpu": PATIENCE_SECONDS, "memory": policy["memory_bytes"]}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE],
        input=json.dumps({**job, **limits}),
        capture_output=True,
        check=True,
        text=True,
    )
    return Cost(*json.loads(done.stderr.splitlines()[-1]))
