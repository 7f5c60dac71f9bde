"""Drafts, and many at once."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.drafts import LARGEST, DraftState
from idlewheel.domain.uploads import UploadState
from idlewheel.errors import Gone, TooLate, Unavailable
from tests.concurrency.test_races import at_once, states
from tests.proof.cloud import DEMO, wheel
from tests.proof.invariants import broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.drafts import Draft
    from tests.proof.cloud import Cloud

pytestmark = pytest.mark.timeout(280)
PUBLISHERS = 8


def announced(cloud: Cloud, count: int) -> tuple[Draft, list[str]]:
    """Announce files for a draft, which wait for ingest; answer their keys."""
    token = cloud.ports.token()
    draft = cloud.draft(token)
    for number in range(count):
        cloud.announce(token, draft, wheel(build=str(number)))
    return draft, sorted(cloud.look().staged)


def together(*acts: Callable[[], object]) -> list[object]:
    """Do all at the same time; answer what came of each, errors that may be included."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except (TooLate, Gone, Unavailable) as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def publishing(cloud: Cloud, draft: Draft) -> Callable[[], object]:
    who = cloud.ports.principal(cloud.ports.token())
    return lambda: cloud.drafting.publish(draft.id, None, who, draft.opened_at)


def test_a_full_draft_is_staged_at_once_and_visible_at_one_revision(cloud: Cloud) -> None:
    draft, keys = announced(cloud, LARGEST)

    at_once(cloud, keys)
    publishing(cloud, draft)()

    end = cloud.look()
    assert states(cloud) == {UploadState.STAGED: LARGEST}
    assert end.projects[DEMO].revision == 1
    assert len(end.files) == LARGEST
    assert broken(end, settled=True) == []


def test_several_publishers_publish_once(cloud: Cloud) -> None:
    draft, _ = announced(cloud, 4)
    cloud.deliver()

    together(*(publishing(cloud, draft) for _ in range(PUBLISHERS)))

    end = cloud.look()
    assert end.projects[DEMO].revision == 1
    assert len(end.files) == 4
    assert broken(end, settled=True) == []


def test_published_or_cancelled_but_never_both(cloud: Cloud) -> None:
    draft, _ = announced(cloud, 4)
    cloud.deliver()
    who = cloud.ports.principal(cloud.ports.token())

    together(publishing(cloud, draft), lambda: cloud.drafting.cancel(draft.id, who))

    end = cloud.look()
    published = end.drafts[draft.id].state is DraftState.PUBLISHED
    assert len(end.files) == (4 if published else 0)
    assert broken(end, settled=True) == []


def test_what_is_staged_while_the_draft_is_published_is_in_it_or_refused(cloud: Cloud) -> None:
    draft, keys = announced(cloud, 8)
    cloud.ingest.process(keys[0])

    def process(key: str) -> Callable[[], object]:
        return lambda: cloud.ingest.process(key)

    together(publishing(cloud, draft), *(process(key) for key in keys[1:]))

    with contextlib.suppress(Unavailable):
        cloud.deliver()
    end = cloud.look()
    assert len(end.files) == states(cloud)[UploadState.STAGED] >= 1
    assert broken(end, settled=True) == []
