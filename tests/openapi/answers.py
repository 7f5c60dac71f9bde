"""Answers held to docs/openapi.yaml, for clients of tests that have their own questions."""

from __future__ import annotations

import re
from typing import Any

import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from tests.openapi import description
from tests.openapi.description import Operation, resolved

OF_THE_GATEWAY = frozenset({404, 413, 431})
"""What it answers by itself to what is no request of ours."""


class Asking(httpx.Client):
    """A client that fails where an answer of the index at *url* is not as described."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._answers = Answers(url)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; what is streamed is its reader's to judge."""
        response = super().send(request, **options)
        if not options.get("stream"):
            for answer in (*response.history, response):
                self._answers.check(answer)
        return response


class Answers:
    """The answers of one index."""

    def __init__(self, url: str) -> None:
        """*url* has neither a stage nor a slash at the end."""
        self._url = url
        self._document = description.strict(description.read())
        found = description.operations(self._document)
        # A literal segment wins over a parameter, as in the gateway.
        self._operations = sorted(found, key=lambda it: (it.path.count("{"), it.path))

    def check(self, response: httpx.Response) -> None:
        """Fail where *response*, if it is of this index, is not as described."""
        path = str(response.url).partition("?")[0].removeprefix(self._url)
        if path.startswith("http"):
            return
        operation = self._find(response.request.method, path.removeprefix("/prod"))
        if operation is None:
            assert response.status_code in OF_THE_GATEWAY, f"{path} is not described"
            return
        if response.status_code not in OF_THE_GATEWAY - {404}:
            self._hold(operation, response)

    def _find(self, method: str, path: str) -> Operation | None:
        for operation in self._operations:
            pattern = re.sub(r"{\w+}", "[^/]+", operation.path.rstrip("/")) + "/?"
            if operation.method == method and re.fullmatch(pattern, path):
                return operation
        return None

    def _hold(self, operation: Operation, response: httpx.Response) -> None:
        where = f"{response.status_code} of {operation.key}"
        assert response.status_code in operation.statuses, f"docs/openapi.yaml has no {where}"
        said = resolved(self._document, operation.said["responses"][str(response.status_code)])
        for name, header in said.get("headers", {}).items():
            if resolved(self._document, header).get("required"):
                assert name in response.headers, f"{name} lacks in {where}"
        if not response.content:
            return
        media_type = response.headers["Content-Type"].partition(";")[0]
        described = said.get("content", {})
        assert media_type in described, f"docs/openapi.yaml has no {media_type} as {where}"
        if media_type.endswith("json"):
            problems = self._problems(described[media_type]["schema"], response.json())
            assert not problems, f"{where} is not as docs/openapi.yaml has it: {problems}"

    def _problems(self, schema: dict[str, Any], instance: object) -> list[str]:
        rooted = {**schema, "components": self._document["components"]}
        validator = OAS31Validator(rooted, format_checker=oas31_format_checker)
        return [f"{it.json_path}: {it.message}" for it in validator.iter_errors(instance)]
