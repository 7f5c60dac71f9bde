"""The sample events of ``events/``: they document the system, and tests run on them.

``python -m tests.samples`` writes a sample for each route of the template that has none.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from local.template import load
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
EVENTS = ROOT / "events"
EXAMPLES = {
    "project": "demo",
    "version": "1.0",
    "filename": "demo-1.0-py3-none-any.whl",
    "id": "0123456789",
    "proxy": "demo/" + "a" * 64 + "/demo-1.0%2Blocal.1-py3-none-any.whl",
}
UPLOAD_ID = "0123456789abcdef0123456789abcdef"
HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
SLASHED = {
    "/simple",
    "/simple/{project}",
    "/drafts/{id}/simple",
    "/drafts/{id}/simple/{project}",
    "/legacy",
}
"""Routes that clients ask for with a slash at the end."""


class Route(NamedTuple):
    """One route of the template."""

    name: str
    function: str
    method: str
    path: str

    @property
    def key(self) -> str:
        """As functions register it."""
        return f"{self.method} {self.path}"

    @property
    def sample(self) -> str:
        """The name of its sample event."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower()


def functions() -> Mapping[str, Any]:
    """The functions of the template, by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in load(ROOT / "template.yaml").resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def routes() -> Iterator[Route]:
    """Every route of the template."""
    for function, properties in functions().items():
        for name, event in properties.get("Events", {}).items():
            if event["Type"] == "Api":
                yield Route(
                    name, function, event["Properties"]["Method"], event["Properties"]["Path"]
                )


def event(name: str, **changes: Any) -> dict[str, Any]:
    """Read a sample, changed: ``headers`` are merged, the rest is replaced."""
    sample: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    for key, value in changes.items():
        if key == "headers":
            sample["headers"] |= value
            several = sample.setdefault("multiValueHeaders", {})
            several |= {header: [one] for header, one in value.items()}
        else:
            sample[key] = value
    return sample


def make(route: Route) -> dict[str, Any]:
    """Make a sample of *route* as API Gateway would send it."""
    has_long_id = route.path.startswith(("/uploads", "/drafts"))
    examples = EXAMPLES | ({"id": UPLOAD_ID} if has_long_id else {})
    names = re.findall(r"{(\w+)\+?}", route.path)
    parameters = {name: examples[name] for name in names}
    path = re.sub(r"{(\w+)\+?}", lambda match: examples[match[1]], route.path)
    path += "/" if route.path in SLASHED else ""
    headers, body = _headers_and_body(route)
    return {
        "resource": route.path,
        "path": path,
        "httpMethod": route.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _context(route, path),
        "body": body,
        "isBase64Encoded": body is not None,
    }


def _headers_and_body(route: Route) -> tuple[dict[str, str], str | None]:
    headers = {
        "Accept": "*/*",
        "Host": HOST,
        "User-Agent": "example/1.0",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    if route.method not in {"POST", "PUT"}:
        return headers, None
    content_type, body = _body(route)
    return {**headers, "Content-Type": content_type}, base64.b64encode(body).decode()


def _body(route: Route) -> tuple[str, bytes]:
    if route.path == "/legacy":
        return posted(*factories.wheel())
    wishes = {
        "OpenSession": {
            "filename": "demo-1.0-py3-none-any.whl",
            "size": 209_715_200,
            "sha256": "a" * 64,
        },
        "OpenDraft": {"name": "demo", "version": "1.0"},
        "PublishDraft": {"files": ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]},
        "IssueToken": {"kind": "read", "principal": "ci", "scopes": ["read:*"], "days": 30},
        "SetAttestations": {
            "policy": "require",
            "publishers": [{"kind": "GitHub", "repository": "acme/demo", "workflow": "ci.yml"}],
        },
        "SetStatus": {"status": "archived", "reason": "moved to demo2"},
    }
    return "application/json", json.dumps(wishes.get(route.name, {"reason": "broken"})).encode()


def posted(filename: str, content: bytes, **changes: str | list[str]) -> tuple[str, bytes]:
    """Write the upload form as twine does: the Content-Type, and the body."""
    fields = factories.upload_form(filename, content, **changes)
    request = httpx.Request(
        "POST", "http://x/", data=fields, files={"content": (filename, content)}
    )
    return request.headers["content-type"], request.read()


def _context(route: Route, path: str) -> dict[str, Any]:
    return {
        "accountId": "123456789012",
        "apiId": HOST.split(".", maxsplit=1)[0],
        "authorizer": {
            "principalId": "ann",
            "principal": "ann",
            "token_id": "0123456789",
            "scopes": "admin:* publish:* read:* yank:*",
            "expires_at": "4102444800.0",
            "integrationLatency": 12,
        },
        "domainName": HOST,
        "domainPrefix": HOST.split(".", maxsplit=1)[0],
        "extendedRequestId": "Zm9vYmFyYmF6cXV4=",
        "httpMethod": route.method,
        "identity": {"sourceIp": "203.0.113.7", "userAgent": "example/1.0"},
        "path": f"/prod{path}",
        "protocol": "HTTP/1.1",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "requestTime": "22/Nov/2026:12:00:00 +0000",
        "requestTimeEpoch": 1795348800000,
        "resourceId": "abc123",
        "resourcePath": route.path,
        "stage": "prod",
    }


if __name__ == "__main__":
    for one in routes():
        target = EVENTS / f"{one.sample}.json"
        if not target.exists():
            target.write_text(json.dumps(make(one), indent=2) + "\n")
            print(target.relative_to(ROOT))
