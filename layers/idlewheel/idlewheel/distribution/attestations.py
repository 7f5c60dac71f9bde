"""Attestations (PEP 740), verified offline, and the provenance that is served for them.

Imported only where there are attestations to verify: sigstore and what it needs (cryptography,
pydantic) take longer to import than to work. Nothing is asked over the network: certificates,
their timestamps and the inclusion in the transparency log are verified against the trust root that
the locked version of sigstore carries.

Who signed is what the certificate states, which Fulcio writes from the identity token of the CI
system (its object identifiers: sigstore/fulcio, docs/oid-info.md). The same certificate is then
verified, so that nobody can state what they are not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cryptography import x509
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from pyasn1.error import PyAsn1Error
from pydantic import ValidationError
from pypi_attestations import Attestation, AttestationError, AttestationType
from sigstore.errors import Error as SigstoreError
from sigstore.errors import TUFError
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier, policy

from idlewheel.distribution.rules import Unreadable, broken, printable, require, shown
from idlewheel.domain.attestations import Publisher
from idlewheel.errors import Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.domain.attestations import Trust

SIGSTORE = "https://tuf-repo-cdn.sigstore.dev"
"""Names the public good instance, whose trust root is in the sigstore package."""

MOST = 4
"""Attestations of one file; there are two kinds of them."""

ISSUER, SIGNER, REPOSITORY, CONFIG = (f"1.3.6.1.4.1.57264.1.{n}" for n in (8, 9, 12, 18))
"""What a certificate states: who vouches, the builder, the repository, the workflow at its ref."""

HOSTILE = (
    *(ValidationError, AttestationError, SigstoreError, x509.ExtensionNotFound, PyAsn1Error),
    *(ValueError, TypeError, KeyError, AttributeError, RecursionError),
)
"""What the libraries raise at material that is wrong: whatever it is, the material is refused."""


@dataclass(frozen=True, slots=True)
class Attested:
    """One attestation that could be read, beside what it must agree with."""

    attestation: Attestation
    statement: dict[str, Any]
    publisher: Publisher
    filename: str
    sha256: str
    trust: Trust

    @property
    def predicate(self) -> str:
        """What kind of claim it makes."""
        return str(self.statement.get("predicateType"))


def provenance(text: str, filename: str, sha256: str, trust: Trust) -> bytes:
    """Return the provenance of a file with these attestations, as PEP 740 has it served.

    *text* is the JSON array of the upload, *sha256* the digest of the file's bytes.

    Raises:
        Rejected: with every problem of the attestations.
        Unavailable: the trust root cannot be read, which is no fault of theirs.

    """
    try:
        sent = [read(raw, filename, sha256, trust) for raw in array(text)]
    except Unreadable as error:
        raise Rejected((error.problem,)) from error
    problems = [*broken(SET_RULES, sent)]
    problems += [problem for one in sent for problem in broken(RULES, one)]
    if problems:
        raise Rejected(tuple(dict.fromkeys(problems)))
    return json.dumps({"version": 1, "attestation_bundles": bundles(sent)}).encode()


def bundles(sent: list[Attested]) -> list[dict[str, Any]]:
    """Put the attestations of each publisher together."""
    ordered = sorted(sent, key=lambda one: str(one.publisher))
    return [
        {
            "publisher": publisher.to_json(),
            "attestations": [one.attestation.model_dump(mode="json") for one in group],
        }
        for publisher, group in groupby(ordered, key=lambda one: one.publisher)
    ]


def array(text: str) -> list[Any]:
    """Return the attestations as sent, or raise `Unreadable`."""
    require(attestations_are_a_short_array, text)
    found: list[Any] = json.loads(text)
    return found


def read(raw: Any, filename: str, sha256: str, trust: Trust) -> Attested:  # noqa: ANN401
    """Return what one attestation says of itself; none of it is verified yet."""
    require(attestations_are_well_formed, raw)
    attestation = Attestation.model_validate(raw)
    publisher = publisher_of(attestation)
    if publisher is None:
        raise Unreadable(
            "attestations-name-a-known-publisher",
            f"The certificate was issued for {shown(issuer_of(attestation))}, and not for GitHub, "
            "GitLab, Google or CircleCI in the form that can be recorded",
        )
    return Attested(attestation, attestation.statement, publisher, filename, sha256, trust)


def issuer_of(attestation: Attestation) -> str:
    """Return who vouched for the signer, or nothing."""
    return attestation.certificate_claims.get(ISSUER, "")


def publisher_of(attestation: Attestation) -> Publisher | None:
    """Return the publisher that the certificate states; None where it is none that we know."""
    claims = attestation.certificate_claims
    repository, config = claims.get(REPOSITORY, ""), claims.get(CONFIG, "")
    match issuer_of(attestation):
        case "https://token.actions.githubusercontent.com":
            found = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)", repository)
            path = rf"{re.escape(repository)}/\.github/workflows/([^/@]+)@.+"
            fields = ("repository", "workflow")
        case "https://gitlab.com":
            found = re.fullmatch(r"https://gitlab\.com/(.+)", repository)
            path, fields = (
                rf"{re.escape(repository)}//([^@]+)@.+",
                ("repository", "workflow_filepath"),
            )
        case "https://oidc.circleci.com":
            return circleci(claims.get(SIGNER, ""))
        case "https://accounts.google.com":
            return google(attestation)
        case _:
            return None
    workflow = re.fullmatch(path, config)
    if found is None or workflow is None:
        return None
    kind = "GitHub" if fields[1] == "workflow" else "GitLab"
    return Publisher.of(kind, **dict(zip(fields, (found[1], workflow[1]), strict=True)))


def circleci(signer: str) -> Publisher | None:
    """Return the pipeline that a certificate of CircleCI states."""
    form = r"https://circleci\.com/api/v2/projects/([^/]+)/pipeline-definitions/([^/]+)"
    found = re.fullmatch(form, signer)
    if found is None:
        return None
    return Publisher.of("CircleCI", project_id=found[1], pipeline_definition_id=found[2])


def google(attestation: Attestation) -> Publisher | None:
    """Return the account that a certificate of Google states, in its subject's only address."""
    certificate = x509.load_der_x509_certificate(attestation.verification_material.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.RFC822Name)
    return Publisher.of("Google", email=addresses[0]) if len(addresses) == 1 else None


@cache
def verifier() -> Verifier:
    """Return the verifier, with the trust root of the sigstore package; it asks nobody."""
    resource = files("sigstore._store") / quote(SIGSTORE, safe="") / "trusted_root.json"
    try:
        with as_file(resource) as path:
            return Verifier(trusted_root=TrustedRoot.from_file(str(path)))
    except (OSError, ValueError, TUFError) as error:
        raise Unavailable("attestations cannot be verified now") from error


def attestations_are_a_short_array(text: str) -> Iterator[str]:
    """Attestations are a JSON array with one to four elements (PEP 740, "Upload endpoint")."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not 1 <= len(found) <= MOST:
        yield f"attestations must be a JSON array of 1 to {MOST} attestations"


def attestations_are_well_formed(raw: object) -> Iterator[str]:
    """Each attestation is an object as PEP 740 has it, with a certificate and a statement."""
    try:
        attestation = Attestation.model_validate(raw)
        if not isinstance(attestation.statement, dict):
            yield "The statement of an attestation is not an object"
        publisher_of(attestation)
    except HOSTILE as error:
        yield f"An attestation cannot be read: {printable(str(error))}"


def attestations_are_one_of_each_kind(sent: list[Attested]) -> Iterator[str]:
    """There is at most one attestation for each type of predicate, as on PyPI."""
    kinds = [one.predicate for one in sent]
    for kind in dict.fromkeys(kinds):
        if kinds.count(kind) > 1:
            yield f"There are {kinds.count(kind)} attestations of the type {shown(kind)}"


def attestations_make_known_claims(one: Attested) -> Iterator[str]:
    """The predicate is PyPI's publish attestation, or SLSA provenance."""
    known = [kind.value for kind in AttestationType]
    if one.predicate not in known:
        yield f"{shown(one.predicate)} is not one of {', '.join(known)}"


def attestations_are_of_this_file(one: Attested) -> Iterator[str]:
    """The statement has one subject: this file, by its name and by its SHA-256."""
    subjects = one.statement.get("subject")
    subject = subjects[0] if isinstance(subjects, list) and len(subjects) == 1 else {}
    name, digest = subject_of(subject)
    if not is_same_filename(name, one.filename) or digest != one.sha256:
        yield f"An attestation is of {shown(name)} with sha256 {shown(digest)}, not of this file"


def subject_of(subject: object) -> tuple[str, str]:
    """Return the name and the SHA-256 of a statement's subject; nothing where there is none."""
    if not isinstance(subject, dict) or not isinstance(subject.get("digest"), dict):
        return "", ""
    return str(subject.get("name")), str(subject["digest"].get("sha256"))


def is_same_filename(stated: str, filename: str) -> bool:
    """Whether both name the same distribution; as on PyPI, case and the order of tags differ."""
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        return bool(parse(stated) == parse(filename))
    except ValueError:
        return False


def attestations_come_from_an_accepted_publisher(one: Attested) -> Iterator[str]:
    """The signer is one that the project names, if it names any."""
    if not one.trust.accepts(one.publisher):
        yield f"This project takes no attestations of {shown(str(one.publisher))}"


def attestations_verify(one: Attested) -> Iterator[str]:
    """Signature, certificate and transparency log prove the statement (sigstore, offline)."""
    try:
        issuer = policy.OIDCIssuerV2(issuer_of(one.attestation))
        verifier().verify_dsse(one.attestation.to_bundle(), issuer)
    except HOSTILE as error:
        yield f"An attestation does not verify: {printable(str(error))}"


SET_RULES = (attestations_are_one_of_each_kind,)
RULES = (
    attestations_make_known_claims,
    attestations_are_of_this_file,
    attestations_come_from_an_accepted_publisher,
    attestations_verify,
)
