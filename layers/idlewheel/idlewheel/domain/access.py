"""May this principal do this to that project?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from idlewheel.domain.names import is_valid, normalize
from idlewheel.errors import Denied, Problem, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from idlewheel.domain.names import NormalizedName


class Action(StrEnum):
    """What a scope may allow."""

    READ = "read"
    PUBLISH = "publish"
    YANK = "yank"
    ADMIN = "admin"
    """Everything: whoever administers a project may also do the rest to it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One action on the projects that a resource names: ``*``, ``prefix:acme-*``, ``project:x``."""

    action: Action
    resource: str

    def __str__(self) -> str:
        return f"{self.action}:{self.resource}"

    def covers(self, project: NormalizedName | None) -> bool:
        """Say whether *project* is among the resources; None stands for the whole index."""
        kind, _, pattern = self.resource.partition(":")
        if kind == "*":
            return True
        if project is None:
            return False
        if kind == "project":
            return project == pattern
        return f"{project}-".startswith(pattern.removesuffix("*"))


def parse_scope(text: str) -> Scope:
    """Read a scope such as ``publish:project:demo``.

    A prefix ends at a hyphen, so that ``prefix:acme-*`` covers ``acme`` and ``acme-x`` but not
    ``acmex`` (the boundary rule of PEP 752).

    Raises:
        Rejected: the text is not a scope.

    """
    action, _, resource = text.partition(":")
    kind, _, pattern = resource.partition(":")
    if action not in set(Action) or not (resource == "*" or _is_resource(kind, pattern)):
        raise Rejected(
            (
                Problem(
                    "invalid-scope",
                    f"{_quoted(text)} is not a scope: write action:resource, the action one of "
                    f"{', '.join(Action)}, the resource '*', 'prefix:NAME-*' or 'project:NAME'",
                ),
            )
        )
    return Scope(Action(action), _spelled(kind, pattern))


def _quoted(text: str) -> str:
    """Quote what somebody sent, of whatever length, in a message that is sent back."""
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


_QUOTED = 100


def _is_resource(kind: str, pattern: str) -> bool:
    if kind == "prefix":
        return pattern.endswith("-*") and is_valid(pattern.removesuffix("-*"))
    return kind == "project" and is_valid(pattern)


def _spelled(kind: str, pattern: str) -> str:
    if kind == "*":
        return "*"
    if kind == "prefix":
        return f"prefix:{normalize(pattern.removesuffix('-*'))}-*"
    return f"project:{normalize(pattern)}"


def parse_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Read several scopes, in a stable order and each once.

    Raises:
        Rejected: with a problem for each text that is not a scope.

    """
    scopes: set[Scope] = set()
    problems: list[Problem] = []
    for text in texts:
        try:
            scopes.add(parse_scope(text))
        except Rejected as error:
            problems.extend(error.problems)
    if problems:
        raise Rejected(tuple(problems))
    return tuple(sorted(scopes, key=str))


class Actor(NamedTuple):
    """Who acts, and by which token."""

    principal: str
    token_id: str


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a token's holder, and what the token lets them do until it expires."""

    name: str
    token_id: str
    scopes: tuple[Scope, ...]
    expires_at: datetime

    @property
    def actor(self) -> Actor:
        """Who acts when this principal does, as the audit has it."""
        return Actor(self.name, self.token_id)

    def may(self, action: Action, project: NormalizedName | None = None) -> bool:
        """Say whether *action* is allowed on *project*, or on the whole index."""
        sufficient = {action, Action.ADMIN}
        return any(scope.action in sufficient and scope.covers(project) for scope in self.scopes)

    def require(self, action: Action, project: NormalizedName | None = None) -> None:
        """Go on only if :meth:`may` says so.

        Raises:
            Denied: naming the token, the action and the scope that would be needed.

        """
        if self.may(action, project):
            return
        needed = Scope(action, f"project:{project}" if project else "*")
        what = f"project '{project}'" if project else "the whole index"
        raise Denied(
            f"token {self.token_id} of '{self.name}' may not {action} on {what}: "
            f"it needs the scope {needed}, or a wider one"
        )
