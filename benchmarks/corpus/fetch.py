"""Fetch the newest wheel and sdist of the projects in ``projects.txt``, politely.

One file at a time, with a pause, with pip as the client; what is already there is not fetched
again. Usage: ``python -m benchmarks.corpus.fetch DIRECTORY``; about 1.3 GB.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 180
KINDS = {
    "wheel": ("--only-binary", ":all:"),
    "sdist": ("--no-binary", ":all:"),
}


def projects() -> list[str]:
    """Return the names of the list, in its order."""
    return (HERE / "projects.txt").read_text(encoding="utf-8").split()


def fetch(project: str, kind: str, directory: Path) -> bool:
    """Fetch one file into a folder of its own; return whether it is there."""
    target = directory / kind / project
    if target.is_dir() and any(target.iterdir()):
        return True
    target.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, str(HERE / "pip_without_builds.py"), "download", "--quiet"]
    options = ["--disable-pip-version-check", "--no-deps", "--no-cache-dir", "--dest", str(target)]
    time.sleep(PAUSE_SECONDS)
    try:
        subprocess.run(
            [*pip, *options, *KINDS[kind], project],
            timeout=TIMEOUT_SECONDS,
            check=False,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        print(f"{project}: no {kind} within {TIMEOUT_SECONDS} s")
    return any(target.iterdir())


def main() -> None:
    """Fetch everything, and say what could not be had."""
    directory = Path(sys.argv[1])
    for project in projects():
        missing = [kind for kind in KINDS if not fetch(project, kind, directory)]
        print(f"{project}: no {' and no '.join(missing)}" if missing else project, flush=True)


if __name__ == "__main__":
    main()
