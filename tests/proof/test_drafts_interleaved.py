"""A draft is published, or a file goes into it, and somebody else's turn comes in between."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.drafts import DraftState
from idlewheel.errors import IdlewheelError
from idlewheel.storage import keys
from idlewheel.storage.draft_items import DraftItem
from idlewheel.storage.draft_publication import DynamoDraftPublisher
from idlewheel.storage.transactions import Writes
from tests.proof.cloud import wheel
from tests.proof.effort import EVERYTHING
from tests.proof.interleaving import calls_of, first_violation, violations
from tests.proof.rivals import RIVALS, Rival
from tests.proof.scenarios import BUILDS, WHEEL
from tests.proof.weakening import noted, weakened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from idlewheel.domain.drafts import Draft
    from idlewheel.domain.tokens import Token
    from tests.proof.cloud import Cloud
    from tests.proof.state import State

COMMIT = "dynamodb:TransactWriteItems"


def whole_draft(cloud: Cloud, token: Token) -> Callable[[], object]:
    """Fill a draft; answer what publishes it."""
    draft = cloud.draft(token, *BUILDS)
    who = cloud.ports.principal(token)
    return lambda: cloud.drafting.publish(draft.id, None, who, draft.opened_at)


def one_more_file(cloud: Cloud, token: Token) -> Callable[[], object]:
    """Announce a file for a draft that has one; answer what stages it."""
    draft = cloud.draft(token, BUILDS[1])
    cloud.announce(token, draft, WHEEL)
    (key,) = cloud.look().staged
    return lambda: cloud.ingest.process(key)


def _draft(cloud: Cloud) -> Draft:
    (draft,) = cloud.look().drafts.values()
    return draft


def _cancel(cloud: Cloud, token: Token) -> None:
    cloud.drafting.cancel(_draft(cloud).id, cloud.ports.principal(token))


def _remove(cloud: Cloud, token: Token) -> None:
    draft, who = _draft(cloud), cloud.ports.principal(token)
    with contextlib.suppress(IdlewheelError):
        cloud.drafting.remove(draft.id, BUILDS[1][0], who, draft.opened_at)


def _publish(cloud: Cloud, token: Token) -> None:
    draft = _draft(cloud)
    cloud.drafting.publish(draft.id, None, cloud.ports.principal(token), draft.opened_at)


def _add(cloud: Cloud, token: Token) -> None:
    waiting = cloud.look().staged
    cloud.announce(token, _draft(cloud), wheel(build="2"))
    for key in sorted(cloud.look().staged - waiting):
        cloud.ingest.process(key)


def _cancel_by_hand(cloud: Cloud, token: Token) -> None:
    item = DraftItem(keys.draft(_draft(cloud).id), keys.DRAFT)
    item.update([DraftItem.state.set(DraftState.CANCELLED.value)])


def _stays_away(met: State, end: State) -> Iterator[str]:
    """What was out of the draft is not published by it; what was in it is, with all others."""
    drafts = {draft.state for draft in met.drafts.values()}
    if drafts == {DraftState.CANCELLED} and end.files:
        yield "a cancelled draft was published"
    held = {filename for _, filename in met.drafted}
    for _, filename in end.files.keys() - met.files.keys():
        if filename not in held:
            yield f"{filename} was published and was not in the draft"


def _nothing(met: State, end: State) -> Iterator[str]:
    if end.files:
        yield "a draft was published that was cancelled"


def _all_or_none(met: State, end: State) -> Iterator[str]:
    names = {filename for filename, _ in BUILDS}
    there = {filename for _, filename in end.files} & names
    if there not in (set(), names) and WHEEL[0] not in {name for _, name in met.files}:
        yield f"of a draft only {there} are visible"


OF_DRAFTS: dict[str, Rival] = {
    "the draft is cancelled": Rival(_cancel, _stays_away),
    "a file is taken out": Rival(_remove, _stays_away),
    "another file goes in": Rival(_add, _stays_away),
    "the draft is published": Rival(_publish, _all_or_none),
    "cancelled by hand": Rival(_cancel_by_hand, _nothing, undo=lambda: None),
}
NOT_OF_DRAFTS = {"the same event again", "cancelled", "published and deleted"}
"""Rivals of an upload that is on its way."""

ALL = OF_DRAFTS | {name: one for name, one in RIVALS.items() if name not in NOT_OF_DRAFTS}
OF_STAGING = {
    name: ALL[name]
    for name in ("the draft is cancelled", "a file is taken out", "another file goes in")
} | {name: RIVALS[name] for name in ("the same event again", "the same bytes", "revoked")}


@pytest.mark.parametrize("name", ALL)
def test_a_draft_is_published_right_whoever_comes_between(cloud: Cloud, name: str) -> None:
    rival = ALL[name]
    calls = calls_of(cloud, rival, whole_draft)
    last = calls.index(COMMIT) + 1 if rival.undo else len(calls)
    turns = [(at, call) for at, call in enumerate(calls[:last], 1) if EVERYTHING or call == COMMIT]

    found = {
        f"before call {at}, {call}": problems
        for at, call in turns
        if (problems := list(violations(cloud, rival, at, whole_draft)))
    }

    print(f"interleavings of a draft: {name}: {len(turns)} cases")
    assert found == {}


@pytest.mark.parametrize("name", OF_STAGING)
def test_a_file_is_staged_right_whoever_comes_between(cloud: Cloud, name: str) -> None:
    calls = calls_of(cloud, OF_STAGING[name], one_more_file)
    turns = [(at, call) for at, call in enumerate(calls, 1) if EVERYTHING or call == COMMIT]

    found = {
        f"before call {at}, {call}": problems
        for at, call in turns
        if (problems := list(violations(cloud, OF_STAGING[name], at, one_more_file)))
    }

    assert found == {}


CONDITIONS = {
    "draft, its state": ("state", "cancelled by hand"),
    "draft, its revision": ("revision", "a file is taken out"),
    "claim": ("pk", "other bytes in another case"),
    "file": ("pk", "written by hand"),
    "release": ("created_at", "closed"),
    "project, new": ("pk", "another file"),
    "project, its revision": ("revision", "another file of a known project"),
    "project, its status": ("status", "archived by hand"),
    "project, its origin": ("origin", "given away by hand"),
    "token, its state": ("state", "revoked"),
    "token, its scopes": ("scopes", "scopes narrowed"),
}
"""Of each condition of the transaction: what it is about, and the rival that it is there for."""


def test_every_condition_of_a_drafts_publication_is_among_those_that_are_dropped(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {(name.partition(",")[0], about) for name, (about, _) in CONDITIONS.items()}
    with monkeypatch.context() as patch:
        seen = noted(patch, "idlewheel.storage.draft_publication")
        for rival in ("another file of a known project", "another file"):
            calls_of(cloud, RIVALS[rival], whole_draft)

    assert listed <= seen
    assert seen - listed <= {("release", "pk")}


@pytest.mark.parametrize("name", CONDITIONS)
def test_without_one_condition_the_proof_of_drafts_fails(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    attribute, rival = CONDITIONS[name]
    calls = calls_of(cloud, ALL[rival], whole_draft)
    commit = calls.index(COMMIT) + 1

    with monkeypatch.context() as patch:
        mutant = weakened(name.partition(",")[0], attribute)
        patch.setattr("idlewheel.storage.draft_publication.Writes", mutant)
        at, found = first_violation(cloud, ALL[rival], commit, whole_draft)

    print(f"without the condition on {name}: before call {at}, {calls[at - 1]}: {found}")
    assert found != []
    assert list(violations(cloud, ALL[rival], at, whole_draft)) == []


def test_the_publisher_makes_its_transactions_where_they_are_weakened() -> None:
    assert DynamoDraftPublisher._writes.__globals__["Writes"] is Writes
