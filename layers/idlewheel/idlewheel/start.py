"""The start of a function: what is made in it is there for as long as the function is.

Every function imports this before anything large, and says at its end that it has started. In
between nothing is looked through for garbage, and afterwards what was made never is again
(Python's gc.freeze): one look through all that botocore loads takes longer than all our modules.
"""

from __future__ import annotations

import gc

gc.disable()


def done() -> None:
    """Say that the function has started; again changes nothing."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
