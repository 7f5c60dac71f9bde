"""Random lives of an index beside its model: in memory by the hundreds, on the emulator by the ten.

The seed is printed; SEED=… lives the same lives again.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import hypothesis
from hypothesis.stateful import run_state_machine_as_test

from tests.model.drafts import DraftLife
from tests.proof import cloud as clouds
from tests.proof.effort import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynamodb.connection import Connection

    from tests.conftest import Stack
    from tests.proof.cloud import Cloud

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))


def live(make: Callable[[], Cloud], lives: int, steps: int) -> None:
    """Live *lives* lives of at most *steps* steps."""
    print(f"model: SEED={SEED}, {lives} lives of up to {steps} steps")
    machine = type("Lived", (DraftLife,), {"make": staticmethod(make)})
    settings = hypothesis.settings(
        max_examples=lives,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(hypothesis.seed(SEED)(machine), settings=settings)


def test_the_fakes_live_as_the_model_does() -> None:
    live(clouds.of_fakes, 2000 if EVERYTHING else 300, 40)


def test_the_real_adapters_live_as_the_model_does(stack: Stack, connection: Connection) -> None:
    cloud = clouds.of_stack(stack, connection)

    live(lambda: cloud, 60 if EVERYTHING else 5, 25)
