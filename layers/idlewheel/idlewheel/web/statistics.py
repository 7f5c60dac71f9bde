"""The statistics of the index, ``/stats/``, as PyPI's: how many bytes, and whose."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import TYPE_CHECKING

from idlewheel.web.gateway import Reply

if TYPE_CHECKING:
    from idlewheel.services.ports import Catalog

TOP = 100
"""Projects that are named; PyPI names as many."""


def statistics(catalog: Catalog) -> Reply:
    """Answer the bytes of all files that are not deleted, and of the largest projects."""
    listings = catalog.listings()
    largest = sorted(listings, key=attrgetter("size"), reverse=True)[:TOP]
    document = {
        "top_packages": {listing.display_name: {"size": listing.size} for listing in largest},
        "total_packages_size": sum(listing.size for listing in listings),
    }
    headers = {"Content-Type": "application/json", "Cache-Control": "private, no-cache"}
    return Reply(200, headers, json.dumps(document))
