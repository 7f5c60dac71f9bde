"""Tokens, and whom projects trust, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from idlewheel.domain.audit import OURSELVES, Act
from idlewheel.domain.tokens import Token, TokenState
from idlewheel.errors import (
    Denied,
    NotFound,
)
from tests.fakes.world import World, note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from idlewheel.domain.access import Actor
    from idlewheel.domain.attestations import Trust
    from idlewheel.domain.names import NormalizedName


class FakeTrusts:
    def __init__(self, world: World) -> None:
        self.world = world

    def find(self, name: NormalizedName) -> Trust | None:
        return self.world.trusts.get(name)

    def set(self, name: NormalizedName, trust: Trust | None) -> None:
        self.world.trusts[name] = trust


class FakeTokens:
    def __init__(self, world: World, actor: Actor = OURSELVES) -> None:
        self.world = world
        self.actor = actor

    def by(self, actor: Actor) -> FakeTokens:
        return type(self)(self.world, actor)

    def _note(self, act: Act, token: Token) -> None:
        said = {"kind": token.kind.value, "for_": token.principal}
        scopes = " ".join(str(scope) for scope in token.scopes)
        note(self.world, act, self.actor, None, token.id, **said, scopes=scopes)

    def add(self, token: Token) -> None:
        self._require_active()
        self.world.tokens[token.id] = token
        self._note(Act.TOKEN_ISSUED, token)

    def _require_active(self) -> None:
        own = self.world.tokens.get(self.actor.token_id)
        if self.actor.token_id and (own is None or own.state is not TokenState.ACTIVE):
            raise Denied(f"token {self.actor.token_id} was revoked")

    def get(self, token_id: str) -> Token:
        if token_id not in self.world.tokens:
            raise NotFound(f"there is no token '{token_id}'")
        return self.world.tokens[token_id]

    def revoke(self, token_id: str) -> Token:
        token = self.get(token_id)
        revoked = replace(token, state=TokenState.REVOKED)
        if token != revoked and token_id != self.actor.token_id:
            self._require_active()
        self.world.tokens[token_id] = revoked
        if token != revoked:
            self._note(Act.TOKEN_REVOKED, revoked)
        return revoked

    def all(self) -> Sequence[Token]:
        return sorted(self.world.tokens.values(), key=lambda one: one.created_at, reverse=True)
