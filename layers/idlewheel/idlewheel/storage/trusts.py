"""What projects ask of attestations, in the index table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist

from idlewheel.domain.attestations import Policy, Publisher, Trust
from idlewheel.storage import keys
from idlewheel.storage.tables import TrustItem

if TYPE_CHECKING:
    from idlewheel.domain.names import NormalizedName


class DynamoTrusts:
    """The index table. Bind it first (:func:`tables.bind_index`)."""

    def find(self, name: NormalizedName) -> Trust | None:
        """What the project asks; None where it asks nothing of its own."""
        try:
            item = TrustItem.get(keys.project(name), keys.TRUST, consistent_read=True)
        except DoesNotExist:
            return None
        if item.policy is None:
            return None
        return Trust(
            Policy(item.policy),
            tuple(Publisher.of(**publisher) for publisher in item.publishers or ()),
        )

    def set(self, name: NormalizedName, trust: Trust | None) -> None:
        """Ask this from now on; nothing of its own where *trust* is None.

        The project need not have any file yet: what is asked holds for its first one.
        """
        TrustItem(
            keys.project(name),
            keys.TRUST,
            policy=None if trust is None else trust.policy.value,
            publishers=None
            if trust is None
            else [publisher.to_json() for publisher in trust.publishers],
        ).save()
