from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idlewheel.domain.attestations import Policy, Publisher, Trust
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import Upload
from idlewheel.errors import Rejected
from idlewheel.services.attest import Attestations
from tests.fakes.access import FakeTrusts
from tests.fakes.world import World

DEMO = NormalizedName("demo")
ANYBODY = Publisher.of("Google", email="ci@example.com")


def upload(attestations: str | None = None) -> Upload:
    return Upload(
        id="1",
        filename="demo-1.0.tar.gz",
        project=DEMO,
        version="1.0",
        sha256="a" * 64,
        size=1,
        principal="ann",
        token_id="t",
        scopes=(),
        received_at=datetime.now(UTC),
        declared={"attestations": attestations},
    )


def judged(default: Policy, trust: Trust | None, sent: str | None) -> bytes | None:
    trusts = FakeTrusts(World())
    trusts.set(DEMO, trust)

    def prove(text: str, filename: str, sha256: str, trust: Trust) -> bytes:
        return f"{text} {filename} {sha256[:2]} {trust.policy}".encode()

    return Attestations(trusts, default, prove).provenance(upload(sent))


def test_what_the_index_asks_holds_where_a_project_asks_nothing() -> None:
    assert judged(Policy.RECORD, None, "[1]") == b"[1] demo-1.0.tar.gz aa record"
    assert judged(Policy.OFF, None, "[1]") is None


def test_what_a_project_asks_goes_before_what_the_index_asks() -> None:
    found = judged(Policy.OFF, Trust(Policy.REQUIRE, (ANYBODY,)), "[1]")

    assert found == b"[1] demo-1.0.tar.gz aa require"
    assert judged(Policy.REQUIRE, Trust(Policy.OFF), None) is None


@pytest.mark.parametrize("sent", [None, ""])
def test_a_file_without_attestations_is_refused_only_where_they_are_required(
    sent: str | None,
) -> None:
    assert judged(Policy.RECORD, None, sent) is None
    with pytest.raises(Rejected) as caught:
        judged(Policy.REQUIRE, None, sent)
    assert [problem.code for problem in caught.value.problems] == ["attestations-are-sent"]
