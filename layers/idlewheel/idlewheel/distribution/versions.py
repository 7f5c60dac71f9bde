"""Versions: one canonical spelling for all that are equal (PEP 440)."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from idlewheel.errors import Problem, Rejected


def canonical_version(text: str) -> str:
    """Spell *text* as releases are stored.

    Raises:
        Rejected: it is not a version.

    """
    try:
        return str(Version(text))
    except (InvalidVersion, ValueError):
        # ValueError: an integer with more digits than Python reads.
        raise Rejected((Problem("invalid-version", f"'{text}' is not a version"),)) from None
