"""Every client that uploads: what it is told when it works, and what when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.publishers import PUBLISHERS, Publisher, project

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Sandbox

pytestmark = pytest.mark.parametrize("client", PUBLISHERS, ids=lambda it: it.name)


@pytest.mark.shows("uploads a wheel and an sdist")
def test_a_release_is_listed_as_soon_as_it_is_uploaded(
    client: Publisher, index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    client.publish(sandbox, index.upload_url, index.publish_token).succeeded()

    stem = f"{name.replace('-', '_')}-1.0"
    assert set(index.files(name)) == {f"{stem}-py3-none-any.whl", f"{stem}.tar.gz"}
    for path in (sandbox.work / "dist").iterdir():
        assert index.download(name, path.name) == path.read_bytes()


@pytest.mark.shows("repeats an upload: no error")
def test_the_same_files_again_are_no_error(
    client: Publisher, index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    client.publish(sandbox, index.upload_url, index.publish_token).succeeded()
    first = index.files(name)
    client.publish(sandbox, index.upload_url, index.publish_token).succeeded()

    assert index.files(name) == first


@pytest.mark.shows("other bytes under a published filename: refused")
def test_other_bytes_under_a_published_name_are_refused(
    client: Publisher, index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    client.publish(sandbox, index.upload_url, index.publish_token).succeeded()
    first = index.files(name)
    project(sandbox.work, name, text="other bytes")
    said = client.publish(sandbox, index.upload_url, index.publish_token).failed()

    assert "409" in said
    assert ("File already exists" in said) == client.says_why
    assert index.files(name) == first


@pytest.mark.shows("upload with a wrong token: refused")
def test_a_wrong_token_uploads_nothing(
    client: Publisher, index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    wrong = index.publish_token[:-1] + ("a" if index.publish_token[-1] != "a" else "b")
    said = client.publish(sandbox, index.upload_url, wrong).failed()

    assert "401" in said
    assert wrong not in said
    assert index.files(name) == {}


@pytest.mark.shows("upload without a token: refused")
def test_no_token_uploads_nothing(
    client: Publisher, index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    client.publish(sandbox, index.upload_url, None).failed()

    assert index.files(name) == {}


@pytest.mark.shows("upload with a token for reading: refused")
def test_a_token_for_reading_uploads_nothing(
    client: Publisher, index: Index, sandbox: Sandbox, name: str
) -> None:
    project(sandbox.work, name)
    said = client.publish(sandbox, index.upload_url, index.token("read:*")).failed()

    assert "403" in said
    assert ("publish" in said and name in said) or not client.says_why
    assert index.files(name) == {}


@pytest.mark.shows("upload with another project's token: refused")
def test_a_token_for_one_project_uploads_to_that_one_alone(
    client: Publisher, index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    token = index.token(f"publish:project:{name}", "read:*")
    project(sandbox.work, name)
    project(another.work, f"{name}-other")
    client.publish(sandbox, index.upload_url, token).succeeded()
    said = client.publish(another, index.upload_url, token).failed()

    assert "403" in said
    assert len(index.files(name)) == 2
    assert index.files(f"{name}-other") == {}
