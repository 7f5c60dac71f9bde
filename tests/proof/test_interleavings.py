"""Somebody else's turn before each call of a publication: both end right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.effort import EVERYTHING
from tests.proof.interleaving import calls_of, violations
from tests.proof.rivals import RIVALS

if TYPE_CHECKING:
    from tests.proof.cloud import Cloud

TELLING = {"s3:CopyObject", "dynamodb:TransactWriteItems"}
"""Of every day: after all was judged and before it is copied, and before it is committed."""


@pytest.mark.parametrize("name", RIVALS)
def test_a_publication_ends_right_whoever_comes_between(cloud: Cloud, name: str) -> None:
    calls = calls_of(cloud, RIVALS[name])

    # What is written by hand after the commit stands in nobody's way.
    last = calls.index("dynamodb:TransactWriteItems") + 1 if RIVALS[name].undo else len(calls)
    turns = [(at, call) for at, call in enumerate(calls[:last], 1) if EVERYTHING or call in TELLING]

    found = {
        f"before call {at}, {call}": problems
        for at, call in turns
        if (problems := list(violations(cloud, RIVALS[name], at)))
    }

    print(f"interleavings: {name}: {len(turns)} cases")
    assert found == {}
