"""What a manager asks of a project's attestations, read from a request and told again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from idlewheel.domain.attestations import KINDS, Policy, Publisher, Trust
from idlewheel.errors import Problem, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 20
"""Publishers of one project."""
LONGEST = 300
"""Characters of one of their fields."""


def trust(document: object) -> Trust | None:
    """Read the wish: policy, publishers. None, where neither is given, is what the index asks.

    Raises:
        Rejected: with every problem.

    """
    wished = document if document is not None else {}
    problems = tuple(_problems(wished))
    if problems or not isinstance(wished, dict):
        raise Rejected(problems)
    if wished.get("policy") is None:
        return None
    publishers = (Publisher.of(**given) for given in wished.get("publishers") or ())
    return Trust(Policy(wished["policy"]), tuple(dict.fromkeys(publishers)))


def _problems(wished: object) -> Iterator[Problem]:
    if not isinstance(wished, dict):
        yield Problem("invalid-json", "the body must be a JSON object")
        return
    policy, publishers = wished.get("policy"), wished.get("publishers")
    publishers = [] if publishers is None else publishers
    if policy not in [None, *Policy]:
        yield Problem("invalid-policy", f"'policy' must be one of {', '.join(Policy)}")
    if not isinstance(publishers, list) or len(publishers) > MOST:
        yield Problem("invalid-publisher", f"'publishers' must be a list of at most {MOST}")
        return
    if policy == Policy.REQUIRE.value and not publishers:
        yield Problem("no-publisher", "who requires attestations must name 'publishers' of them")
    if policy is None and publishers:
        yield Problem("invalid-policy", "'publishers' need a 'policy': record or require")
    for publisher in publishers:
        yield from _publisher_problems(publisher)


def _publisher_problems(given: object) -> Iterator[Problem]:
    if not isinstance(given, dict) or given.get("kind") not in list(KINDS):
        yield Problem("invalid-publisher", f"a publisher's 'kind' is one of {', '.join(KINDS)}")
        return
    fields: dict[str, Any] = {name: given[name] for name in given if name != "kind"}
    wanted = KINDS[given["kind"]]
    if fields.keys() != wanted or not all(_is_text(value) for value in fields.values()):
        yield Problem(
            "invalid-publisher",
            f"a publisher of the kind {given['kind']} has {', '.join(sorted(wanted))}, each a text",
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()


def describe(trust: Trust | None) -> dict[str, object]:
    """Tell what a project asks; nulls where it asks nothing of its own."""
    if trust is None:
        return {"policy": None, "publishers": []}
    return {
        "policy": trust.policy,
        "publishers": [publisher.to_json() for publisher in trust.publishers],
    }
