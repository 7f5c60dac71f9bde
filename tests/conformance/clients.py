"""The clients that the checklist speaks of, acted over HTTP: twine, uv, an installer, a manager.

What they send is what the real ones send (`forms`). Nothing here knows how the index works.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from tests import factories
from tests.conformance.forms import Part, content_type, multipart, texts, twine_form, uv_form
from tests.conformance.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx

    from tests.localindex import LocalIndex

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
TEXT_HTML = "text/html"
SIMPLE = (JSON, HTML, TEXT_HTML)

PIP_ACCEPTS = f"{JSON}, {HTML}; q=0.1, {TEXT_HTML}; q=0.01"
UV_ACCEPTS = f"{JSON}, {HTML};q=0.2, {TEXT_HTML};q=0.01"

TWINE_SENDS = {"Accept": "*/*", "User-Agent": "twine/7.0.0 CPython/3.13.0"}
UV_SENDS = {
    "Accept": "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7",
    "User-Agent": "uv/0.13.9",
}


def fresh(stem: str = "demo") -> str:
    """Make up the name of a project that nobody has used."""
    return f"{stem}-{uuid.uuid4().hex[:12]}"


def basic(password: str, user: str = "__token__") -> str:
    """Write a Basic Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def sha256(content: bytes) -> str:
    """The digest that pages show."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Index:
    """A running index, seen from outside."""

    facts: LocalIndex
    http: httpx.Client

    # --- publishing ------------------------------------------------------------------------------

    def post(
        self,
        parts: Sequence[Part],
        *,
        url: str | None = None,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Post a form; an empty *authorization* sends none."""
        sent = {**TWINE_SENDS, "Content-Type": content_type(), **(headers or {})}
        credentials = basic(self.facts.token) if authorization is None else authorization
        if credentials:
            sent["Authorization"] = credentials
        body = multipart(parts)
        return self.http.post(url or self.facts.upload_url, content=body, headers=sent)

    def twine(self, filename: str, content: bytes, /, **changes: str | list[str]) -> httpx.Response:
        """Upload as twine does."""
        return self.post(twine_form(filename, content, **changes))

    def uv(self, filename: str, content: bytes, /, **changes: str | list[str]) -> httpx.Response:
        """Upload as uv does."""
        return self.post(uv_form(filename, content, **changes), headers=UV_SENDS)

    def publish(self, *files: tuple[str, bytes]) -> None:
        """Upload files that must be taken."""
        for filename, content in files:
            answer = self.twine(filename, content)
            assert answer.status_code == 200, answer.text

    def wheel(self, name: str, version: str = "1.0", **options: Any) -> tuple[str, bytes]:
        """Publish a wheel and give its filename and bytes."""
        made = factories.wheel(name, version, **options)
        self.publish(made)
        return made

    def sdist(self, name: str, version: str = "1.0", **options: Any) -> tuple[str, bytes]:
        """Publish an sdist and give its filename and bytes."""
        made = factories.sdist(name, version, **options)
        self.publish(made)
        return made

    def has_refused(self, name: str, answer: httpx.Response, code: str) -> None:
        """Hold a refusal to its form: 400, the problem by its code, no project left behind."""
        assert answer.status_code == 400, answer.text
        assert code in problems(answer), answer.text
        assert self.get(self.page_url(name)).status_code == 404

    def refuses(self, name: str, made: tuple[str, bytes], code: str) -> None:
        """Upload a file whose form says no more of it than its name, and see it refused."""
        filename, content = made
        file = Part("content", content, filename, "application/octet-stream")
        fields = texts(factories.upload_form(filename, content))
        self.has_refused(name, self.post([*fields, file]), code)

    # --- reading ---------------------------------------------------------------------------------

    def get(self, url: str, **headers: str) -> httpx.Response:
        """Read with the token; header names are written with underscores."""
        return self.ask("GET", url, **headers)

    def ask(self, method: str, url: str, **headers: str) -> httpx.Response:
        """Ask for anything with the token, redirects not followed."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Authorization", basic(self.facts.token))
        return self.http.request(method, url, headers=sent)

    @property
    def root_url(self) -> str:
        """The list of projects."""
        return self.facts.index_url

    def page_url(self, name: str) -> str:
        """The page of a project."""
        return f"{self.facts.index_url}{name}/"

    def page(self, name: str) -> dict[str, Any]:
        """The page of a project as JSON."""
        answer = self.get(self.page_url(name), Accept=JSON)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def html(self, name: str) -> Page:
        """The page of a project as HTML."""
        answer = self.get(self.page_url(name), Accept=TEXT_HTML)
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def filenames(self, name: str) -> set[str]:
        """What a project's page lists; nothing where there is no such project."""
        answer = self.get(self.page_url(name), Accept=JSON)
        if answer.status_code == 404:
            return set()
        return {file["filename"] for file in answer.json()["files"]}

    def file(self, name: str, filename: str) -> dict[str, Any]:
        """What a project's page says of one file."""
        return next(file for file in self.page(name)["files"] if file["filename"] == filename)

    def file_url(self, name: str, filename: str) -> str:
        """The absolute URL of a file."""
        url: str = self.file(name, filename)["url"]
        return urljoin(self.page_url(name), url)

    def download(self, url: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Read a file as installers do: they follow to another host without the token."""
        sent = {"Accept-Encoding": "identity"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Authorization", basic(self.facts.token))
        return self.http.request(method, url, headers=sent, follow_redirects=True)

    # --- managing --------------------------------------------------------------------------------

    def manage(
        self, method: str, path: str, document: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Do as an administrator does; it must be taken."""
        answer = self.http.request(
            method,
            f"{self.facts.manage_url}{path}",
            json=document,
            headers={"Authorization": basic(self.facts.admin_token)},
        )
        assert answer.is_success, answer.text
        return answer

    def set_status(self, name: str, status: str, reason: str | None = None) -> None:
        """Mark a project (PEP 792)."""
        self.manage("PUT", f"projects/{name}/status", {"status": status, "reason": reason})

    def yank(self, name: str, filename: str, reason: str = "") -> None:
        """Yank one file (PEP 592)."""
        self.manage("PUT", f"projects/{name}/files/{filename}/yank", {"reason": reason})

    def token(self, kind: str, *scopes: str) -> str:
        """Issue a token."""
        wish = {"kind": kind, "principal": "conformance", "scopes": list(scopes), "days": 1}
        secret: str = self.manage("POST", "tokens", wish).json()["token"]
        return secret


def problems(answer: httpx.Response) -> set[str]:
    """The codes of the problems that a refusal names, whichever form it has."""
    if answer.headers["content-type"] == "application/json":
        return {problem["code"] for problem in json.loads(answer.text)["problems"]}
    lines = answer.text.splitlines()
    return {line[line.rindex("[") + 1 : -1] for line in lines if line.endswith("]")}


def hrefs(page: Page, base: str) -> Iterator[str]:
    """The absolute URLs of a page's links."""
    for anchor in page.anchors:
        yield urljoin(base, anchor.href)
