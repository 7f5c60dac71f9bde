from __future__ import annotations

import pytest

from idlewheel.domain.attestations import Policy, Publisher, Trust
from idlewheel.errors import Rejected
from idlewheel.web import trusts

GITHUB = {"kind": "GitHub", "repository": "Acme/Demo", "workflow": "ci.yml"}
KNOWN = Publisher.of("GitHub", repository="acme/demo", workflow="ci.yml")


@pytest.mark.parametrize(
    ("wish", "trust"),
    [
        ({"policy": "off"}, Trust(Policy.OFF)),
        ({"policy": "record", "publishers": []}, Trust(Policy.RECORD)),
        ({"policy": "require", "publishers": [GITHUB]}, Trust(Policy.REQUIRE, (KNOWN,))),
        ({"policy": "record", "publishers": [GITHUB, GITHUB]}, Trust(Policy.RECORD, (KNOWN,))),
    ],
)
def test_a_wish_is_read_and_told_again(wish: object, trust: Trust) -> None:
    found = trusts.trust(wish)

    assert found == trust
    assert trusts.trust(trusts.describe(found)) == trust


@pytest.mark.parametrize("wish", [None, {}, {"policy": None, "publishers": []}])
def test_to_wish_nothing_is_to_want_what_the_index_asks(wish: object) -> None:
    assert trusts.trust(wish) is None
    assert trusts.describe(None) == {"policy": None, "publishers": []}


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        ([], ["invalid-json"]),
        ("x", ["invalid-json"]),
        ({"policy": "maybe"}, ["invalid-policy"]),
        ({"policy": ["off"]}, ["invalid-policy"]),
        ({"policy": "require"}, ["no-publisher"]),
        ({"publishers": [GITHUB]}, ["invalid-policy"]),
        ({"policy": "record", "publishers": "x"}, ["invalid-publisher"]),
        ({"policy": "off", "publishers": 0}, ["invalid-publisher"]),
        ({"policy": "off", "publishers": ""}, ["invalid-publisher"]),
        ({"policy": "off", "publishers": {}}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [GITHUB] * 21}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [1, {}]}, ["invalid-publisher"] * 2),
        ({"policy": "record", "publishers": [{"kind": "Elsewhere"}]}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [{"kind": ["GitHub"]}]}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [{"kind": "GitHub"}]}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [{**GITHUB, "sub": "x"}]}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [{**GITHUB, "workflow": 1}]}, ["invalid-publisher"]),
        ({"policy": "record", "publishers": [{**GITHUB, "workflow": ""}]}, ["invalid-publisher"]),
        ({"policy": "x", "publishers": [1]}, ["invalid-policy", "invalid-publisher"]),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_every_problem(
    wish: object, codes: list[str]
) -> None:
    with pytest.raises(Rejected) as caught:
        trusts.trust(wish)

    assert [problem.code for problem in caught.value.problems] == codes
