"""URLs that are good for some minutes, signed without an S3 client.

Making a botocore client only to sign costs about 100 ms of a cold start; the signature itself
is four HMACs (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS
Signature Version 4)"). botocore's own signer is the oracle of the tests.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from idlewheel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from botocore.session import Session

LIFETIME = 300
"""Seconds that a URL is good: clients follow it at once, and logs may keep it."""


class Credentials(NamedTuple):
    """What a signature is made with, as Lambda hands it out."""

    access_key: str
    secret_key: str
    session_token: str | None


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one bucket."""

    bucket: str
    region: str
    credentials: Callable[[], Credentials]
    """Asked at each signature: credentials change while a function lives."""
    endpoint: str | None = None
    """An S3 that is not AWS's own; addressed by path, as it may have no names for buckets."""

    def sign(
        self,
        method: str,
        key: str,
        now: datetime,
        headers: Mapping[str, str] | None = None,
        lifetime: int = LIFETIME,
    ) -> str:
        """Make a URL that allows *method* on *key* for *lifetime* seconds from *now*.

        *headers*, by names in lower case, must then be sent exactly so.
        """
        credentials = self.credentials()
        scheme, host, path = self._address(key)
        moment = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        signed = sorted({"host": host, **(headers or {})}.items())
        names = ";".join(name for name, _ in signed)
        query = _query(credentials, scope, moment, names, lifetime)
        lines = "".join(f"{name}:{value}\n" for name, value in signed)
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{_sha256(request)}"
        signature = _signature(credentials.secret_key, scope, to_sign)
        return f"{scheme}://{host}{path}?{query}&X-Amz-Signature={signature}"

    def _address(self, key: str) -> tuple[str, str, str]:
        # A '+' must travel as %2B: S3 reads a bare one as a space.
        path = "/" + quote(key, safe="/~")
        if self.endpoint is None:
            return "https", f"{self.bucket}.s3.{self.region}.amazonaws.com", path
        scheme, host = urlsplit(self.endpoint)[:2]
        return scheme, host, f"/{self.bucket}{path}"


def _query(credentials: Credentials, scope: str, moment: str, signed: str, lifetime: int) -> str:
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(lifetime),
        "X-Amz-Security-Token": credentials.session_token,
        "X-Amz-SignedHeaders": signed,
    }
    return "&".join(
        f"{name}={quote(value, safe='~')}" for name, value in parameters.items() if value
    )


def _signature(secret_key: str, scope: str, to_sign: str) -> str:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, to_sign).hex()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def session_credentials(session: Session) -> Callable[[], Credentials]:
    """Take credentials from a botocore session, which renews them when they are about to end."""

    def credentials() -> Credentials:
        found = session.get_credentials()
        frozen = found.get_frozen_credentials() if found else None
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            raise Unavailable("there are no AWS credentials to sign with")
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    return credentials
