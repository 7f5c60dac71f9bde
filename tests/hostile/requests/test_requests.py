"""Whatever is asked: an answer that is described, and never a crash.

The functions are called as Lambda calls them, with events as API Gateway makes them, on the
emulator. SEED=… asks the same again.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.hostile.requests import limits
from tests.hostile.requests.gateway import ROUTES, Gateway
from tests.hostile.requests.strategies import HEADER_VALUE, Asked, requests
from tests.proof.effort import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
DEADLINE = timedelta(seconds=10)
"""For one request, on a busy machine; the gateway gives up at 29."""
WITH_BODY = tuple(key for key, route in ROUTES.items() if route.method in {"POST", "PUT"})


@pytest.fixture
def gateway(load: Callable[[str], Any]) -> Gateway:
    return Gateway(load)


def ask(strategy: st.SearchStrategy[Any], look: Callable[[Any], None], examples: int) -> None:
    """Let *look* see that many examples."""
    print(f"requests: SEED={SEED}, {examples} examples")
    settings = hypothesis.settings(
        max_examples=examples,
        deadline=DEADLINE,
        database=None,
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    @hypothesis.seed(SEED)
    @settings
    @hypothesis.given(strategy)
    def seen(example: Any) -> None:
        look(example)

    with limits.enforced():
        seen()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("keys", "examples"), [(tuple(ROUTES), 300), (WITH_BODY, 300)])
def test_every_request_has_an_answer_that_is_described(
    keys: tuple[str, ...], examples: int, gateway: Gateway
) -> None:
    def look(asked: Asked) -> None:
        gateway.answer(asked.key, asked.event)

    ask(requests(keys), look, examples * 10 if EVERYTHING else examples)


def test_every_header_is_a_token_or_unauthorized(gateway: Gateway) -> None:
    def look(header: str) -> None:
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            gateway.authorize(header)

    ask(HEADER_VALUE, look, 5000 if EVERYTHING else 500)
