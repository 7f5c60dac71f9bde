from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import factories, samples
from tests.localindex import LocalIndex, local_index
from tests.openapi.answers import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

Upload = tuple[str, bytes]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with local_index(tmp_path_factory.mktemp("described") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def admin(index: LocalIndex) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    options = {"base_url": index.url, "auth": ("", index.admin_token), "trust_env": False}
    with Asking(index.url, timeout=60, **options) as client:
        yield client


@pytest.fixture(scope="module")
def demo(admin: httpx.Client) -> Upload:
    """The wheel that the examples speak of, published."""
    wheel = factories.wheel("demo", "1.0")
    content_type, form = samples.posted(*wheel)
    answer = admin.post("/legacy/", content=form, headers={"Content-Type": content_type})
    assert answer.status_code == 200, answer.text
    return wheel


@pytest.fixture(scope="module")
def token(admin: httpx.Client) -> Callable[[str], str]:
    """Issues a token that may read, or do everything."""
    scopes = {"read": ["read:*"], "admin": ["admin:*", "publish:*", "read:*"]}

    def issue(kind: str) -> str:
        wish = {"kind": kind, "principal": "schemathesis", "scopes": scopes[kind]}
        answer = admin.post("/manage/tokens", json=wish).raise_for_status()
        return str(answer.json()["token"])

    return issue
