from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof import cloud as clouds

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from tests.conftest import Stack
    from tests.proof.cloud import Cloud


@pytest.fixture
def cloud(stack: Stack, connection: Connection) -> Cloud:
    return clouds.of_stack(stack, connection)
