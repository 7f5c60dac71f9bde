"""Somebody else's turn in the middle of a publication: what may come between any two calls."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pynamodb.exceptions import DeleteError

from idlewheel.domain.access import parse_scopes
from idlewheel.domain.project import File, FileState, Status
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import IdlewheelError, Rejected
from idlewheel.storage import access, keys, mapping
from idlewheel.storage.tables import FileItem, ProjectItem, ReleaseItem
from tests import factories
from tests.proof.cloud import ADMIN, DEMO, Cloud, wheel
from tests.proof.scenarios import OTHER, WHEEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pynamodb.expressions.update import Action

    from idlewheel.domain.tokens import Token
    from tests.proof.state import State

CASE_TWIN = factories.wheel(tags=("py3-none-ANY",))
"""The same filename to a file system that knows no cases."""


@dataclass(frozen=True, slots=True)
class Rival:
    """What somebody does meanwhile, and what must then be true of the publication."""

    act: Callable[[Cloud, Token], None]
    judge: Callable[[State, State], Iterator[str]] = lambda met, end: iter(())
    """Given the state right after the rival's turn and the state at the end."""
    ahead: Callable[[Cloud, Token], None] = lambda cloud, token: None
    """What was before both."""
    undo: Callable[[], None] | None = None
    """For who wrote to the table past every rule: take it back before anybody looks."""


def _alone(cloud: Cloud, file: tuple[str, bytes], token: Token) -> None:
    """Publish *file* and nothing else that is staged."""
    others = cloud.look().staged
    cloud.send(token, file)
    for key in sorted(cloud.look().staged - others):
        cloud.ingest.process(key)


def _another(file: tuple[str, bytes]) -> Callable[[Cloud, Token], None]:
    def act(cloud: Cloud, token: Token) -> None:
        _alone(cloud, file, cloud.ports.token())

    return act


def _same_event(cloud: Cloud, token: Token) -> None:
    for key in sorted(cloud.look().staged):
        cloud.ingest.process(key)


def _status(status: Status) -> Callable[[Cloud, Token], None]:
    def act(cloud: Cloud, token: Token) -> None:
        cloud.management.set_status(ADMIN, DEMO, status, None)

    return act


def _revoke(cloud: Cloud, token: Token) -> None:
    cloud.ports.tokens.revoke(token.id)


def _narrow(cloud: Cloud, token: Token) -> None:
    """No door of the index changes scopes; somebody with the table open does."""
    narrow = replace(token, scopes=parse_scopes(["publish:project:other"]))
    access.token_item(narrow).save()


def _cancel(cloud: Cloud, token: Token) -> None:
    for upload in cloud.look().uploads.values():
        if upload.token_id == token.id:
            cloud.ports.uploads.reject(upload.id, Rejected("cancelled"))


def _delete_all(cloud: Cloud, token: Token) -> None:
    with contextlib.suppress(IdlewheelError):
        cloud.management.delete_project(ADMIN, DEMO, datetime.now(UTC))


def _same_event_and_delete(cloud: Cloud, token: Token) -> None:
    _same_event(cloud, token)
    _delete_all(cloud, token)


def _first_file(cloud: Cloud, token: Token) -> None:
    cloud.publish(cloud.ports.token(), wheel("0.1"))


def _old_release(cloud: Cloud, token: Token) -> None:
    """Somebody publishes the first file of the release, and then a month passes at once."""
    _alone(cloud, wheel(build="1"), cloud.ports.token())
    item = ReleaseItem(keys.project(DEMO), keys.release("1.0"))
    long_ago = datetime.now(UTC) - timedelta(days=30)
    item.update([ReleaseItem.created_at.set(long_ago)])


def _stays_out(met: State, end: State) -> Iterator[str]:
    if (DEMO, WHEEL[0]) not in met.files and (DEMO, WHEEL[0]) in end.files:
        yield f"{WHEEL[0]} was published after the door had closed"


def _stays_cancelled(met: State, end: State) -> Iterator[str]:
    for upload in met.uploads.values():
        if upload.state is UploadState.REJECTED and (DEMO, WHEEL[0]) in end.files:
            yield "a cancelled upload was published"


def _stays_deleted(met: State, end: State) -> Iterator[str]:
    for place, file in met.files.items():
        if file.state is FileState.DELETED and end.files[place].state is not FileState.DELETED:
            yield f"{file.filename} was deleted and is back"


def _both(met: State, end: State) -> Iterator[str]:
    if len(end.files) < 2:
        yield "one of two publications is lost"


def _write_status() -> None:
    _write(ProjectItem.status.set(Status.ARCHIVED.value))


def _write_origin() -> None:
    _write(ProjectItem.origin.set("upstream"))


def _take_back() -> None:
    _write(ProjectItem.status.set(Status.ACTIVE.value))
    _write(ProjectItem.origin.set("private"))


def _write(action: Action) -> None:
    """Change the project without a step of its revision, as nothing of ours ever does."""
    ProjectItem(keys.project(DEMO), keys.PROJECT).update([action])


def _write_file() -> None:
    """A file that nobody claimed."""
    file = File(WHEEL[0], "1.0", "wheel", 1, "0" * 64, datetime.now(UTC), "nobody")
    mapping.file_item(DEMO, file).save()


def _unwrite_file() -> None:
    """Take it back, if it is still that one."""
    item = FileItem(keys.project(DEMO), keys.file(WHEEL[0]))
    with contextlib.suppress(DeleteError):
        item.delete(condition=FileItem.sha256 == "0" * 64)


def _never(met: State, end: State) -> Iterator[str]:
    if (DEMO, WHEEL[0]) in end.files:
        yield f"{WHEEL[0]} was published over what stood in its way"


RIVALS: dict[str, Rival] = {
    "the same event again": Rival(_same_event),
    "the same bytes": Rival(_another(WHEEL)),
    "other bytes": Rival(_another(OTHER)),
    "other bytes in another case": Rival(_another(CASE_TWIN)),
    "another file": Rival(_another(wheel("2.0")), _both),
    "another file of the release": Rival(_another(wheel(build="1")), _both),
    "another file of a known project": Rival(_another(wheel("2.0")), _both, _first_file),
    "archived": Rival(_status(Status.ARCHIVED), _stays_out, _first_file),
    "quarantined": Rival(_status(Status.QUARANTINED), _stays_out, _first_file),
    "revoked": Rival(_revoke, _stays_out),
    "scopes narrowed": Rival(_narrow, _stays_out),
    "cancelled": Rival(_cancel, _stays_cancelled),
    "deleted": Rival(_delete_all, _stays_deleted, _first_file),
    "published and deleted": Rival(_same_event_and_delete, _stays_deleted),
    "closed": Rival(_old_release, _stays_out),
    "archived by hand": Rival(lambda c, t: _write_status(), _never, _first_file, _take_back),
    "given away by hand": Rival(lambda c, t: _write_origin(), _never, _first_file, _take_back),
    "written by hand": Rival(lambda c, t: _write_file(), _never, undo=_unwrite_file),
}
