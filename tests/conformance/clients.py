"""The clients that the checklist speaks of, acted over HTTP: twine, uv, an installer, a manager.

What they send is what the real ones send, part for part: twine 7 puts the file last, uv 0.13 puts
the attestations after it and gives the file no type. Nothing here knows how the index works.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import uuid
import zipfile
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin

from packaging.metadata import parse_email

from tests import factories

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

FORM_NAMES = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "license_files": "license_file",
    "import_names": "import_name",
    "import_namespaces": "import_namespace",
}
"""Fields of metadata whose name in the form is not that of `packaging.metadata`."""


class Part(NamedTuple):
    """One part of a multipart form; one with a filename is a file."""

    name: str
    value: bytes
    filename: str | None = None
    content_type: str | None = None


def multipart(parts: Sequence[Part], boundary: str = "b0undary0f32hexdigitsb0undary0f3") -> bytes:
    """Write a form as RFC 7578 has it, in the order of *parts*."""
    chunks = []
    for part in parts:
        filename = "" if part.filename is None else f'; filename="{part.filename}"'
        chunks.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'.encode()
        )
        chunks.append(filename.encode("utf-8", "surrogateescape"))
        if part.content_type:
            chunks.append(f"\r\nContent-Type: {part.content_type}".encode())
        chunks += [b"\r\n\r\n", part.value, b"\r\n"]
    return b"".join([*chunks, f"--{boundary}--\r\n".encode()])


def content_type(boundary: str = "b0undary0f32hexdigitsb0undary0f3") -> str:
    """Give the Content-Type that goes with `multipart`."""
    return f"multipart/form-data; boundary={boundary}"


def metadata_of(filename: str, content: bytes) -> bytes:
    """Read METADATA or PKG-INFO, as an uploader does; nothing where the archive is no archive."""
    try:
        if filename.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                found = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
                return wheel.read(found)
        with tarfile.open(fileobj=io.BytesIO(content)) as sdist:
            member = next(it for it in sdist.getmembers() if it.name.endswith("/PKG-INFO"))
            stream = sdist.extractfile(member)
            return stream.read() if stream else b""
    except (zipfile.BadZipFile, tarfile.TarError, StopIteration, OSError, NotImplementedError):
        return b""


def metadata_fields(filename: str, content: bytes) -> dict[str, list[str]]:
    """Spell the metadata of an archive as the form does."""
    raw, _ = parse_email(metadata_of(filename, content))
    fields: dict[str, list[str]] = {}
    for name, value in raw.items():
        form_name = FORM_NAMES.get(name, name)
        if isinstance(value, dict):
            fields[form_name] = [f"{label}, {url}" for label, url in value.items()]
        elif isinstance(value, list):
            fields[form_name] = [", ".join(value)] if name == "keywords" else list(value)
        else:
            fields[form_name] = [str(value)]
    return fields


def twine_fields(
    filename: str, content: bytes, /, **changes: str | list[str]
) -> dict[str, list[str]]:
    """Give the fields that twine 7 sends: no MD5, and all of the metadata.

    *changes* replace fields as in `factories.upload_form`.
    """
    base = factories.upload_form(filename, content, md5_digest=[])
    control = {name: base.pop(name) for name in (":action", "protocol_version")}
    fields = {**base, **metadata_fields(filename, content), **control}
    for name, value in changes.items():
        field_name = ":action" if name == "action" else name
        fields[field_name] = [value] if isinstance(value, str) else value
    return {name: values for name, values in fields.items() if values}


def twine_form(filename: str, content: bytes, /, **changes: str | list[str]) -> list[Part]:
    """Give the form as twine 7 sends it: fields, `:action`, protocol, and the file last."""
    fields = twine_fields(filename, content, **changes)
    return [*texts(fields), Part("content", content, filename, "application/octet-stream")]


def uv_form(filename: str, content: bytes, /, **changes: str | list[str]) -> list[Part]:
    """Give the form as uv 0.13 sends it.

    `:action` first, plural import names, an empty requires_python, a file without a type, and the
    attestations after it.
    """
    fields = twine_fields(filename, content, **changes)
    fields.setdefault("requires_python", [""])
    attestations = fields.pop("attestations", [])
    for singular in ("import_name", "import_namespace"):
        if singular in fields:
            fields[f"{singular}s"] = fields.pop(singular)
    parts = [
        *texts({":action": fields.pop(":action"), **fields}),
        Part("future_field", b"nobody knows it yet"),
        Part("content", content, filename),
    ]
    return parts + texts({"attestations": attestations})


def texts(fields: Mapping[str, Sequence[str]]) -> list[Part]:
    """Give a part for each value of each field."""
    return [Part(name, value.encode()) for name, values in fields.items() for value in values]


@dataclass
class Anchor:
    """One link of a page."""

    attributes: dict[str, str | None]
    text: str = ""

    @property
    def href(self) -> str:
        """Where it points to, as written."""
        return self.attributes["href"] or ""


@dataclass
class Page(HTMLParser):
    """A page of HTML, taken apart."""

    text: str
    doctype: str = ""
    anchors: list[Anchor] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self._open: Anchor | None = None
        self.feed(self.text)

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "a":
            self._open = Anchor(attributes)
            self.anchors.append(self._open)
        elif tag == "meta" and attributes.get("name"):
            self.metas[attributes["name"] or ""] = attributes.get("content") or ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def anchor(self, text: str) -> Anchor:
        """The link that is written *text*."""
        return next(anchor for anchor in self.anchors if anchor.text == text)


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
