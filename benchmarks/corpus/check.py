"""Verify the files that ``fetch`` brought, and report every refusal with its reason.

Each file is verified twice: as a new upload, and ``as_mirror``. The result goes to ``result.json``,
from which ``docs/rules.md`` has its table. Usage: ``python -m benchmarks.corpus.check DIRECTORY``.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent.parent / "layers" / "idlewheel"))

from idlewheel.distribution.form import Declaration  # noqa: E402 -- found by the line above
from idlewheel.distribution.policy import Policy  # noqa: E402
from idlewheel.distribution.verify import verify  # noqa: E402
from idlewheel.errors import Problem, Rejected  # noqa: E402


def problems(path: Path, *, as_mirror: bool) -> tuple[Problem, ...]:
    """Return what is wrong with the file at *path*."""
    try:
        declaration = Declaration.of(path.name, as_mirror=as_mirror)
        verify(path, declaration, policy=Policy(as_mirror=as_mirror))
    except Rejected as rejected:
        return rejected.problems
    return ()


def check(directory: Path) -> dict[str, Any]:
    """Return the result for every file in *directory*, telling of refusals as they come."""
    result: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "kinds": {}, "refused": []}
    projects = set()
    for kind in ("wheel", "sdist"):
        row = {"files": 0, "megabytes": 0.0, "new": 0, "mirror": 0}
        for path in sorted((directory / kind).glob("*/*")):
            new, old = problems(path, as_mirror=False), problems(path, as_mirror=True)
            for problem in (*new, *old):
                print(f"{path.name}: {problem.code}: {problem.message}", flush=True)
            if new:
                codes = sorted({problem.code for problem in new})
                result["refused"].append({"file": path.name, "codes": codes})
            projects.add(path.parent.name)
            row["files"] += 1
            row["megabytes"] += path.stat().st_size / 1e6
            row["new"] += bool(new)
            row["mirror"] += bool(old)
        result["kinds"][kind] = {**row, "megabytes": round(row["megabytes"])}
    return {"projects": len(projects), **result}


if __name__ == "__main__":
    found = check(Path(sys.argv[1]))
    text = json.dumps(found, indent=1) + "\n"
    (HERE / "result.json").write_text(text, encoding="utf-8")
