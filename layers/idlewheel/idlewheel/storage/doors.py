"""What must be true for files to be published: the project takes them, the release and the token.

Each door is a condition of the publishing transaction and, to say which one was closed and why, a
consistent read that raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlewheel.domain.tokens import TokenState
from idlewheel.errors import Denied, NotFound, Problem, Rejected
from idlewheel.storage import access, keys
from idlewheel.storage.access import TokenItem
from idlewheel.storage.tables import ReleaseItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from pynamodb.expressions.condition import Condition

    from idlewheel.domain.access import Scope
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Project
    from idlewheel.storage.catalog import DynamoCatalog
    from idlewheel.storage.transactions import Writes


def require_open(project: Project | None) -> None:
    """Go on only if the project takes uploads; one that does not exist yet does."""
    if project is not None and not project.status.takes_uploads:
        reason = f" ({project.status_reason})" if project.status_reason else ""
        raise Denied(f"project '{project.name}' is {project.status}{reason} and takes no uploads")


def still_open(received_at: datetime, closes_after: timedelta) -> Condition:
    """Demand of a release that it was open for what was *received_at*."""
    condition: Condition = ReleaseItem.pk.does_not_exist()
    condition |= ReleaseItem.created_at > received_at - closes_after
    return condition


def require_open_release(
    catalog: DynamoCatalog,
    place: tuple[NormalizedName, str],
    received_at: datetime,
    closes_after: timedelta,
) -> None:
    """Go on only if the release at *place* (project, version) takes what was *received_at*."""
    name, version = place
    try:
        release = catalog.release(name, version)
    except NotFound:
        return
    if release.created_at <= received_at - closes_after:
        raise Rejected(
            (
                Problem(
                    "release-closed",
                    f"release {version} of '{name}' is closed: a release takes new files for "
                    f"{closes_after.days} days after its first one; publish a new version",
                ),
            )
        )


def check_token(writes: Writes, token_id: str, scopes: Sequence[Scope]) -> None:
    """Demand in a transaction what :func:`require_token` does."""
    writes.check(
        f"token {token_id}",
        TokenItem,
        (keys.token(token_id), keys.TOKEN),
        (TokenItem.state == TokenState.ACTIVE.value)
        & (TokenItem.scopes == access.scopes_to(scopes)),
    )


def require_token(token_id: str, scopes: Sequence[Scope]) -> None:
    """Go on only if the token is as it was when the upload was received.

    Revocation is exact: no publication commits after it (expiry was judged on arrival).
    """
    token = access.find_token(token_id)
    if token is None:
        raise Denied(f"token {token_id} does not exist any more")
    if token.state is not TokenState.ACTIVE:
        raise Denied(f"token {token.id} was revoked before the upload was published")
    if token.scopes != tuple(scopes):
        raise Denied(f"token {token.id} lost the scopes that the upload was received with")
