"""Items of the index table as DynamoDB tells them: attributes, each with a type and a value.

pynamodb makes a model of every item, which takes five times as long as reading it. What is read in
bulk, or for every request, is therefore read here and mapped from what is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlewheel.storage.tables import ByRevision, IndexItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from idlewheel.storage.binding import Raw


def partition(pk: str) -> list[Raw]:
    """The items of a partition that is known to be small: what one call answers."""
    table = IndexItem._get_connection()  # noqa: SLF001 - as in binding.find
    found: list[Raw] = table.query(pk, consistent_read=True)["Items"]
    return found


def changed_since(pk: str, revision: int, attributes: Sequence[str] | None = None) -> Iterator[Raw]:
    """All items of a partition that were written after *revision*, in the order of writing.

    What is written while the pages of this query are read is seen at its end, once more. Where
    *attributes* are named, nothing else is sent of an item.
    """
    table = IndexItem._get_connection()  # noqa: SLF001 - as in binding.find
    start: Mapping[str, object] | None = None
    while True:
        page = table.query(
            pk,
            IndexItem.revision > revision,
            attributes_to_get=attributes and list(attributes),
            consistent_read=True,
            exclusive_start_key=start,
            index_name=ByRevision.Meta.index_name,
        )
        yield from page["Items"]
        start = page.get("LastEvaluatedKey")
        if start is None:
            return


def newest(pk: str, most: int) -> list[Raw]:
    """The items of a partition that were written last, by one call; of equal ones, any."""
    table = IndexItem._get_connection()  # noqa: SLF001 - as in binding.find
    page = table.query(
        pk,
        consistent_read=True,
        index_name=ByRevision.Meta.index_name,
        limit=most,
        scan_index_forward=False,
    )
    found: list[Raw] = page["Items"]
    return found
