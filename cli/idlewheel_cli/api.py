"""The index over HTTP: one question, one answer, errors told in its own words."""

from __future__ import annotations

import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

import httpx

from idlewheel_cli.failures import CredentialsWanted, Refused, Unreachable
from idlewheel_cli.retry import BUSY, Pauses

if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

    from idlewheel_cli.target import Target

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
TIMEOUT = httpx.Timeout(60, connect=10)
"""Seconds; the index answers within 29, or its gateway does."""


def own_version() -> str:
    """Answer the version of this command."""
    try:
        return version("idlewheel")
    except PackageNotFoundError:  # run from a checkout
        return "0+checkout"


USER_AGENT = f"idlewheel/{own_version()} CPython/{platform.python_version()}"


@cache
def tls() -> SSLContext:
    """Read the certificates once: for the index, and for the store that it sends us to."""
    return httpx.create_ssl_context()


class Api:
    """An index that we may speak to."""

    def __init__(self, target: Target, pauses: Callable[[], Pauses] = Pauses) -> None:
        """Make ready; nothing is sent yet."""
        self.index = target.index
        self._pauses = pauses
        self._client = httpx.Client(
            auth=httpx.BasicAuth(target.username, target.password),
            timeout=TIMEOUT,
            verify=tls(),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Ask for JSON at *path* (with its slash in front), trying again while that may help.

        Raises:
            Refused, CredentialsWanted, Unreachable: the index's own words.

        """
        answer = self.send(method, path, **options)
        try:
            return dict(answer.json())
        except ValueError:
            raise Unreachable(
                f"{self.index.base}{path} did not answer as an Idlewheel does; is the URL right?"
            ) from None

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send one request until it is answered; raise what `ask` raises, for 400 and above."""
        pauses = self._pauses()
        answer: httpx.Response | None = None
        for is_last in pauses:
            try:
                answer = self._client.request(method, self.index.base + path, **options)
            except httpx.TransportError as error:
                if is_last:
                    raise Unreachable(f"{self.index.base} does not answer: {error}") from error
                continue
            if answer.status_code not in BUSY:
                break
            pauses.hint(answer)
        return require_success(answer, self.index.base + path)

    def download(self, url: str) -> Any:  # noqa: ANN401 - httpx has no public name for it
        """Stream a file of the index; the redirect to the store goes without our token."""
        return self._client.stream("GET", url, follow_redirects=True, headers={"Accept": "*/*"})


def require_success(answer: httpx.Response | None, url: str) -> httpx.Response:
    """Answer *answer* if it is one of success."""
    if answer is None:  # never asked
        raise Unreachable(f"{url} was not asked")
    status = answer.status_code
    if answer.is_redirect:
        raise Unreachable(f"{url} redirects to {answer.headers.get('location')}; use that URL")
    if status < httpx.codes.BAD_REQUEST:
        return answer
    message, problems = told(answer)
    if status == httpx.codes.UNAUTHORIZED:
        raise CredentialsWanted(message)
    if status in BUSY and status != httpx.codes.TOO_MANY_REQUESTS:
        raise Unreachable(f"{url} cannot answer now ({status}): {message}")
    raise Refused(status, message, problems)


def told(answer: httpx.Response) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Read what an error says: its sentence, and its problems as (code, sentence)."""
    try:
        said = json.loads(answer.text)
        problems = tuple((str(it["code"]), str(it["message"])) for it in said.get("problems", ()))
        return str(said["message"]), problems
    except (ValueError, KeyError, TypeError, AttributeError):
        text = " ".join(answer.text.split())[:300]
        return text or f"{answer.status_code} {answer.reason_phrase}", ()
