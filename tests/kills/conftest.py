from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.template import REGION
from tests.proof import state as states

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proof.state import State
    from tests.rig import Rig


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rig], State]:
    """Look at all that an index holds, past the index."""

    def look(rig: Rig) -> State:
        from idlewheel.storage.tables import bind_access, bind_index

        for name, value in rig.stack.environment().items():
            monkeypatch.setenv(name, value)
        bind_access(rig.stack.access_table, REGION)
        bind_index(rig.stack.index_table, REGION)
        return states.of_stack(rig.stack)

    return look
