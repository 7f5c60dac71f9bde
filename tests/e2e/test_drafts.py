"""A release before it is published: installed from its preview, and by nobody else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.installers import PIPS, UV_PIP
from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.installers import Pip
    from tests.e2e.sandbox import Sandbox

INSTALLERS = pytest.mark.parametrize("client", [PIPS[0], UV_PIP], ids=lambda it: it.name)


def ask(index: Index, method: str, path: str, document: object = None) -> dict[str, Any]:
    answer = index.http.request(
        method, index.local.url + path, json=document, headers={"Accept": "application/json"}
    )
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def staged(index: Index, name: str, *files: tuple[str, bytes]) -> dict[str, Any]:
    """Open a draft of version 1.0 and put files into it, as any client can."""
    draft = ask(index, "POST", "/drafts", {"name": name, "version": "1.0"})
    for filename, content in files:
        said = {
            "filename": filename,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "draft": draft["id"],
        }
        session = ask(index, "POST", "/uploads", said)
        request = session["upload"]
        httpx.put(request["url"], headers=request["headers"], content=content).raise_for_status()
        assert ask(index, "GET", f"/uploads/{session['id']}?wait=20")["state"] == "staged"
    return draft


def with_token(index: Index, url: str) -> str:
    return url.replace("://", f"://__token__:{index.read_token}@")


@INSTALLERS
def test_a_draft_is_installed_from_its_preview_with_what_it_needs(
    client: Pip, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(f"{name}-base")
    draft = staged(index, name, wheel(name, requires_dist=[f"{name}-base"]), sdist(name))

    refused = client.install(sandbox, index.read_url, f"{name}==1.0")
    from_preview = client.install(sandbox, with_token(index, draft["links"]["stage"]), name)

    refused.failed()
    from_preview.succeeded()
    assert {name, f"{name}-base"} <= set(sandbox.installed())
    assert index.files(name) == {}


@INSTALLERS
def test_a_published_draft_is_installed_from_either(
    client: Pip, index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    index.has(wheel(name, "0.9"))
    draft = staged(index, name, wheel(name), sdist(name))
    before = set(index.files(name))

    ask(index, "POST", f"/drafts/{draft['id']}/publish")

    client.install(sandbox, index.read_url, f"{name}==1.0").succeeded()
    client.install(another, with_token(index, draft["links"]["stage"]), f"{name}==1.0").succeeded()
    assert len(before) == 1
    assert len(index.files(name)) == 3


def test_who_may_not_read_the_project_sees_no_preview(index: Index, name: str) -> None:
    draft = staged(index, name, wheel(name))
    stranger = index.token("read:project:another")

    page = httpx.get(f"{draft['links']['stage']}{name}/", auth=("__token__", stranger))
    nobody = httpx.get(f"{draft['links']['stage']}{name}/")

    assert (page.status_code, nobody.status_code) == (403, 401)
