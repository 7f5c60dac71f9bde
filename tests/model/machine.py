"""The index and its model live the same random life, and are compared after every step."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from idlewheel.domain.project import Status, page_of
from idlewheel.domain.uploads import UploadState, parse_staged_key
from idlewheel.domain.versions import canonical
from idlewheel.errors import Conflict, NotFound
from tests.model.model import Model
from tests.model.tripwire import Wire, wired
from tests.proof.cloud import ADMIN, DEMO, Cloud, wheel
from tests.proof.faults import Crash
from tests.proof.invariants import broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.tokens import Token
    from idlewheel.domain.uploads import Upload
    from tests.model.model import Verdict
    from tests.proof.state import State

VERSIONS = ["1.0", "2.0"]
TOKENS = ["a", "b"]
REASONS = st.sampled_from([None, "", "broken"])
versions = st.sampled_from(["1.0", *VERSIONS])
builds = st.sampled_from(["", "", "1"])
contents = st.sampled_from(["", "", "", "other"])
steps = st.integers(1, 14)


class Life(RuleBasedStateMachine):
    """Uploads, events, managers, crashes, in any order."""

    make: ClassVar[Callable[[], Cloud]]

    @initialize()
    def begin(self) -> None:
        self.cloud = type(self).make()
        self.cloud.wipe()
        self.model = Model()
        self.tokens: dict[str, Token] = {name: self.cloud.ports.token() for name in TOKENS}
        self.events: list[str] = []
        """Sent and not delivered."""
        self.delivered: list[str] = []
        self.state: State = self.cloud.look()

    # --- uploads ---------------------------------------------------------------------------------

    @rule(
        version=versions,
        build=builds,
        content=contents,
        token=st.sampled_from(TOKENS),
        minutes=st.sampled_from([0, 20]),
        lost=st.booleans(),
    )
    def send(  # noqa: PLR0917 - a rule's arguments are drawn by name
        self, version: str, build: str, content: str, token: str, minutes: int, lost: bool
    ) -> None:
        """Somebody sends a file, perhaps again; perhaps the event is lost."""
        file = wheel(version, content, build)
        expected = self.model.known(file[0], _sha256(file))
        before = self.cloud.look().staged
        arrived = datetime.now(UTC) - timedelta(minutes=minutes)
        try:
            upload = self.cloud.send(self.tokens[token], file, arrived)
        except Conflict:
            assert expected == "taken"
            return
        assert (upload is None) == (expected == "duplicate")
        if not lost:
            self.events += sorted(self.cloud.look().staged - before)

    @precondition(lambda self: self.events)
    @rule(which=st.integers(0, 9), crash=st.none() | steps, after=st.booleans())
    def deliver(self, which: int, crash: int | None, after: bool) -> None:
        """An event arrives, not always the first; its worker may die, and then it comes again."""
        key = self.events.pop(which % len(self.events))
        self.delivered.append(key)
        self._process(key, crash, after)

    @precondition(lambda self: self.delivered)
    @rule(which=st.integers(0, 99))
    def deliver_again(self, which: int) -> None:
        """SQS delivers an event twice, however long ago it was."""
        self.cloud.ingest.process(self.delivered[which % len(self.delivered)])

    @rule(crash=st.none() | steps)
    def sweep(self, crash: int | None) -> None:
        """Whatever waits without an event is found."""
        for key in sorted(self.cloud.look().staged):
            self._process(key, crash, after=True)
            self.events = [one for one in self.events if one != key]

    def _process(self, key: str, crash: int | None, after: bool) -> None:
        staged = parse_staged_key(key)
        assert staged is not None
        upload = self.cloud.ports.uploads.get(staged.upload_id)
        (name,) = (name for name, one in self.tokens.items() if one.id == upload.token_id)
        expected = self.model.judge(upload.filename, upload.sha256, name)
        ended = upload.state.terminal
        if crash is not None:
            ports = wired(self.cloud.ports, Wire(crash, after))
            with contextlib.suppress(Crash):
                replace(self.cloud, ports=ports).ingest.process(key)
        self.cloud.ingest.process(key)
        if not ended:
            self._judged(upload, expected)

    def _judged(self, upload: Upload, expected: Verdict) -> None:
        state = self.cloud.ports.uploads.get(upload.id).state
        if expected == "published" and upload.draft_id:
            fits = self.model.stage(upload.draft_id, upload.filename, upload.sha256)
            assert state is (UploadState.STAGED if fits else UploadState.REJECTED)
            return
        is_fine = expected in {"published", "duplicate"}
        assert state is (UploadState.PUBLISHED if is_fine else UploadState.REJECTED)
        if expected == "published":
            self.model.publish(upload.filename, upload.sha256, upload.version)

    # --- managers --------------------------------------------------------------------------------

    def _manage(self, act: Callable[[Cloud], object], crash: int | None) -> bool:
        """Do it, after a try that died where it says; say whether there was such a thing."""
        try:
            if crash is not None:
                with contextlib.suppress(Crash):
                    act(replace(self.cloud, ports=wired(self.cloud.ports, Wire(crash, after=True))))
            act(self.cloud)
        except NotFound:
            return False
        return True

    @rule(version=versions, build=builds, reason=REASONS, crash=st.none() | steps)
    def yank_file(self, version: str, build: str, reason: str | None, crash: int | None) -> None:
        name = wheel(version, build=build)[0]
        done = self._manage(lambda c: c.management.yank_file(ADMIN, DEMO, name, reason), crash)
        assert done == (name in self.model.files)
        if done:
            self.model.files[name].yanked = reason

    @rule(version=versions, reason=REASONS, crash=st.none() | steps)
    def yank_release(self, version: str, reason: str | None, crash: int | None) -> None:
        done = self._manage(
            lambda c: c.management.yank_release(ADMIN, DEMO, version, reason), crash
        )
        assert done == (version in self.model.releases)
        if done:
            self.model.releases[version].yanked = reason

    @rule(version=versions, build=builds, crash=st.none() | steps)
    def delete_file(self, version: str, build: str, crash: int | None) -> None:
        name, now = wheel(version, build=build)[0], datetime.now(UTC)
        if self._manage(lambda c: c.management.delete_file(ADMIN, DEMO, name, now), crash):
            self.model.delete(name)

    @rule(version=versions, crash=st.none() | steps)
    def delete_release(self, version: str, crash: int | None) -> None:
        now = datetime.now(UTC)
        if self._manage(lambda c: c.management.delete_release(ADMIN, DEMO, version, now), crash):
            self.model.delete(*self.model.of(version))
            self.model.releases[version].deleted = True

    @rule(version=versions, build=builds, crash=st.none() | steps)
    def restore_file(self, version: str, build: str, crash: int | None) -> None:
        name, now = wheel(version, build=build)[0], datetime.now(UTC)
        if self._manage(lambda c: c.management.restore_file(ADMIN, DEMO, name, now), crash):
            self.model.restore(name)

    @rule(version=versions, crash=st.none() | steps)
    def restore_release(self, version: str, crash: int | None) -> None:
        now = datetime.now(UTC)
        if self._manage(lambda c: c.management.restore_release(ADMIN, DEMO, version, now), crash):
            self.model.restore(*self.model.of(version))
            self.model.releases[version].deleted = False

    @rule(status=st.sampled_from(list(Status)), crash=st.none() | steps)
    def mark(self, status: Status, crash: int | None) -> None:
        if self._manage(lambda c: c.management.set_status(ADMIN, DEMO, status, None), crash):
            self.model.status = status.value

    @rule(token=st.sampled_from(TOKENS))
    def revoke(self, token: str) -> None:
        self.cloud.ports.tokens.revoke(self.tokens[token].id)
        self.model.revoked.add(token)
        self.model.revoked_ids.add(self.tokens[token].id)

    @rule(token=st.sampled_from(TOKENS))
    def issue(self, token: str) -> None:
        """A new token for whoever lost one; uploads on their way keep the old one."""
        if token in self.model.revoked and not self.cloud.look().staged:
            self.tokens[token] = self.cloud.ports.token()
            self.model.revoked.discard(token)

    # --- and after every step --------------------------------------------------------------------

    @invariant()
    def the_index_is_what_the_model_is(self) -> None:
        if not hasattr(self, "cloud"):
            return
        before, self.state = self.state, self.cloud.look()
        assert broken(self.state, before) == []
        assert _listed(self.state) == self.model.listed()
        assert _versions(self.state) == {canonical(one) for one in self.model.versions()}
        kept = {name for (_, name), file in self.state.files.items() if file.state == "deleted"}
        assert kept == {name for name, file in self.model.files.items() if file.deleted}

    def teardown(self) -> None:
        """Whatever was lost is swept up in the end."""
        if not hasattr(self, "cloud"):
            return
        self.sweep(crash=None)
        self.the_index_is_what_the_model_is()
        assert not self.state.staged
        assert all(upload.state.terminal for upload in self.state.uploads.values())


def _sha256(file: tuple[str, bytes]) -> str:
    return hashlib.sha256(file[1]).hexdigest()


def _page(state: State) -> tuple[dict[str, tuple[str, str | None]], set[str]]:
    if DEMO not in state.projects:
        return {}, set()
    releases = tuple(state.releases[place] for place in sorted(state.releases))
    files = tuple(state.files[place] for place in sorted(state.files))
    page = page_of(state.projects[DEMO], releases, files)
    listed = {file.filename: (file.sha256, file.yanked) for file in page.files}
    return listed, {canonical(release.version) for release in page.releases}


def _listed(state: State) -> dict[str, tuple[str, str | None]]:
    return _page(state)[0]


def _versions(state: State) -> set[str]:
    return _page(state)[1]
