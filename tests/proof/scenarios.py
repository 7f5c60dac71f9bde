"""What people do to an index: each scenario prepares one, acts, and knows the right end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from idlewheel.domain.drafts import DraftState
from idlewheel.domain.project import FileState, Status
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import NotFound, Refusal, Rejected
from tests.proof.cloud import ADMIN, DEMO, Cloud, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.tokens import Token
    from tests.proof.state import State

WHEEL = wheel()
OTHER = wheel(description="other bytes")
BROKEN = (WHEEL[0], b"not a zip")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One act, which whoever gets no answer to it repeats."""

    prepare: Callable[[Cloud, Token], None]
    act: Callable[[Cloud, Token], None]
    """What the client asks for; asked again after a failure, it ends the same."""
    expect: Callable[[State], bool]
    redeliver: Callable[[Cloud, Token], None] = lambda cloud, _: void(cloud.deliver())


def _nothing(cloud: Cloud, token: Token) -> None:
    pass


def _published(cloud: Cloud, token: Token) -> None:
    cloud.publish(token, WHEEL)


def _published_two(cloud: Cloud, token: Token) -> None:
    cloud.publish(token, WHEEL)
    cloud.publish(token, wheel("2.0"))


def _published_by_another(cloud: Cloud, token: Token) -> None:
    cloud.publish(cloud.ports.token(), WHEEL)


def _conflict_ahead(cloud: Cloud, token: Token) -> None:
    """The other bytes are published between the two steps of the upload."""
    cloud.send(token, WHEEL)
    key = next(iter(cloud.look().staged))
    cloud.send(cloud.ports.token(), OTHER)
    (rival,) = cloud.look().staged - {key}
    cloud.ingest.process(rival)


def _crashed_before(cloud: Cloud, token: Token) -> None:
    """A first try copied the bytes and died."""
    upload = cloud.send(token, WHEEL)
    assert upload is not None
    cloud.ports.files.adopt(upload.staged_key, f"files/demo/{upload.sha256}/{WHEEL[0]}")


def _deleted(cloud: Cloud, token: Token) -> None:
    _published_two(cloud, token)
    cloud.management.delete_file(ADMIN, DEMO, WHEEL[0], datetime.now(UTC))


def _quarantined(cloud: Cloud, token: Token) -> None:
    _deleted(cloud, token)
    cloud.management.set_status(ADMIN, DEMO, Status.QUARANTINED, "?")


def _revoked_on_its_way(cloud: Cloud, token: Token) -> None:
    cloud.send(token, WHEEL)
    cloud.ports.tokens.revoke(token.id)


def upload(file: tuple[str, bytes] = WHEEL) -> Callable[[Cloud, Token], None]:
    def act(cloud: Cloud, token: Token) -> None:
        with contextlib.suppress(Refusal):
            cloud.send(token, file)
        cloud.deliver()

    return act


def _deliver(cloud: Cloud, token: Token) -> None:
    cloud.deliver()


def _give_up(cloud: Cloud, token: Token) -> None:
    for key in sorted(cloud.look().staged):
        cloud.ingest.abandon(key)


def _cancel(cloud: Cloud, token: Token) -> None:
    for one in cloud.look().uploads.values():
        cloud.ports.uploads.reject(one.id, Rejected("cancelled"))
    cloud.deliver()


BUILDS = (WHEEL, wheel(build="1"))


def _drafted(cloud: Cloud, token: Token) -> None:
    cloud.draft(token, *BUILDS)


def _one_by_itself(cloud: Cloud, token: Token) -> None:
    _drafted(cloud, token)
    cloud.publish(cloud.ports.token(), WHEEL)


def _publish_draft(cloud: Cloud, token: Token) -> None:
    for draft in cloud.look().drafts.values():
        cloud.drafting.publish(draft.id, None, cloud.ports.principal(token), draft.opened_at)


def _cancel_draft(cloud: Cloud, token: Token) -> None:
    for draft in cloud.look().drafts.values():
        cloud.drafting.cancel(draft.id, cloud.ports.principal(token))


def _remove_from_draft(cloud: Cloud, token: Token) -> None:
    for draft in cloud.look().drafts.values():
        who = cloud.ports.principal(token)
        with contextlib.suppress(NotFound):
            cloud.drafting.remove(draft.id, WHEEL[0], who, draft.opened_at)


def _is_visible_together(state: State) -> bool:
    return len(state.files) == len(BUILDS) and {draft.state for draft in state.drafts.values()} == {
        DraftState.PUBLISHED
    }


def _is_taken_back(state: State) -> bool:
    return not state.files and {draft.state for draft in state.drafts.values()} == {
        DraftState.CANCELLED
    }


def _state_of(state: State) -> set[str]:
    return {one.state.value for one in state.uploads.values()}


def _file(state: State, filename: str = WHEEL[0]) -> tuple[FileState, str | None] | None:
    file = state.files.get((DEMO, filename))
    return None if file is None else (file.state, file.yanked)


IS_LISTED = (FileState.ACTIVE, None)


def _is_published(state: State) -> bool:
    return _file(state) == IS_LISTED and UploadState.PUBLISHED.value in _state_of(state)


def _holds_first_bytes(state: State) -> bool:
    (upload,) = (one for one in state.uploads.values() if one.state is UploadState.PUBLISHED)
    return state.claims[WHEEL[0]].upload_id == upload.id


def _is_rejected(state: State) -> bool:
    return not state.files and not state.projects and _state_of(state) == {"rejected"}


def _is_ended(state: State) -> bool:
    return _is_rejected(state) or _is_published(state)


SCENARIOS: dict[str, Scenario] = {
    "publish": Scenario(_nothing, upload(), _is_published),
    "publish a second file": Scenario(
        _published, upload(wheel("2.0")), lambda s: len(s.files) == 2 and _is_published(s)
    ),
    "publish a second file of a release": Scenario(
        _published, upload(wheel(build="1")), lambda s: len(s.files) == 2 and len(s.releases) == 1
    ),
    "publish the same again": Scenario(_published_by_another, upload(), _is_published),
    "publish other bytes": Scenario(_published, upload(OTHER), _holds_first_bytes),
    "publish other bytes at the same time": Scenario(_conflict_ahead, _deliver, _holds_first_bytes),
    "publish after a crash": Scenario(_crashed_before, upload(), _is_published),
    "publish a broken archive": Scenario(_nothing, upload(BROKEN), _is_rejected),
    "revoke the token on the way": Scenario(_revoked_on_its_way, _deliver, _is_rejected),
    "give up": Scenario(lambda c, t: void(c.send(t, WHEEL)), _give_up, _is_rejected, _give_up),
    "cancel": Scenario(lambda c, t: void(c.send(t, WHEEL)), _cancel, _is_ended),
    "stage in a draft": Scenario(_nothing, _drafted, lambda s: len(s.drafted) == len(BUILDS)),
    "publish a draft": Scenario(_drafted, _publish_draft, _is_visible_together),
    "publish a draft of which one file is published": Scenario(
        _one_by_itself, _publish_draft, _is_visible_together
    ),
    "cancel a draft": Scenario(_drafted, _cancel_draft, _is_taken_back),
    "take a file out of a draft": Scenario(
        _drafted, _remove_from_draft, lambda s: not s.files and len(s.drafted) == 1
    ),
    "yank a file": Scenario(
        _published_two,
        lambda c, t: c.management.yank_file(ADMIN, DEMO, WHEEL[0], "bad"),
        lambda s: _file(s) == (FileState.ACTIVE, "bad"),
    ),
    "yank a release": Scenario(
        _published_two,
        lambda c, t: c.management.yank_release(ADMIN, DEMO, "1.0", "bad"),
        lambda s: s.releases[DEMO, "1"].yanked == "bad",
    ),
    "delete a file": Scenario(
        _published_two,
        lambda c, t: c.management.delete_file(ADMIN, DEMO, WHEEL[0], datetime.now(UTC)),
        lambda s: s.files[DEMO, WHEEL[0]].state is FileState.DELETED,
    ),
    "delete a release": Scenario(
        _published_two,
        lambda c, t: c.management.delete_release(ADMIN, DEMO, "1.0", datetime.now(UTC)),
        lambda s: s.releases[DEMO, "1"].deleted,
    ),
    "delete a project": Scenario(
        _published_two,
        lambda c, t: c.management.delete_project(ADMIN, DEMO, datetime.now(UTC)),
        lambda s: {file.state for file in s.files.values()} == {FileState.DELETED},
    ),
    "restore a file": Scenario(
        _deleted,
        lambda c, t: c.management.restore_file(ADMIN, DEMO, WHEEL[0], datetime.now(UTC)),
        lambda s: _file(s) == IS_LISTED,
    ),
    "restore a project": Scenario(
        _deleted,
        lambda c, t: c.management.restore_project(ADMIN, DEMO, datetime.now(UTC)),
        lambda s: _file(s) == IS_LISTED,
    ),
    "quarantine": Scenario(
        _deleted,
        lambda c, t: void(c.management.set_status(ADMIN, DEMO, Status.QUARANTINED, "?")),
        lambda s: not s.listings,
    ),
    "end a quarantine": Scenario(
        _quarantined,
        lambda c, t: void(c.management.set_status(ADMIN, DEMO, Status.ACTIVE, None)),
        lambda s: set(s.listings) == {DEMO} and _file(s) != IS_LISTED,
    ),
    "revoke a token": Scenario(
        _nothing,
        lambda c, t: void(c.ports.tokens.revoke(t.id)),
        lambda s: {token.state.value for token in s.tokens.values()} == {"revoked"},
    ),
    "issue a token": Scenario(
        _nothing, lambda c, t: void(c.ports.token()), lambda s: len(s.tokens) >= 2
    ),
}


def void(_: object) -> None:
    """Let an expression stand where nothing is answered."""
