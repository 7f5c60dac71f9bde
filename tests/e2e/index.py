"""The index under test, as a person with its admin token sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from tests.factories import sdist, upload_form, wheel

if TYPE_CHECKING:
    from tests.localindex import LocalIndex

JSON = "application/vnd.pypi.simple.v1+json"
_LINE = re.compile(r"\S+ \S+ (\d+) (\S+) (\S+) (\d+) in (\d+) out")


class Asked(NamedTuple):
    """One line of the gateway's log."""

    status: int
    method: str
    path: str
    size: int
    """Bytes of the answer's body."""


@dataclass(slots=True)
class Index:
    """A running index, and the shortest ways to put something into it."""

    local: LocalIndex
    http: httpx.Client = field(init=False)
    read_token: str = field(init=False)
    """A token that may do nothing but read."""

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            auth=("__token__", self.local.admin_token),
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_connections=None),
        )
        self.read_token = self.token("read:*")

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    @property
    def url(self) -> str:
        """The simple index, without credentials."""
        return self.local.index_url

    @property
    def upload_url(self) -> str:
        """Where forms are posted to."""
        return self.local.upload_url

    @property
    def publish_token(self) -> str:
        """A token that may read and publish everything."""
        return self.local.token

    @property
    def read_url(self) -> str:
        """The simple index, with the token for reading."""
        return self.url_with(self.read_token)

    def url_with(self, token: str | None) -> str:
        """The simple index with credentials, as pip takes it."""
        return self.url.replace("://", f"://__token__:{token}@") if token else self.url

    def token(self, *scopes: str) -> str:
        """Issue a token for *scopes*, good for a day."""
        kind = "publish" if any(scope.startswith("publish") for scope in scopes) else "read"
        wanted = {"kind": kind, "principal": "test", "scopes": list(scopes), "days": 1}
        answer = self.http.post(f"{self.local.manage_url}tokens", json=wanted).raise_for_status()
        return str(answer.json()["token"])

    def post(self, filename: str, content: bytes) -> httpx.Response:
        """Upload as twine does, which sends a file up to five times when it hears 5xx."""
        for _ in range(5):
            answer = self.http.post(
                self.upload_url,
                data=upload_form(filename, content),
                files={"content": (filename, content, "application/octet-stream")},
            )
            if answer.status_code != 503:
                break
        return answer

    def has(self, *distributions: tuple[str, bytes]) -> None:
        """Publish these files."""
        for filename, content in distributions:
            answer = self.post(filename, content)
            assert answer.status_code == 200, answer.text

    def has_release(self, name: str, version: str = "1.0", **about: Any) -> None:
        """Publish a release of one wheel and one sdist."""
        self.has(wheel(name, version, **about), sdist(name, version, **about))

    def files(self, name: str) -> dict[str, dict[str, Any]]:
        """What the project's page lists, by filename; nothing if there is no such project."""
        answer = self.http.get(f"{self.url}{name}/", headers={"Accept": JSON})
        if answer.status_code == 404:
            return {}
        return {file["filename"]: file for file in answer.raise_for_status().json()["files"]}

    def file_url(self, name: str, file: dict[str, Any]) -> str:
        """Where a listed file is, as its page says."""
        return str(httpx.URL(f"{self.url}{name}/").join(file["url"]))

    def download(self, name: str, filename: str) -> bytes:
        """Fetch a listed file the way that installers do, through the redirect."""
        address = self.file_url(name, self.files(name)[filename])
        return self.http.get(address, follow_redirects=True).raise_for_status().content

    def yank(self, name: str, version: str, reason: str) -> None:
        """Yank a release."""
        path = f"projects/{name}/releases/{version}/yank"
        self.http.put(f"{self.local.manage_url}{path}", json={"reason": reason}).raise_for_status()

    def asked_for(self, name: str) -> list[Asked]:
        """Every request of the gateway's log that names a project."""
        lines = self.local.log("gateway").splitlines()
        found = (_LINE.match(line) for line in lines if f"/{name}/" in line)
        return [Asked(int(it[1]), it[2], it[3], int(it[5])) for it in found if it is not None]
