"""Names of projects: what may be one, and when two of them are the same."""

from __future__ import annotations

import re
from typing import NewType

NormalizedName = NewType("NormalizedName", str)
"""A project's name in the one spelling by which it is stored and compared (PEP 503)."""

_VALID = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
_SEPARATORS = re.compile(r"[-_.]+")

LONGEST = 128
"""Characters that a name may have; far more than any real one, and short enough for a key."""


def normalize(name: str) -> NormalizedName:
    """Spell *name* as PEP 503 does: lower case, runs of ``-``, ``_`` and ``.`` as one ``-``."""
    return NormalizedName(_SEPARATORS.sub("-", name).lower())


def is_valid(name: str) -> bool:
    """Say whether *name* may name a project (core metadata specification, field Name)."""
    return len(name) <= LONGEST and _VALID.fullmatch(name) is not None
