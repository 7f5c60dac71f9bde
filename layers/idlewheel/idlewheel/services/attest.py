"""What becomes of the attestations of an upload: as its project asks, or the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from idlewheel.domain.attestations import Policy, Trust
from idlewheel.errors import Problem, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.uploads import Upload

    Prove = Callable[[str, str, str, Trust], bytes]
    """From the attestations as sent, a filename, its SHA-256 and what is asked: provenance."""


class Trusts(Protocol):
    """What projects ask of attestations (PEP 740)."""

    def find(self, name: NormalizedName) -> Trust | None:
        """What the project asks; None where it asks nothing of its own."""
        ...

    def set(self, name: NormalizedName, trust: Trust | None) -> None:
        """Ask this from now on; the project need not have any file yet."""
        ...


@dataclass(frozen=True, slots=True)
class Attestations:
    """Judges the attestations of uploads."""

    trusts: Trusts
    default: Policy
    """For projects that ask nothing of their own."""
    prove: Prove

    def provenance(self, upload: Upload) -> bytes | None:
        """Answer the provenance to serve with the file; None where there is none.

        Raises:
            Rejected: the attestations do not hold, or there are none where there must be.

        """
        trust = self.trusts.find(upload.project) or Trust(self.default)
        sent = upload.declared.get("attestations")
        if trust.policy is Policy.OFF:
            return None
        if isinstance(sent, str) and sent:
            return self.prove(sent, upload.filename, upload.sha256, trust)
        if trust.policy is Policy.REQUIRE:
            raise Rejected((_required(upload),))
        return None


def _required(upload: Upload) -> Problem:
    return Problem(
        "attestations-are-sent",
        f"project '{upload.project}' takes files with attestations only (PEP 740): publish from "
        "its CI, with attestations switched on",
    )
