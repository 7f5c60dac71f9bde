"""`python -m local`: the local index, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

LAST_PORT = 65535
REPOSITORY = Path(__file__).resolve().parent.parent


def a_port(text: str) -> int:
    """Read the number of a port; 0 is any that is free."""
    if not (text.isdecimal() and int(text) <= LAST_PORT):
        raise argparse.ArgumentTypeError(f"a port is a number up to {LAST_PORT}, not {text!r}")
    return int(text)


def main() -> int:
    """Read the command line and run the index; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--port", type=a_port, default=8080, help="port of 127.0.0.1 (8080)")
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
