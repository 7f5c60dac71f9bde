"""Equal versions: 1.0 and 1.0.0 are one release (PEP 440, "Version specifiers")."""

from __future__ import annotations

import re

_RELEASE = re.compile(r"^((?:\d+!)?\d+(?:\.\d+)*?)(?:\.0)+(?=[^.\d]|\.(?:post|dev)|$)")


def canonical(version: str) -> str:
    """Answer the one spelling by which equal versions are the same release.

    *version* is normalized already (``str(packaging.version.Version(…))``); what is left to do
    is to drop the zeros at the end of its release segment.
    """
    return _RELEASE.sub(r"\1", version, count=1)
