from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from local.authorizer import Authorizers
from local.functions import FunctionFailed
from local.plan import Authorizer, Plan, Route
from local.refusals import Refused
from local.routes import Match
from local.wire import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUTE = Match(Route("GET", "/simple", "F", "Token"), {})
ARN = "arn:aws:execute-api:us-east-1:000000000000:local/prod/GET/simple"


def policy(effect: str = "Allow", resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {"principalId": "ci", "policyDocument": {"Statement": [statement]}, **more}


class Lambda:
    """Answers every invocation alike, and counts them."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    async def invoke(
        self, name: str, event: bytes, request_id: str = "", trace_id: str = ""
    ) -> bytes:
        self.asked.append(json.loads(event))
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return json.dumps(self.answer).encode()


class World:
    def __init__(self, answer: Any, cached_for: float = 60.0) -> None:
        self.now = 0.0
        self.function = Lambda(answer)
        token = Authorizer("Token", "Auth", ("Authorization",), cached_for)
        plan = Plan("prod", {}, (), {"Token": token}, {}, ())
        self.authorizers = Authorizers(plan, self.function, clock=lambda: self.now)

    async def ask(self, credentials: str = "a", path: str = "/simple") -> Mapping[str, Any] | None:
        headers = [("authorization", credentials)] if credentials else []
        return await self.authorizers.judge(Request("GET", path, headers=headers), ROUTE)


def refusal(world: World, credentials: str = "a") -> str:
    with pytest.raises(Refused) as refused:
        asyncio.run(world.ask(credentials))
    return refused.value.kind


def test_without_credentials_nobody_is_asked() -> None:
    world = World(policy())

    assert refusal(world, credentials="") == "UNAUTHORIZED"
    assert world.function.asked == []


def test_the_context_arrives_as_strings() -> None:
    world = World(policy(context={"scopes": "read:*", "n": 1, "yes": True}))

    context = asyncio.run(world.ask())

    assert context == {
        "scopes": "read:*",
        "n": "1",
        "yes": "true",
        "principalId": "ci",
        "integrationLatency": 0,
    }


def test_an_open_route_asks_nobody() -> None:
    world = World(policy())
    route = Match(Route("GET", "/open", "F"), {})

    assert asyncio.run(world.authorizers.judge(Request("GET", "/open"), route)) is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (FunctionFailed("Exception", "Unauthorized"), "UNAUTHORIZED"),
        (FunctionFailed("Exception", "unauthorized"), "AUTHORIZER_FAILURE"),
        (FunctionFailed("Sandbox.Timedout", "…"), "AUTHORIZER_FAILURE"),
        (policy("Deny"), "ACCESS_DENIED"),
        (policy(resource=ARN + "/other"), "ACCESS_DENIED"),
        ({"principalId": "ci"}, "AUTHORIZER_CONFIGURATION_ERROR"),
        ({"policyDocument": {"Statement": []}}, "AUTHORIZER_CONFIGURATION_ERROR"),
        (policy(context={"list": [1]}), "AUTHORIZER_CONFIGURATION_ERROR"),
        (None, "AUTHORIZER_CONFIGURATION_ERROR"),
    ],
)
def test_a_refusal_has_its_reason(answer: Any, kind: str) -> None:
    assert refusal(World(answer)) == kind


@pytest.mark.parametrize("resource", ["*", ARN, ARN[:-3] + "*", [ARN, "x"], ARN[:-1] + "?"])
def test_a_policy_may_have_wildcards(resource: Any) -> None:
    assert asyncio.run(World(policy(resource=resource)).ask()) is not None


def test_a_deny_wins() -> None:
    answer = policy()
    answer["policyDocument"]["Statement"] += policy("Deny", ARN)["policyDocument"]["Statement"]

    assert refusal(World(answer)) == "ACCESS_DENIED"


def test_an_identity_is_asked_about_once_within_its_time() -> None:
    async def story() -> list[int]:
        world = World(policy(), cached_for=60)
        counts = []
        for now, credentials in [(0, "a"), (59.9, "a"), (59.9, "b"), (60, "a"), (60, "b")]:
            world.now = now
            await world.ask(credentials)
            counts.append(len(world.function.asked))
        return counts

    assert asyncio.run(story()) == [1, 1, 2, 3, 3]


def test_the_answer_is_kept_per_identity_and_judged_per_path() -> None:
    async def story() -> tuple[int, str]:
        world = World(policy(resource=ARN))
        await world.ask(path="/simple")
        with pytest.raises(Refused) as refused:
            await world.ask(path="/other")
        return len(world.function.asked), refused.value.kind

    assert asyncio.run(story()) == (1, "ACCESS_DENIED")


def test_a_refusal_is_not_kept() -> None:
    async def story() -> int:
        world = World(FunctionFailed("Exception", "Unauthorized"))
        for _ in range(2):
            with pytest.raises(Refused):
                await world.ask()
            await asyncio.sleep(0)
        return len(world.function.asked)

    assert asyncio.run(story()) == 2


def test_without_a_time_to_keep_every_request_asks() -> None:
    async def story() -> int:
        world = World(policy(), cached_for=0)
        for _ in range(3):
            await world.ask()
        return len(world.function.asked)

    assert asyncio.run(story()) == 3


def test_fifty_that_come_at_once_share_one_question() -> None:
    async def story() -> int:
        world = World(policy())
        await asyncio.gather(*(world.ask() for _ in range(50)))
        return len(world.function.asked)

    assert asyncio.run(story()) == 1
