"""Attestations (PEP 740): what a project asks of them, and from whom it takes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVENANCE_SUFFIX = ".provenance"
"""What the key of a file's provenance adds to the file's."""


class Policy(StrEnum):
    """What becomes of attestations at upload."""

    OFF = "off"
    """They are left aside, unread."""
    RECORD = "record"
    """Those that are sent must verify, and are kept."""
    REQUIRE = "require"
    """Files come with attestations, from a publisher that the project names."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who signs: a workflow of a repository, or an account."""

    kind: str
    fields: tuple[tuple[str, str], ...]
    """Sorted; which ones there are depends on the kind (`KINDS`)."""

    def __str__(self) -> str:
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.fields)])

    @classmethod
    def of(cls, kind: str, **fields: str) -> Publisher:
        """Spell a publisher in the one way in which it is compared.

        GitHub does not distinguish cases in the names of owners and repositories.
        """
        if kind == "GitHub" and "repository" in fields:
            fields["repository"] = fields["repository"].lower()
        return cls(kind, tuple(sorted(fields.items())))

    def to_json(self) -> dict[str, str]:
        """Spell it as provenance does (PEP 740, "Attestation bundles")."""
        return {"kind": self.kind, **dict(self.fields)}


KINDS: Mapping[str, frozenset[str]] = {
    "GitHub": frozenset({"repository", "workflow"}),
    "GitLab": frozenset({"repository", "workflow_filepath"}),
    "Google": frozenset({"email"}),
    "CircleCI": frozenset({"project_id", "pipeline_definition_id"}),
}
"""The publishers that a certificate can prove, and by which fields. Environments are not among
them: what the certificate does not state cannot be proven offline."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What one project asks of attestations."""

    policy: Policy
    publishers: tuple[Publisher, ...] = ()
    """Whose are taken; where none is named, anybody's that verify, for they only record."""

    def accepts(self, publisher: Publisher) -> bool:
        """Say whether this publisher's attestations are taken."""
        if not self.publishers:
            return self.policy is not Policy.REQUIRE
        return publisher in self.publishers
