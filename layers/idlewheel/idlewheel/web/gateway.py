"""A request as API Gateway tells it, and a reply as it wants it (REST API, Lambda proxy)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from idlewheel.domain.access import Principal, parse_scopes
from idlewheel.errors import Rejected, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idlewheel.domain.access import Scope


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, by whom."""

    method: str = "GET"
    path: str = "/"
    """As the client sent it: percent-encoded, without the stage, with its last slash if any."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By names in lower case; the values of a repeated header are joined by commas."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Decoded; of a repeated parameter the first value."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the braces of the route stand for, percent-encoded as in the path."""
    base_url: str = ""
    """Where this index is, stage or base path included, without a final slash."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What the authorizer found out."""
    time: float = 0.0
    """When the gateway took the request, in seconds since the epoch."""
    body: str = ""
    is_base64: bool = False

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read the event of a Lambda proxy integration."""
        gateway = event["requestContext"]
        headers = _joined(event)
        return cls(
            method=event["httpMethod"],
            path=event["path"],
            headers=headers,
            query=_first_values(event),
            parameters=event.get("pathParameters") or {},
            base_url=_base_url(event, headers),
            context=gateway.get("authorizer") or {},
            time=gateway.get("requestTimeEpoch", 0) / 1000,
            body=event.get("body") or "",
            is_base64=bool(event.get("isBase64Encoded")),
        )

    def header(self, name: str) -> str | None:
        """Answer the value of a header, by its name in any case."""
        return self.headers.get(name.lower())

    @property
    def query_string(self) -> str:
        """The query, with its question mark, to be asked again elsewhere; empty without one."""
        return f"?{urlencode(self.query)}" if self.query else ""

    def content(self) -> bytes:
        """Answer the bytes of the body. Raises Rejected where the event holds none."""
        try:
            return base64.b64decode(self.body) if self.is_base64 else self.body.encode()
        except ValueError as error:  # also of the base64 and of lone surrogates
            raise Rejected("The body of the request could not be decoded") from error

    def principal(self) -> Principal:
        """Answer who asks. Raises Unauthenticated where no authorizer has vouched for anybody."""
        if "token_id" not in self.context:
            raise Unauthenticated("This needs a token: send it as the password of any user name")
        return Principal(
            name=self.context["principal"],
            token_id=self.context["token_id"],
            scopes=_scopes(self.context["scopes"]),
            expires_at=datetime.fromtimestamp(float(self.context["expires_at"]), UTC),
        )


@lru_cache(maxsize=256)
def _scopes(text: str) -> tuple[Scope, ...]:
    """Read the scopes that the authorizer vouches for; most requests come from a few tokens."""
    return parse_scopes(text.split())


def _joined(event: Mapping[str, Any]) -> dict[str, str]:
    """Join repeated headers: ``headers`` alone holds but the last value of each."""
    several = event.get("multiValueHeaders") or {}
    single = event.get("headers") or {}
    return {name.lower(): value for name, value in single.items()} | {
        name.lower(): ", ".join(values) for name, values in several.items()
    }


def _first_values(event: Mapping[str, Any]) -> dict[str, str]:
    several = event.get("multiValueQueryStringParameters") or {}
    single = event.get("queryStringParameters") or {}
    return {**single, **{name: values[0] for name, values in several.items() if values}}


def _base_url(event: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Say where the index is, from what the gateway itself says: Host is the client's to choose.

    ``requestContext.path`` begins with the stage, or with the base path of a custom domain; what
    it has more than the route is that prefix. The gateway writes X-Forwarded-Proto itself.
    """
    gateway = event["requestContext"]
    scheme = "http" if headers.get("x-forwarded-proto") == "http" else "https"
    segments = gateway.get("path", event["path"]).strip("/").split("/")
    prefix = segments[: max(0, len(segments) - _route_length(event))]
    return "/".join([f"{scheme}://{gateway.get('domainName', 'localhost')}", *prefix])


def _route_length(event: Mapping[str, Any]) -> int:
    """Count the segments of the path that belong to the route; ``{proxy+}`` takes several."""
    route = event.get("resource", "").strip("/").split("/")
    if route == [""]:
        return 0
    greedy = ((event.get("pathParameters") or {}).get("proxy") or "").strip("/").split("/")
    return len(route) + (len(greedy) - 1 if route[-1].endswith("+}") else 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; binary bodies as base64 text, which is how they leave a function."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    is_base64: bool = False

    def without_body(self) -> Reply:
        """Answer a HEAD: the headers of the GET and nothing else (RFC 9110 §9.3.2)."""
        return replace(self, body="", is_base64=False)

    def to_event(self) -> dict[str, object]:
        """Spell the reply as the gateway reads it."""
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "body": self.body,
            "isBase64Encoded": self.is_base64,
        }


def redirect(location: str, *, status: int = 302, cache: str | None = None) -> Reply:
    """Send the client to *location*, which may be relative to what it asked for."""
    control = {"Cache-Control": cache} if cache else {}
    return Reply(status, {"Location": location, "X-Content-Type-Options": "nosniff", **control})
