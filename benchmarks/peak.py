"""How much memory it takes to judge a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "layers" / "idlewheel"))

from idlewheel.distribution import filenames
from idlewheel.distribution.policy import Policy

ALONE = """
import json, sys
job = json.load(sys.stdin)
sys.path[:] = job.pop("path")
from idlewheel.distribution import worker
worker.main(job)
"""
PATIENCE_SECONDS = 600


def peak(path: Path, filename: str) -> int:
    """Return the bytes of memory that judging the file takes, in an interpreter of its own."""
    name, policy = asdict(filenames.parse(filename)), asdict(Policy())
    job = {"path": sys.path, "file": str(path), "name": name, "fields": {}, "policy": policy}
    limits = {"cpu": PATIENCE_SECONDS, "memory": policy["memory_bytes"]}
    command = [sys.executable, "-I", "-S", "-c", ALONE]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if process.stdin is not None:
        with process.stdin as pipe:
            pipe.write(json.dumps({**job, **limits}).encode())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_maxrss * 1024
