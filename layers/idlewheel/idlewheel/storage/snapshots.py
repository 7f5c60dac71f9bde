"""Derived pages in the files bucket, under ``pages/``: read and written without an S3 client.

Making a botocore client costs about 100 ms of a cold start. A presigned URL and the HTTP layer
that the DynamoDB client has loaded anyway do the same. Everything here can be made again from the
table, so whatever goes wrong is no more than a missing snapshot.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from idlewheel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.awsrequest import AWSResponse

    from idlewheel.storage.signing import Signer

SECONDS = (1, 4)
"""To connect, and between two bytes: slower than this, the table is the faster way."""


_EXPECTED = {200, 404}


class Page(Protocol):
    """A large page, as the edge renders it."""

    @property
    def name(self) -> str:
        """The project, or ``/``."""
        ...

    @property
    def label(self) -> str:
        """Names form and encoding."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """How S3 shall describe it to clients."""
        ...

    @property
    def content(self) -> bytes:
        """Its bytes, compressed if the headers say so."""
        ...


@dataclass(frozen=True, slots=True)
class S3Snapshots:
    """What pages are made of, by name, for one table: a restored one has a history of its own."""

    signer: Signer
    table: str
    tell: Callable[[str], None] = lambda _: None
    """Hears what went wrong: nobody else does."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _sessions: list[URLLib3Session] = field(default_factory=list)
    """At most one, made when it is first needed: it reads the certificates of the machine."""

    def load(self, name: str) -> bytes | None:
        """Get what was last saved under *name*; None where there is nothing, or no answer."""
        answer = self._send("GET", self._key(name))
        return answer.content if answer is not None and answer.status_code == 200 else None

    def save(self, name: str, content: bytes) -> bool:
        """Keep *content* under *name*; False where it could not be."""
        answer = self._send("PUT", self._key(name), content)
        return answer is not None and answer.status_code == 200

    def publish(self, page: Page) -> Callable[[], str]:
        """Store a page for clients; answer what makes a URL to get it from.

        Its content is in its key: no URL that was given out ever leads to another page.

        Raises:
            Unavailable: it could not be stored.

        """
        mark = hashlib.sha256(page.content).hexdigest()[:32]
        key = f"pages/large/{quote(page.name, safe='')}/{mark}.{page.label}"
        answer = self._send("PUT", key, page.content, page.headers)
        if answer is None or answer.status_code != 200:
            raise Unavailable("a large page could not be stored; try again in a moment")
        return partial(self._link, key)

    def _link(self, key: str) -> str:
        return self.signer.sign("GET", key, self.clock())

    def _key(self, name: str) -> str:
        return f"pages/snapshots/{self.table}/{name}"

    def _send(
        self,
        method: str,
        key: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> AWSResponse | None:
        url = self.signer.sign(method, key, self.clock(), headers)
        request = AWSRequest(method=method, url=url, data=content, headers=dict(headers or {}))
        try:
            answer = self._session().send(request.prepare())
        except BotoCoreError as error:
            self.tell(f"{method} {key}: {error}")
            return None
        if answer.status_code not in _EXPECTED:
            self.tell(f"{method} {key}: {answer.status_code}")
        return answer

    def _session(self) -> URLLib3Session:
        if not self._sessions:
            self._sessions.append(URLLib3Session(timeout=SECONDS))  # type: ignore[arg-type]
        return self._sessions[0]
