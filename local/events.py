"""The events that API Gateway makes of a request: for a function, and for an authorizer.

Shape: developer guide, "Lambda proxy integrations in API Gateway", input format; checked against
recorded events of REST APIs. A body travels as base64 where its type is in `binaryMediaTypes`.
"""

from __future__ import annotations

import base64
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from local.plan import API_ID
from local.template import ACCOUNT, REGION
from local.wire import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.plan import Plan
    from local.routes import Match
    from local.wire import Headers, Request

DROPPED_FROM_REQUESTS = frozenset(
    [
        "connection",
        "content-md5",
        "expect",
        "keep-alive",
        "max-forwards",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-forwarded-for",
        "x-forwarded-port",
        "x-forwarded-proto",
    ]
)
"""Hop-by-hop, or written by the gateway itself (developer guide, "Amazon API Gateway important
notes")."""


def proxy_event(
    request: Request, match: Match, plan: Plan, authorizer: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Make the event for a function; *authorizer* is the context its authorizer gave."""
    event = _common(request, match, plan)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = dict(authorizer)
    is_base64 = bool(request.body) and _is_binary(request, plan.binary)
    return event | {"body": _body(request.body, is_base64), "isBase64Encoded": is_base64}


def authorizer_event(request: Request, match: Match, plan: Plan) -> dict[str, Any]:
    """Make the event for a REQUEST authorizer: everything but the body."""
    arn = method_arn(request, plan)
    return {"type": "REQUEST", "methodArn": arn} | _common(request, match, plan)


def method_arn(request: Request, plan: Plan) -> str:
    """Name what an authorizer's policy allows or denies: the path as asked, not the resource."""
    path = request.path.removeprefix("/").removesuffix("/")
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/{plan.stage}/{request.method}/{path}"


def _common(request: Request, match: Match, plan: Plan) -> dict[str, Any]:
    headers = _headers(request)
    query = parse_qsl(request.query, keep_blank_values=True)
    return {
        "resource": match.route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(match.parameters) or None,
        "stageVariables": None,
        "requestContext": _context(request, match, plan, headers),
    }


def _headers(request: Request) -> Headers:
    kept = [it for it in request.headers if it[0].lower() not in DROPPED_FROM_REQUESTS]
    forwarded = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
    host, _, port = (request.header("host") or "").rpartition(":")
    return [
        *kept,
        ("X-Amzn-Trace-Id", trace_id(request)),
        ("X-Forwarded-For", ", ".join([*forwarded, request.client])),
        ("X-Forwarded-Port", port if host else "80"),
        ("X-Forwarded-Proto", "http"),
    ]


def trace_id(request: Request) -> str:
    """Give the X-Ray root of a request: its second, and part of its id."""
    return f"Root=1-{int(request.received):08x}-{request.id.replace('-', '')[:24]}"


def _context(request: Request, match: Match, plan: Plan, headers: Headers) -> dict[str, Any]:
    host = header(headers, "host") or ""
    moment = time.gmtime(request.received)
    return {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "deploymentId": API_ID,
        "domainName": host,
        "domainPrefix": host.split(".")[0],
        "extendedRequestId": request.id.replace("-", "")[:16] + "=",
        "httpMethod": request.method,
        "identity": _identity(request, headers),
        "path": request.base + request.path,  # what absolute URLs are built from
        "protocol": "HTTP/1.1",
        "requestId": request.id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", moment),
        "requestTimeEpoch": int(request.received * 1000),
        "resourceId": f"{abs(hash(match.route.path)) % 16**6:06x}",
        "resourcePath": match.route.path,
        "stage": plan.stage,
    }


def _identity(request: Request, headers: Headers) -> dict[str, str | None]:
    unknown = (
        "accessKey accountId caller cognitoAuthenticationProvider cognitoAuthenticationType "
        "cognitoIdentityId cognitoIdentityPoolId principalOrgId user userArn"
    )
    nobody: dict[str, str | None] = dict.fromkeys(unknown.split())
    return nobody | {"sourceIp": request.client, "userAgent": header(headers, "user-agent")}


def _grouped(pairs: Headers) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        groups[name].append(value)
    return dict(groups)


def _body(body: bytes, is_base64: bool) -> str | None:
    if not body:
        return None
    return base64.b64encode(body).decode() if is_base64 else body.decode(errors="replace")


def _is_binary(request: Request, binary: tuple[str, ...]) -> bool:
    media_type = (request.header("content-type") or "application/json").split(";")[0].strip()
    major = media_type.split("/")[0]
    return bool({"*/*", media_type.lower(), f"{major}/*"} & set(binary))
