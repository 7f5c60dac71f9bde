"""Gateway responses: how API Gateway itself says no, in the words of the template.

Types and their default statuses: developer guide, "Gateway response types". Templates know no
VTL, only `$context` and request variables.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from local.plan import Refusal
from local.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.wire import Headers, Request

DEFAULTS = {
    "ACCESS_DENIED": (403, "User is not authorized to access this resource"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal server error"),
    "AUTHORIZER_FAILURE": (500, "Internal server error"),
    "INTEGRATION_FAILURE": (504, "Network error communicating with endpoint"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Entity Too Large"),
    "UNAUTHORIZED": (401, "Unauthorized"),
    # Not types of their own: what falls through to DEFAULT_4XX and DEFAULT_5XX.
    "HEADERS_TOO_LARGE": (431, "Request Header Fields Too Large"),
    "BAD_ANSWER": (502, "Internal server error"),
}
"""Status and message of each reason that occurs here."""

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.]+)")


class Refused(Exception):
    """The gateway answers this request itself; the argument is the gateway response type."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Refusals:
    """The gateway responses of an API."""

    def __init__(self, declared: Mapping[str, Refusal], stage: str) -> None:
        self._declared = declared
        self._stage = stage

    def answer(self, kind: str, request: Request) -> Answer:
        """Say no for the reason *kind*, one of DEFAULTS."""
        status, message = DEFAULTS[kind]
        declared = self._declared.get(kind) or self._fallback(status)
        status = declared.status or status
        variables = self._variables(kind, message, request)
        templates = declared.templates or {"application/json": '{"message":$m}'}
        media_type, template = _chosen(templates, request)
        body = template.replace("$m", variables["error.messageString"])
        filled = _VARIABLE.sub(lambda it: variables.get(it[1].rstrip("."), ""), body)
        headers = [("Content-Type", media_type), ("x-amzn-ErrorType", f"{kind.title()}Exception")]
        headers += _mapped(declared.headers, variables, request)
        return Answer(status, headers, b"" if request.method == "HEAD" else filled.encode())

    def _fallback(self, status: int) -> Refusal:
        return self._declared.get(f"DEFAULT_{status // 100}XX") or Refusal()

    def _variables(self, kind: str, message: str, request: Request) -> dict[str, str]:
        return {
            "error.message": message,
            "error.messageString": json.dumps(message),
            "error.responseType": kind,
            "extendedRequestId": request.id,
            "httpMethod": request.method,
            "path": request.path,
            "requestId": request.id,
            "stage": self._stage,
        }


def _chosen(templates: Mapping[str, str], request: Request) -> tuple[str, str]:
    accepted = [it.split(";")[0].strip() for it in (request.header("accept") or "").split(",")]
    for media_type in [*accepted, "application/json"]:
        if media_type in templates:
            return media_type, templates[media_type]
    return next(iter(templates.items()))


def _mapped(declared: Mapping[str, str], variables: Mapping[str, str], request: Request) -> Headers:
    """Give the headers of the template: quoted text, `context.…` or a header of the request."""
    headers: Headers = []
    for name, source in declared.items():
        if source.startswith("'"):
            headers.append((name, source[1:-1]))
        elif source.startswith("context."):
            headers.append((name, variables.get(source.removeprefix("context."), "")))
        elif source.startswith("method.request.header."):
            value = request.header(source.removeprefix("method.request.header."))
            headers.append((name, value or ""))
    return headers
