"""Files put straight into the store, through the local gateway: what each party refuses."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.factories import wheel
from tests.localindex import local_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localindex import LocalIndex


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with local_index(tmp_path_factory.mktemp("sessions") / "state") as running:
        yield running


class Client:
    """Announces files with one token, and sends them."""

    def __init__(self, index: LocalIndex, token: str) -> None:
        self.url = index.url
        self.auth = ("__token__", token)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(
            method,
            self.url + path,
            auth=self.auth,
            timeout=60,
            headers={"Accept": "application/json, text/html;q=0.1"},
            **options,
        )

    def announce(self, filename: str, body: bytes, **changes: Any) -> httpx.Response:
        said = {
            "filename": filename,
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            **changes,
        }
        return self.request("POST", "/uploads", json=said)

    def session(self, filename: str, body: bytes) -> dict[str, Any]:
        answer = self.announce(filename, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def verdict(self, session: dict[str, Any], wait: int = 20) -> dict[str, Any]:
        answer = self.request("GET", f"/uploads/{session['id']}", params={"wait": wait})
        found: dict[str, Any] = answer.json()
        return found


def put(session: dict[str, Any], body: bytes, **changes: str | None) -> httpx.Response:
    upload = session["upload"]
    headers = {**upload["headers"], "content-length": str(len(body)), **changes}
    sent = {name: value for name, value in headers.items() if value is not None}
    return httpx.request(upload["method"], upload["url"], headers=sent, content=body)


@pytest.fixture
def client(index: LocalIndex) -> Client:
    return Client(index, index.token)


@pytest.fixture
def file(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """A wheel that no other test has."""
    return wheel(f"sessions-{abs(hash(request.node.name))}", description=request.node.name)


def token(index: LocalIndex, *scopes: str) -> tuple[str, str]:
    """Issue a token: its id, and its text."""
    wish = {"kind": "publish", "principal": "ci", "scopes": scopes, "days": 1}
    with httpx.Client(auth=("", index.admin_token)) as admin:
        said = admin.post(f"{index.manage_url}tokens", json=wish).json()
    return said["id"], said["token"]


def test_what_arrives_is_published(client: Client, file: tuple[str, bytes]) -> None:
    session = client.session(*file)
    status = put(session, file[1]).status_code
    verdict = client.verdict(session)

    page = client.request("GET", f"/simple/{session['project']}/").text
    assert (status, verdict["state"]) == (200, "published")
    assert hashlib.sha256(file[1]).hexdigest() in page
    again = client.announce(*file).json()
    assert again == {"filename": file[0], "state": "published", "existed": True}


def test_a_waiting_client_hears_the_verdict_when_it_is_there(
    client: Client, file: tuple[str, bytes]
) -> None:
    session = client.session(*file)
    later = threading.Timer(1.0, put, (session, file[1]))
    later.start()
    started = time.monotonic()

    verdict = client.verdict(session)

    later.join()
    assert verdict["state"] == "published"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda body: body[:-1] + b"?", 400, "BadDigest"),
        (lambda body: body[:-1], 403, "SignatureDoesNotMatch"),
        (lambda body: body + b"?", 403, "SignatureDoesNotMatch"),
    ],
    ids=["other bytes", "short", "long"],
)
def test_the_store_refuses_what_was_not_announced(
    client: Client, file: tuple[str, bytes], change: Any, status: int, code: str
) -> None:
    session = client.session(*file)

    answer = put(session, change(file[1]))

    assert answer.status_code == status
    assert code in answer.text
    assert client.verdict(session, 0)["state"] == "received"


@pytest.mark.parametrize("header", ["if-none-match", "x-amz-checksum-sha256"])
def test_the_store_refuses_a_client_that_drops_a_guard(
    client: Client, file: tuple[str, bytes], header: str
) -> None:
    answer = put(client.session(*file), file[1], **{header: None})

    assert answer.status_code == 403
    assert "SignatureDoesNotMatch" in answer.text


def test_the_store_refuses_a_second_write(client: Client, index: LocalIndex) -> None:
    _, text = token(index, "publish:project:twice")
    session = Client(index, text).session(*wheel("twice"))
    url = session["upload"]["url"].replace("Signature=", "Signature=0")
    tampered = {**session, "upload": {**session["upload"], "url": url}}

    forged = put(tampered, wheel("twice")[1])
    put(session, wheel("twice")[1])

    assert forged.status_code == 403
    # The first may be published and gone before the second comes: then it is ignored.
    again = put(session, wheel("twice")[1])
    assert again.status_code in {200, 412}
    assert client.verdict(session)["state"] == "published"


def test_a_session_is_joined_until_its_verdict(client: Client, file: tuple[str, bytes]) -> None:
    first = client.session(*file)

    second = client.session(*file)

    assert second["id"] == first["id"]
    assert second["upload"]["headers"] == first["upload"]["headers"]


def test_a_file_that_breaks_rules_is_refused_with_its_reasons(client: Client) -> None:
    name, _ = wheel("refused")
    body = b"PK but no wheel"
    session = client.session(name, body)
    put(session, body)

    verdict = client.verdict(session)

    assert (verdict["state"], verdict["refusal"]) == ("rejected", "rejected")
    assert verdict["problems"]


def test_the_index_refuses_a_taken_name_before_a_byte_is_sent(client: Client) -> None:
    name, body = wheel("taken")
    put(session := client.session(name, body), body)
    client.verdict(session)

    answer = client.announce(name, body, sha256="0" * 64)

    assert answer.status_code == 409
    assert "File already exists" in answer.json()["message"]


def test_the_index_refuses_who_may_not_publish(index: LocalIndex, file: tuple[str, bytes]) -> None:
    _, text = token(index, "publish:project:other")

    answer = Client(index, text).announce(*file)

    assert answer.status_code == 403
    assert "needs the scope publish:project:" in answer.json()["message"]


def test_another_token_sees_and_cancels_nothing(
    client: Client, index: LocalIndex, file: tuple[str, bytes]
) -> None:
    session = client.session(*file)
    stranger = Client(index, token(index, "publish:project:other")[1])

    asked = stranger.request("GET", f"/uploads/{session['id']}")
    cancelled = stranger.request("DELETE", f"/uploads/{session['id']}")

    assert (asked.status_code, cancelled.status_code) == (403, 403)
    assert client.verdict(session, 0)["state"] == "received"


def test_what_arrives_after_a_cancellation_is_not_published(
    client: Client, file: tuple[str, bytes]
) -> None:
    session = client.session(*file)
    cancelled = client.request("DELETE", f"/uploads/{session['id']}").json()
    put(session, file[1])

    time.sleep(1)  # ingest takes a tenth of it
    verdict = client.verdict(session)

    assert cancelled["problems"] == verdict["problems"]
    assert verdict["state"] == "rejected"
    assert client.request("GET", f"/simple/{session['project']}/").status_code == 404


def test_what_arrives_after_a_revocation_is_not_published(
    client: Client, index: LocalIndex, file: tuple[str, bytes]
) -> None:
    token_id, text = token(index, "publish:*")
    session = Client(index, text).session(*file)
    with httpx.Client(auth=("", index.admin_token)) as admin:
        admin.delete(f"{index.manage_url}tokens/{token_id}")
    put(session, file[1])

    verdict = client.verdict(session)

    assert (verdict["state"], verdict["refusal"]) == ("rejected", "denied")
    assert "revoked" in verdict["problems"][0]["message"]


def test_a_published_file_is_not_cancelled(client: Client, file: tuple[str, bytes]) -> None:
    put(session := client.session(*file), file[1])
    client.verdict(session)

    answer = client.request("DELETE", f"/uploads/{session['id']}")

    assert answer.status_code == 409
    assert "cannot be cancelled" in answer.json()["message"]


def test_a_token_has_fifty_sessions_open_at_most(index: LocalIndex) -> None:
    client = Client(index, token(index, "publish:*")[1])
    body = b"never sent"
    opened = [client.session(f"many-{number}.tar.gz", body) for number in range(50)]

    refused = client.announce("many-50.tar.gz", body)
    client.request("DELETE", f"/uploads/{opened[7]['id']}")
    admitted = client.announce("many-50.tar.gz", body)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert "50 uploads open" in refused.json()["message"]
    assert admitted.status_code == 201
