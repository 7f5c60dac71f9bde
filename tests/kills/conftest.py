from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from local.template import REGION
from tests.proof import state as states

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proof.state import State
    from tests.rig import Rig

SECONDS_TO_SETTLE = 120


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rig], State]:
    """Look at all that an index holds, past the index, once nothing waits there any more.

    An event may come again for what has been judged: only then is its object removed.
    """

    def settled(rig: Rig) -> State:
        from idlewheel.storage.access import bind_access
        from idlewheel.storage.tables import bind_index

        for name, value in rig.stack.environment().items():
            monkeypatch.setenv(name, value)
        bind_access(rig.stack.access_table, REGION)
        bind_index(rig.stack.index_table, REGION)
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while (end := states.of_stack(rig.stack)).staged and time.monotonic() < deadline:
            time.sleep(0.5)
        return end

    return settled
