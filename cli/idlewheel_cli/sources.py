"""Where an import comes from: a folder, or any simple index (PEP 503 or 691)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx
from packaging.utils import canonicalize_name

from idlewheel_cli.api import SIMPLE_JSON, TIMEOUT, USER_AGENT
from idlewheel_cli.failures import CredentialsWanted, Failure, Unreachable
from idlewheel_cli.index import user_info
from idlewheel_cli.retry import BUSY, Pauses
from idlewheel_cli.selection import DISTRIBUTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from idlewheel_cli.progress import Line

ACCEPT = f"{SIMPLE_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be imported."""

    name: str
    project: str
    location: str
    """A path or a URL."""
    sha256: str | None = None
    yanked: str | None = None
    """Why, if it is yanked; the empty string is a yank without a reason."""
    upload_time: str | None = None
    """As PEP 700 writes it, where the source knows it."""


class Source(Protocol):
    """Something to import from."""

    def files(self, projects: Sequence[str]) -> Iterator[SourceFile]:
        """Find the files of *projects*, or all."""
        ...

    def fetch(self, file: SourceFile, folder: Path, line: Line) -> Path:
        """Have the file on the disk, in *folder* if it is not there yet."""
        ...


def open_source(text: str) -> Source:
    """Say what *text* means: a folder, or the URL of an index. Raises Failure."""
    if text.startswith(("http://", "https://")):
        return SimpleIndex(text)
    if Path(text).is_dir():
        return Folder(Path(text))
    raise Failure(f"'{text}' is neither a folder nor the URL of an index")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with everything below it."""

    path: Path

    def files(self, projects: Sequence[str]) -> Iterator[SourceFile]:
        """Find the distributions below the folder."""
        wanted = {canonicalize_name(name) for name in projects}
        for path in sorted(self.path.rglob("*")):
            if path.name.endswith(DISTRIBUTIONS) and path.is_file():
                project = canonicalize_name(_stem(path.name))
                if not wanted or project in wanted:
                    yield SourceFile(path.name, project, str(path))

    def fetch(self, file: SourceFile, folder: Path, line: Line) -> Path:  # noqa: ARG002
        """Answer where it is."""
        return Path(file.location)


def _stem(filename: str) -> str:
    if filename.endswith(".whl"):
        return filename.partition("-")[0]
    return filename.rpartition("-")[0]


class SimpleIndex:
    """An index of anybody's."""

    def __init__(self, url: str) -> None:
        """Speak to the index whose root list is at *url*; credentials may stand in it."""
        user, password = user_info(url)
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._root = parts._replace(netloc=host).geturl().rstrip("/") + "/"
        auth = httpx.BasicAuth(user or "", password or "") if user or password else None
        self._client = httpx.Client(
            auth=auth or _netrc(),
            timeout=TIMEOUT,
            follow_redirects=True,
            headers={"User-Agent": USER_AGENT},
        )

    def files(self, projects: Sequence[str]) -> Iterator[SourceFile]:
        """Find the files of *projects*, or of every project that the root lists."""
        for name in projects or self._projects():
            project = canonicalize_name(name)
            answer = self._get(urljoin(self._root, f"{project}/"))
            for link in _links(answer):
                if link.name.endswith(DISTRIBUTIONS):
                    facts = (link.url, link.sha256, link.yanked, link.upload_time)
                    yield SourceFile(link.name, project, *facts)

    def _projects(self) -> list[str]:
        answer = self._get(self._root)
        if _is_json(answer):
            return [str(it["name"]) for it in answer.json()["projects"]]
        return [link.text for link in _anchors(answer)]

    def _get(self, url: str) -> httpx.Response:
        answer = None
        for is_last in Pauses():
            try:
                answer = self._client.get(url, headers={"Accept": ACCEPT})
            except httpx.TransportError as error:
                if is_last:
                    raise Unreachable(f"{url} does not answer: {error}") from error
                continue
            if answer.status_code not in BUSY:
                break
        if answer is None or answer.status_code in {401, 403}:
            raise CredentialsWanted(f"{url} wants other credentials; put them into the URL")
        if answer.status_code != httpx.codes.OK:
            raise Failure(f"{url} answered {answer.status_code}")
        return answer

    def fetch(self, file: SourceFile, folder: Path, line: Line) -> Path:
        """Download it, checked against the digest that its page names."""
        path, found = folder / file.name, hashlib.sha256()
        try:
            with self._client.stream("GET", file.location) as answer, path.open("wb") as stream:
                if answer.status_code != httpx.codes.OK:
                    raise Failure(f"{file.location} answered {answer.status_code}")
                line.phase("receiving", int(answer.headers.get("content-length") or 0))
                for chunk in answer.iter_raw(CHUNK):
                    stream.write(chunk)
                    found.update(chunk)
                    line.advance(len(chunk))
        except httpx.TransportError as error:
            raise Unreachable(f"{file.location}: {error}") from error
        if file.sha256 and found.hexdigest() != file.sha256:
            raise Failure(f"{file.name} arrived damaged: its sha256 is {found.hexdigest()}")
        return path


def _netrc() -> httpx.Auth | None:
    try:
        return httpx.NetRCAuth()
    except (OSError, ValueError, SyntaxError):
        return None


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    text: str = ""
    sha256: str | None = None
    yanked: str | None = None
    upload_time: str | None = None

    @property
    def name(self) -> str:
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


def _is_json(answer: httpx.Response) -> bool:
    media_type: str = answer.headers.get("content-type", "").partition(";")[0]
    return media_type.endswith("json")


def _links(answer: httpx.Response) -> Iterator[_Link]:
    if not _is_json(answer):
        yield from _anchors(answer)
        return
    for it in answer.json()["files"]:
        yanked = it.get("yanked", False)
        reason = None if yanked is False else yanked if isinstance(yanked, str) else ""
        url = urljoin(str(answer.url), it["url"])
        sha256 = it.get("hashes", {}).get("sha256")
        yield _Link(url, it["filename"], sha256, reason, it.get("upload-time"))


def _anchors(answer: httpx.Response) -> Iterator[_Link]:
    parser = _Anchors()
    parser.feed(answer.text)
    for attributes, text in parser.found:
        url, fragment = urldefrag(urljoin(str(answer.url), attributes.get("href") or ""))
        sha256 = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else None
        yanked = (attributes["data-yanked"] or "") if "data-yanked" in attributes else None
        yield _Link(url, text.strip(), sha256, yanked)


@dataclass
class _Anchors(HTMLParser):
    found: list[tuple[dict[str, str | None], str]] = field(default_factory=list)
    inside: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        if tag == "a":
            self.inside = True
            self.found.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self.inside:
            attributes, text = self.found[-1]
            self.found[-1] = (attributes, text + data)
