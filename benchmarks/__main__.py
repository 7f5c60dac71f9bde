"""``python -m benchmarks``: measure, and write what was measured."""

from __future__ import annotations

import argparse
import json

from benchmarks import emulators, functions


def main() -> None:
    """Measure, in a network namespace of its own (`make bench` makes it)."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="10,000 projects in the list only")
    options = parser.parse_args()
    started = emulators.moment()
    with emulators.emulated() as emulated:
        functions.prepare(emulated)
        from benchmarks import publishing, reads  # noqa: PLC0415 - after the environment

        rows = reads.run(10_000 if options.quick else 100_000)
        rows += publishing.run()
    for row in rows:
        print(json.dumps(row), flush=True)
    name = "quick.json" if options.quick else "functions.json"
    emulators.dump(functions.temporary(name), {**started, "rows": rows})


if __name__ == "__main__":
    main()
