from __future__ import annotations

import json
from typing import Any, cast

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import Listing
from idlewheel.web.statistics import statistics


class Listed:
    """A catalog of which only the list of projects is asked for."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes

    def listings(self) -> list[Listing]:
        names = [f"P{number}" for number, _ in enumerate(self.sizes)]
        return [
            Listing(NormalizedName(name.lower()), name, 1, size=size)
            for name, size in zip(names, self.sizes, strict=True)
        ]


def told(*sizes: int) -> dict[str, Any]:
    reply = statistics(cast("Any", Listed(*sizes)))
    assert reply.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = json.loads(reply.body)
    return found


def test_projects_come_largest_first_under_their_own_names() -> None:
    document = told(10, 300, 20)

    assert document["total_packages_size"] == 330
    assert list(document["top_packages"].items()) == [
        ("P1", {"size": 300}),
        ("P2", {"size": 20}),
        ("P0", {"size": 10}),
    ]


def test_a_hundred_are_named_and_all_are_counted() -> None:
    document = told(*range(150))

    assert len(document["top_packages"]) == 100
    assert "P49" not in document["top_packages"]
    assert document["total_packages_size"] == sum(range(150))


def test_an_empty_index_has_no_bytes() -> None:
    assert told() == {"top_packages": {}, "total_packages_size": 0}
