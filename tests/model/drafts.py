"""The same life, with drafts in it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from idlewheel.errors import Conflict, IdlewheelError
from tests.model.machine import TOKENS, Life, _sha256, builds, contents, steps, versions
from tests.model.model import ModelDraft
from tests.model.tripwire import Wire, wired
from tests.proof.cloud import DEMO, wheel
from tests.proof.faults import Crash

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proof.cloud import Cloud

tokens = st.sampled_from(TOKENS)
which = st.integers(0, 9)


class DraftLife(Life):
    """Releases that become visible all at once, among all that happens."""

    @rule(version=versions, build=builds, content=contents, token=tokens)
    def send_to_draft(self, version: str, build: str, content: str, token: str) -> None:
        """Somebody sends a file for the draft of its release, which opens with the first."""
        file, holder = wheel(version, content, build), self.tokens[token]
        who = self.cloud.ports.principal(holder)
        draft = self.cloud.drafting.open(DEMO, version, who, datetime.now(UTC))
        known = self.model.drafts.setdefault(draft.id, ModelDraft(version, holder.id))
        expected = self.model.known(file[0], _sha256(file))
        has_other = known.files.get(file[0], _sha256(file)) != _sha256(file)
        before = self.cloud.look().staged
        try:
            self.cloud.announce(holder, draft, file)
        except Conflict:
            assert expected == "taken" or (expected is None and has_other)
            return
        assert expected == "duplicate" or not has_other
        self.events += sorted(self.cloud.look().staged - before)

    @precondition(lambda self: self.model.drafts)
    @rule(which=which, token=tokens, crash=st.none() | steps)
    def publish_draft(self, which: int, token: str, crash: int | None) -> None:
        name, who = self._draft(which), self.cloud.ports.principal(self.tokens[token])
        now = datetime.now(UTC)
        done = self._try(lambda c: c.drafting.publish(name, None, who, now), crash)
        assert done == self.model.publish_draft(name, who.token_id)

    @precondition(lambda self: self.model.drafts)
    @rule(which=which, token=tokens, crash=st.none() | steps)
    def cancel_draft(self, which: int, token: str, crash: int | None) -> None:
        name, who = self._draft(which), self.cloud.ports.principal(self.tokens[token])
        done = self._try(lambda c: c.drafting.cancel(name, who), crash)
        draft = self.model.drafts[name]
        assert done == (draft.state != "published")
        if done:
            draft.state = "cancelled"

    @precondition(lambda self: self.model.drafts)
    @rule(which=which, build=builds, token=tokens, crash=st.none() | steps)
    def remove_from_draft(self, which: int, build: str, token: str, crash: int | None) -> None:
        name, who = self._draft(which), self.cloud.ports.principal(self.tokens[token])
        draft, now = self.model.drafts[name], datetime.now(UTC)
        filename = wheel(draft.version, build=build)[0]
        self._try(lambda c: c.drafting.remove(name, filename, who, now), crash)
        if draft.state == "open":
            draft.files.pop(filename, None)

    def _draft(self, which: int) -> str:
        names = list(self.model.drafts)
        return names[which % len(names)]

    def _try(self, act: Callable[[Cloud], object], crash: int | None) -> bool:
        """Do it, after a try that died where it says; say whether the index has done it."""
        if crash is not None:
            ports = wired(self.cloud.ports, Wire(crash, after=True))
            with contextlib.suppress(Crash, IdlewheelError):
                act(replace(self.cloud, ports=ports))
        try:
            act(self.cloud)
        except IdlewheelError:
            return False
        return True

    @invariant()
    def the_index_is_what_the_model_is(self) -> None:
        super().the_index_is_what_the_model_is()
        drafts = self.model.drafts if hasattr(self, "cloud") else {}
        for name, draft in drafts.items():
            held = {
                one.file.filename: one.file.sha256
                for (of, _), one in self.state.drafted.items()
                if of == name
            }
            assert (self.state.drafts[name].state.value, held) == (draft.state, draft.files)
