"""How much is proved: a part in the tests of every day, all of it by `make prove`."""

from __future__ import annotations

import os

EVERYTHING = bool(os.environ.get("PROVE"))
