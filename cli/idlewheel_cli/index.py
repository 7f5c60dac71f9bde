"""Where an index is: one base URL, from which all others follow."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from idlewheel_cli.failures import Failure

_ENDPOINTS = ("simple", "legacy", "pypi", "manage")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Index:
    """An index by its base URL, without a slash at the end: ``https://host/prod``."""

    base: str

    @classmethod
    def of(cls, url: str) -> Index:
        """Read any URL of an index: its base, ``…/simple/``, ``…/legacy/``; user info is dropped.

        Raises Failure where it is not a URL of the web.
        """
        parts = urlsplit(_with_scheme(url.strip()))
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Failure(f"'{url}' is not the URL of an index; write https://host/stage")
        path = parts.path.rstrip("/")
        head, _, last = path.rpartition("/")
        path = head if last in _ENDPOINTS else path
        host = parts.netloc.rpartition("@")[2].lower()
        return cls(urlunsplit((parts.scheme, host, path.rstrip("/"), "", "")))

    @property
    def host(self) -> str:
        """Host and port, as in the URL."""
        return urlsplit(self.base).netloc

    @property
    def simple(self) -> str:
        """What pip and uv install from."""
        return f"{self.base}/simple/"

    @property
    def legacy(self) -> str:
        """What twine uploads to."""
        return f"{self.base}/legacy/"

    def covers(self, service: str) -> bool:
        """Say whether *service* is of this index: any URL below it, its host, or host and port."""
        ours = urlsplit(self.base)
        if "://" not in service:
            return service.lower() in {ours.netloc, ours.hostname}
        theirs = urlsplit(service)
        if (theirs.hostname, _port(theirs.scheme, theirs.port)) != (
            ours.hostname,
            _port(ours.scheme, ours.port),
        ):
            return False
        path = theirs.path.rstrip("/") + "/"
        return path == "/" or path.startswith(ours.path.rstrip("/") + "/")


def user_info(url: str) -> tuple[str | None, str | None]:
    """Take user name and password out of a URL; what is missing or empty is None."""
    parts = urlsplit(_with_scheme(url.strip()))
    name, password = parts.username, parts.password
    return unquote(name) if name else None, unquote(password) if password else None


def escaped(segment: str) -> str:
    """Write a name or a version as one segment of a path."""
    return quote(segment, safe="")


def _with_scheme(url: str) -> str:
    if "://" in url:
        return url
    scheme = "http" if url.startswith(_LOOPBACK) else "https"
    return f"{scheme}://{url}"


def _port(scheme: str, port: int | None) -> int | None:
    return port or _PORTS.get(scheme)
