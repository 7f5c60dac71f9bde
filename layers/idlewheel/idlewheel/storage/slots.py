"""How many upload sessions one token has open: a place for each, and no more places than that.

Nothing counts, so nothing can miscount: a session takes a place that is free in the transaction
that opens it. Places become free by themselves, when the session in them expires or has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlewheel.errors import NotFound, TooMany
from idlewheel.storage import keys
from idlewheel.storage.tables import SlotItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from idlewheel.domain.uploads import Upload
    from idlewheel.storage.transactions import Writes


def take(writes: Writes, upload: Upload, at_once: int, find: Callable[[str], Upload]) -> None:
    """Add to *writes* that *upload* takes a free place among *at_once*.

    Uploads are looked at only where every place is taken, the oldest first: it is the likeliest
    to have ended, so this is one read more for a busy publisher.

    Raises:
        TooMany: there is none.

    """
    places = keys.slots(upload.token_id)
    taken = {item.sk: item for item in SlotItem.query(places, consistent_read=True)}
    free = [place for place in map(keys.slot, range(at_once)) if place not in taken]
    unused = SlotItem.pk.does_not_exist()
    if free:
        writes.put("slot", _item(places, free[0], upload), unused)
        return
    before = _ended(sorted(taken.values(), key=lambda item: item.ttl), upload, find)
    if before is None:
        raise TooMany(
            f"token {upload.token_id} has {at_once} uploads open; finish or cancel one of them, "
            "or wait until one expires"
        )
    same = unused | (SlotItem.upload_id == before.upload_id)
    writes.put("slot", _item(places, before.sk, upload), same)


def _item(places: str, place: str, upload: Upload) -> SlotItem:
    return SlotItem(places, place, upload_id=upload.id, ttl=upload.expires_at)


def _ended(
    taken: Sequence[SlotItem], upload: Upload, find: Callable[[str], Upload]
) -> SlotItem | None:
    for item in taken:
        if item.ttl <= upload.received_at or _has_ended(item.upload_id, find):
            return item
    return None


def _has_ended(upload_id: str, find: Callable[[str], Upload]) -> bool:
    try:
        return find(upload_id).state.terminal
    except NotFound:
        return True
