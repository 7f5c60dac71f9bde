"""The authorizer: asked once per identity and time, its policy judged here.

Rules: developer guide, "Use API Gateway Lambda authorizers". What it answered is cached per
identity, never per path; the exception `Unauthorized` is a 401, any other a 500.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import time
from typing import TYPE_CHECKING, Any

from local.events import authorizer_event, method_arn, trace_id
from local.functions import FunctionFailed
from local.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.functions import Invoker
    from local.plan import Authorizer, Plan
    from local.routes import Match
    from local.wire import Request

Identity = tuple[str, ...]


class Authorizers:
    """Who may pass, and as whom."""

    def __init__(
        self, plan: Plan, functions: Invoker, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plan = plan
        self._functions = functions
        self._clock = clock
        self._cache: dict[Identity, tuple[float, asyncio.Task[dict[str, Any]]]] = {}

    async def judge(self, request: Request, match: Match) -> Mapping[str, Any] | None:
        """Give the context for the function, None where the route is open. Raises Refused."""
        if match.route.authorizer is None:
            return None
        authorizer = self._plan.authorizers[match.route.authorizer]
        identity = _identity(authorizer, request)
        answer = await asyncio.shield(self._answer(authorizer, identity, request, match))
        if not _allows(answer.get("policyDocument"), method_arn(request, self._plan)):
            raise Refused("ACCESS_DENIED")
        return _context(answer)

    def _answer(
        self, authorizer: Authorizer, identity: Identity, request: Request, match: Match
    ) -> asyncio.Task[dict[str, Any]]:
        """Give the answer for an identity; several that ask at once share one invocation."""
        now = self._clock()
        expires, cached = self._cache.get(identity, (now, None))
        if cached is not None and now < expires:
            return cached
        self._forget_expired(now)
        task = asyncio.create_task(self._ask(authorizer, request, match))
        self._cache[identity] = (now + authorizer.cached_for, task)
        task.add_done_callback(lambda done: self._keep(identity, done))
        return task

    def _keep(self, identity: Identity, done: asyncio.Task[dict[str, Any]]) -> None:
        """Cache policies only: whoever was not let in is asked about again."""
        if done.cancelled() or done.exception():
            self._cache.pop(identity, None)

    def _forget_expired(self, now: float) -> None:
        for identity in [key for key, (expires, _) in self._cache.items() if expires <= now]:
            del self._cache[identity]

    async def _ask(self, authorizer: Authorizer, request: Request, match: Match) -> dict[str, Any]:
        event = json.dumps(authorizer_event(request, match, self._plan)).encode()
        try:
            answer = json.loads(
                await self._functions.invoke(
                    authorizer.function, event, request.id, trace_id(request)
                )
            )
        except FunctionFailed as failure:
            is_unknown = failure.message == "Unauthorized"
            raise Refused("UNAUTHORIZED" if is_unknown else "AUTHORIZER_FAILURE") from failure
        if not isinstance(answer, dict) or not isinstance(answer.get("principalId"), str):
            raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
        return answer


def _identity(authorizer: Authorizer, request: Request) -> Identity:
    values = [request.header(name) for name in authorizer.headers]
    if not all(values):  # nobody is asked about nothing
        raise Refused("UNAUTHORIZED")
    return (authorizer.name, *(value for value in values if value))


def _context(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Give the context as the function sees it: strings, whatever the authorizer put in."""
    context = answer.get("context") or {}
    if any(isinstance(value, (dict, list)) for value in context.values()):
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
    written = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in context.items()
    }
    return written | {"principalId": answer["principalId"], "integrationLatency": 0}


def _allows(policy: Any, arn: str) -> bool:  # noqa: ANN401 - whatever the function returned
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
    effects = {it.get("Effect") for it in _listed(policy["Statement"]) if _covers(it, arn)}
    return "Allow" in effects and "Deny" not in effects


def _covers(statement: Mapping[str, Any], arn: str) -> bool:
    actions, resources = _listed(statement.get("Action")), _listed(statement.get("Resource"))
    return any(_like("execute-api:Invoke", it) for it in actions) and any(
        _like(arn, it) for it in resources
    )


def _like(text: str, pattern: str) -> bool:
    # IAM knows * and ? only: brackets are themselves.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]
