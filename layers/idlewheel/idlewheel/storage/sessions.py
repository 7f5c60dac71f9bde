"""Sessions of botocore, which open clients.

Before it opens one, botocore looks through its four hundred services for those that there are,
once for each kind of file that it reads of them: fifteen milliseconds of a cold start. Ours are
there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from botocore.loaders import Loader

if TYPE_CHECKING:
    from botocore.session import Session

SERVICES = ["dynamodb", "events", "s3", "sqs"]
"""All that are used here; botocore knows them by these names."""


class _Loader(Loader):
    """Reads what botocore knows of the services that we use."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's
        """All that are used here: each of them has files of every kind."""
        return SERVICES


@cache
def _loader() -> _Loader:
    """The one for all sessions: what it has read for one client, it need not read for the next."""
    return _Loader()


def prepared(session: Session) -> Session:
    """Let *session* open clients of our services without looking for all others."""
    session.register_component("data_loader", _loader())
    return session
