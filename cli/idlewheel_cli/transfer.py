"""One file, from the disk to its verdict. Every step can be repeated, so all of it can.

A file that is small goes as a form, whose answer is the verdict. A larger one is announced, put
straight into the store with the one request that the index has signed, and asked about.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from idlewheel.distribution import filenames
from idlewheel.distribution.form import Declaration
from idlewheel.distribution.policy import Policy
from idlewheel.distribution.verify import verify
from idlewheel.errors import Rejected, Unavailable
from idlewheel_cli.api import tls
from idlewheel_cli.failures import Failure, Refused, Unreachable
from idlewheel_cli.outcome import Outcome, Verdict
from idlewheel_cli.retry import Pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from idlewheel_cli.api import Api
    from idlewheel_cli.progress import Line
    from idlewheel_cli.selection import Candidate

LARGEST_FORM = 4_000_000
"""Bytes of a file that goes as a form: with base64 and the gateway's event it stays under 6 MB."""

CHUNK = 1024 * 1024
STORE_TIMEOUT = httpx.Timeout(300, connect=10)
"""Seconds: the store reads the last byte long before it has checked all of them."""

WAIT = 20
"""Seconds that one question waits for the verdict."""

LONGEST = 70 * 60
"""Seconds after which a verdict is overdue: the index promises one within the hour."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file before it is sent."""

    size: int
    sha256: str


class Transfer:
    """Publishes files to one index; several at once, from several threads."""

    def __init__(
        self,
        api: Api,
        *,
        is_checked: bool = True,
        skips_existing: bool = False,
        largest_form: int = LARGEST_FORM,
        pauses: Callable[[], Pauses] = Pauses,
    ) -> None:
        """Send what `api` speaks to; *is_checked* verifies each file before it is sent."""
        self._api = api
        self._is_checked = is_checked
        self._skips_existing = skips_existing
        self._largest_form = largest_form
        self._pauses = pauses

    def publish(self, candidate: Candidate, line: Line) -> Outcome:
        """Take a file to its verdict; whatever goes wrong is in the outcome."""
        started = time.monotonic()
        facts: Facts | None = None
        try:
            line.phase("checking")
            facts = self._examine(candidate)
            is_new = self._send(candidate, facts, line)
            new = Verdict.STAGED if candidate.draft else Verdict.PUBLISHED
            verdict, problems, code = new if is_new else Verdict.EXISTS, (), 0
        except (Failure, Rejected, OSError) as error:
            verdict, problems, code = self._failed(error)
        outcome = Outcome(
            candidate.name,
            verdict,
            problems,
            size=facts.size if facts else 0,
            sha256=facts.sha256 if facts else None,
            seconds=time.monotonic() - started,
            exit_code=code,
        )
        line.end(outcome)
        return outcome

    def _failed(self, error: Exception) -> tuple[Verdict, Any, int]:
        if isinstance(error, Rejected):
            return Verdict.REFUSED, tuple(map(tuple, error.problems)), Refused.exit_code
        if isinstance(error, Refused):
            if error.status == httpx.codes.CONFLICT and self._skips_existing:
                return Verdict.SKIPPED, error.problems, 0
            code = 3 if error.status == httpx.codes.FORBIDDEN else Refused.exit_code
            return Verdict.REFUSED, error.problems, code
        code = error.exit_code if isinstance(error, Failure) else Failure.exit_code
        return Verdict.FAILED, (("failed", str(error)),), code

    def _examine(self, candidate: Candidate) -> Facts:
        """Verify a file as the index will, which also reads its digest; or read that alone."""
        path, as_mirror = candidate.path, candidate.as_mirror
        if self._is_checked:
            try:
                declaration = Declaration.of(path.name, as_mirror=as_mirror)
                policy = Policy(as_mirror=as_mirror)
                found = verify(path, declaration, policy, lambda: {"sha256": digest(path)})
            except Unavailable:  # a system that cannot isolate the reader: the index will judge
                pass
            else:
                return Facts(found.size, found.digests["sha256"])
        filenames.parse(path.name, as_mirror=as_mirror)
        size = path.stat().st_size
        if size > Policy().file_bytes:
            raise Failure(f"{path.name} has {size} bytes; an index takes files of up to 5 GiB")
        return Facts(size, digest(path))

    def _send(self, candidate: Candidate, facts: Facts, line: Line) -> bool:
        """Send it the way that its size and its past ask for; answer whether it is new."""
        if facts.size <= self._largest_form and candidate.fits_a_form:
            try:
                return self._send_form(candidate, facts, line)
            except Refused as error:
                if error.status != httpx.codes.REQUEST_ENTITY_TOO_LARGE:
                    raise
        return self._send_large(candidate, facts, line)

    def _send_form(self, candidate: Candidate, facts: Facts, line: Line) -> bool:
        line.phase("publishing")
        content = candidate.path.read_bytes()
        answer = self._api.ask(
            "POST",
            "/legacy/",
            data=form_of(candidate, facts),
            files={"content": (candidate.name, content, "application/octet-stream")},
        )
        return not answer.get("existed")

    def _send_large(self, candidate: Candidate, facts: Facts, line: Line) -> bool:
        trouble = ""
        for _ in self._pauses():
            line.phase("announcing")
            session = self._announce(candidate, facts)
            if session is None:
                return False
            trouble = self._put(session["upload"], candidate.path, facts, line)
            if not trouble:
                return self._verdict(session["id"], line)
        raise Unreachable(f"the store did not take {candidate.name}: {trouble}")

    def _announce(self, candidate: Candidate, facts: Facts) -> dict[str, Any] | None:
        """Open a session, or join the one of an earlier try; None: it is published, or staged."""
        said: dict[str, Any] = {
            "filename": candidate.name,
            "size": facts.size,
            "sha256": facts.sha256,
        }
        if candidate.attestations:
            said["attestations"] = list(candidate.attestations)
        if candidate.draft:
            said["draft"] = candidate.draft
        if candidate.upload_time is not None:
            said["upload_time"] = candidate.upload_time
        if candidate.as_mirror:
            said["as_mirror"] = True
        answer = self._api.ask("POST", "/uploads", json=said)
        return answer if "upload" in answer else None

    def _put(self, upload: dict[str, Any], path: Path, facts: Facts, line: Line) -> str:
        """Put the bytes into the store; answer what went wrong, if trying again may mend it."""
        line.phase("sending", facts.size)
        try:
            answer = httpx.request(
                upload["method"],
                upload["url"],
                headers=upload["headers"],
                content=chunks(path, line),
                timeout=STORE_TIMEOUT,
                verify=tls(),
            )
        except httpx.TransportError as error:
            return str(error) or type(error).__name__
        status, code = answer.status_code, store_code(answer)
        if status < httpx.codes.MULTIPLE_CHOICES or status == httpx.codes.PRECONDITION_FAILED:
            return ""  # 412: an earlier try has brought them already
        if code in {"BadDigest", "XAmzContentChecksumMismatch", "InvalidDigest"}:
            raise Failure(f"{path.name} changed while it was being sent")
        return f"{status} {code}"

    def _verdict(self, upload_id: str, line: Line) -> bool:
        line.phase("being verified")
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            said = self._api.ask("GET", f"/uploads/{upload_id}", params={"wait": WAIT})
            if said["state"] in {"published", "staged"}:
                return True
            if said["state"] == "rejected":
                problems = tuple((it["code"], it["message"]) for it in said["problems"])
                raise Refused(_STATUS.get(said.get("refusal"), 400), "refused", problems)
        raise Unreachable(f"upload {upload_id} has had no verdict for more than an hour")


_STATUS: dict[str | None, int] = {"file-exists": 409, "denied": 403}
"""What the index would have answered a form."""


def chunks(path: Path, line: Line) -> Iterator[bytes]:
    """Read a file piece by piece, reporting each piece once it is asked for the next."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
            line.advance(len(chunk))


def digest(path: Path) -> str:
    """Read the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def form_of(candidate: Candidate, facts: Facts) -> dict[str, str]:
    """Write the fields of the upload form; what the archive says the index reads there."""
    name = filenames.parse(candidate.name)
    is_wheel = name.kind == "wheel"
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": name.project,
        "version": name.version,
        "filetype": "bdist_wheel" if is_wheel else "sdist",
        "pyversion": name.python_tag,
        "sha256_digest": facts.sha256,
    }
    if candidate.attestations:
        fields["attestations"] = json.dumps(list(candidate.attestations))
    return fields


_CODE = re.compile(r"<Code>(\w+)</Code>")


def store_code(answer: httpx.Response) -> str:
    """Read what S3 says of an error (Amazon S3 API Reference, "Error responses")."""
    found = _CODE.search(answer.text[:4096])
    return found[1] if found else ""
