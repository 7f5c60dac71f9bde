"""`python -m local`: the local index, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> int:
    """Read the command line and run the index; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port of 127.0.0.1 (8080)")
    parser.add_argument(
        "--state",
        type=Path,
        default=REPOSITORY / ".idlewheel",
        help="folder of the data, the logs and local.json (.idlewheel)",
    )
    parser.add_argument(
        "--template",
        type=Path,
        default=REPOSITORY / "template.yaml",
        help="what to run (template.yaml)",
    )
    options = parser.parse_args()

    from local.run import main as run  # noqa: PLC0415 - --help need not wait for it

    return run(options.port, options.state.resolve(), options.template)


if __name__ == "__main__":
    sys.exit(main())
