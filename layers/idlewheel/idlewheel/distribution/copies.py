"""The inside of the process that verifications are copied from.

It has read the code and nothing else: no file, no environment, no credentials. For each job it
forks, and the copy limits itself, judges and ends. So a verification costs a fork and not an
interpreter's start, and still nothing of one file is left when the next one comes.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

ENDED = b"ended"
"""Begins the line by which a copy's end is told, with its status after it."""


def serve(work: Callable[[dict[str, Any]], bool], prepare: Callable[[], object]) -> None:
    """Do *work* in a copy of this process for each line of JSON on standard input.

    *work* says whether it needed what *prepare* loads; from the next job on that is loaded here.
    That happens once: preparing again would leave a little behind each time, and the copies, whose
    address space is limited, would have less and less room.
    """
    is_prepared = False
    gc.freeze()  # or collecting in a copy would write to, and so copy, every page
    for line in iter(sys.stdin.buffer.readline, b""):
        copy = os.fork() or _work(work, line)
        _, status = os.waitpid(copy, 0)
        code = os.waitstatus_to_exitcode(status)
        # The copy may have died in the middle of a line.
        sys.stdout.buffer.write(b"\n%s %d\n" % (ENDED, code))
        sys.stdout.buffer.flush()
        if code == PREPARED and not is_prepared:
            prepare()
            gc.freeze()
            is_prepared = True


PREPARED = 64
"""The status of a copy that needed more than was loaded."""


def _work(work: Callable[[dict[str, Any]], bool], line: bytes) -> NoReturn:
    """Be the copy: whatever happens, it ends here."""
    code = 1
    try:
        os.close(sys.stdin.fileno())
        code = PREPARED if work(json.loads(line)) else 0
    finally:
        os._exit(code)
