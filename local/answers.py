"""What a function returned, as the HTTP response that API Gateway makes of it.

Output format: developer guide, "Lambda proxy integrations in API Gateway"; renamed headers:
"Amazon API Gateway important notes", REST APIs.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from local.wire import Answer, header

if TYPE_CHECKING:
    from local.wire import Headers, Request

RENAMED = frozenset(
    [
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "host",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
        "x-amzn-requestid",
    ]
)
"""Come out as `x-amzn-Remapped-…`. Content-Length is seen renamed in recorded answers."""

DROPPED = frozenset(
    [
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ]
)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_IN_VALUES = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class MalformedAnswer(Exception):
    """The function returned what API Gateway cannot make a response of (502)."""


def from_function(payload: bytes, request: Request) -> Answer:
    """Make the response of what a function returned. Raises MalformedAnswer."""
    try:
        result = json.loads(payload)
        status = int(result["statusCode"])
        headers = _headers(result, request)
        body = _body(result)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise MalformedAnswer(f"not the answer of a proxy integration: {error!r}") from error
    if not 100 <= status <= 599:
        raise MalformedAnswer(f"no HTTP status: {status}")
    if header(headers, "content-type") is None:
        headers.append(("Content-Type", "application/json"))
    return Answer(status, headers, b"" if request.method == "HEAD" else body)


def _headers(result: dict[str, Any], request: Request) -> Headers:
    single, many = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    said = [(name, value) for name, values in many.items() for value in values]
    said += [(name, value) for name, value in single.items() if value not in many.get(name, ())]
    renamed = [(_renamed(name, request), _value(value)) for name, value in said]
    return [(name, value) for name, value in renamed if _NAME.fullmatch(name)]


def _renamed(name: str, request: Request) -> str:
    lower = name.lower()
    # Of a HEAD we want to know the length of what GET would give. Whether the real gateway lets
    # this one through, nobody has recorded.
    if lower == "content-length" and request.method == "HEAD":
        return name
    if lower in DROPPED:
        return ""
    return f"x-amzn-Remapped-{name}" if lower in RENAMED else name


def _value(value: Any) -> str:  # noqa: ANN401 - whatever JSON brings
    written = json.dumps(value) if isinstance(value, bool) else str(value)
    if _BAD_IN_VALUES.search(written):
        raise ValueError("a header holds a control character")
    return written


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError("the body is no string")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise ValueError("the body is no base64") from error
