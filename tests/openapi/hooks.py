"""What schemathesis is told of us; it loads this in an environment of its own."""

from __future__ import annotations

import os
import zlib
from typing import Any

import schemathesis

JSON = "application/vnd.pypi.simple.v1+json, application/json;q=0.5"
KEPT = os.environ["KEPT_TOKENS"].split()
LONGEST_WAIT = 1
"""Seconds to wait for a verdict; 25 are as lawful, and tell no more."""


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]
def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Ask for JSON every other time, wait for nothing, and follow no redirect: it is the answer.

    Nor does anybody revoke the tokens of this very test, whose ids every list of tokens tells.
    """
    kwargs["allow_redirects"] = False
    if zlib.crc32(case.formatted_path.encode()) % 2:
        case.headers["Accept"] = JSON
    if (case.path_parameters or {}).get("id") in KEPT:
        case.path_parameters["id"] = "0000000000"
    wait = str((case.query or {}).get("wait", "0"))
    if wait.isascii() and wait.isdecimal() and int(wait) > LONGEST_WAIT:
        case.query["wait"] = str(LONGEST_WAIT)
