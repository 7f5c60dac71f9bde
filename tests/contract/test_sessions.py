from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.uploads import SESSION, Lane
from idlewheel.errors import Rejected, TooMany

if TYPE_CHECKING:
    from pathlib import Path

    from idlewheel.domain.tokens import Token
    from idlewheel.domain.uploads import Upload
    from tests.contract.ports import Ports

NAME = "demo-1.0+local.1-py3-none-any.whl"
BODY = b"PK large"
SHA256 = hashlib.sha256(BODY).hexdigest()


def announced(ports: Ports, token: Token | None = None) -> Upload:
    return ports.upload(
        token or ports.token(), NAME, lane=Lane.LARGE, size=len(BODY), sha256=SHA256
    )


def opened(ports: Ports, token: Token, number: int, at_once: int, age: timedelta) -> Upload:
    """Open a session among *at_once*, as one did *age* ago."""
    upload = ports.unopened(
        token,
        f"demo-{number}-py3-none-any.whl",
        lane=Lane.LARGE,
        received_at=datetime.now(UTC) - age,
    )
    return ports.uploads.open(upload, at_once)


NOW = timedelta(0)


def test_the_announced_bytes_come_in(ports: Ports, tmp_path: Path) -> None:
    upload = announced(ports)

    status = ports.put(ports.gate.admit(upload, datetime.now(UTC)), BODY)

    assert status == 200
    assert ports.inbox.fetch(upload.staged_key, tmp_path / "file", bytearray().extend)
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.parametrize(
    ("body", "status"), [(BODY.lower(), 400), (BODY[:-1], 403), (BODY + b"!", 403), (b"", 403)]
)
def test_other_bytes_or_another_length_do_not(
    ports: Ports, tmp_path: Path, body: bytes, status: int
) -> None:
    upload = announced(ports)

    answered = ports.put(ports.gate.admit(upload, datetime.now(UTC)), body)

    assert answered == status
    assert not ports.inbox.fetch(upload.staged_key, tmp_path / "file", bytearray().extend)


def test_nothing_comes_in_twice(ports: Ports) -> None:
    upload = announced(ports)
    ports.put(ports.gate.admit(upload, datetime.now(UTC)), BODY)

    assert ports.put(ports.gate.admit(upload, datetime.now(UTC)), BODY) == 412


def test_nothing_comes_in_late(ports: Ports) -> None:
    admission = ports.gate.admit(announced(ports), datetime.now(UTC) - timedelta(minutes=16))

    assert ports.put(admission, BODY) == 403


def test_an_admission_says_until_when_it_is_good(ports: Ports) -> None:
    now = datetime.now(UTC)

    until = ports.gate.admit(announced(ports), now).expires_at

    assert now + timedelta(minutes=14) < until <= now + timedelta(minutes=15)


def test_a_token_has_so_many_sessions_open_and_no_more(ports: Ports) -> None:
    token = ports.token()
    for number in range(3):
        opened(ports, token, number, 3, NOW)

    with pytest.raises(TooMany, match="3 uploads open"):
        opened(ports, token, 3, 3, NOW)


def test_joining_takes_no_place(ports: Ports) -> None:
    token = ports.token()
    first = opened(ports, token, 0, 1, NOW)

    assert opened(ports, token, 0, 1, NOW).id == first.id


def test_another_token_has_places_of_its_own(ports: Ports) -> None:
    first = opened(ports, ports.token(), 0, 1, NOW)

    assert opened(ports, ports.token(), 1, 1, NOW).id != first.id


def test_a_form_of_the_same_file_does_not_join(ports: Ports) -> None:
    token = ports.token()
    session = announced(ports, token)

    assert ports.upload(token, NAME, size=len(BODY), sha256=SHA256).id != session.id


def test_forms_take_no_place(ports: Ports) -> None:
    token = ports.token()
    opened(ports, token, 0, 1, NOW)

    assert ports.upload(token, "demo-9-py3-none-any.whl").token_id == token.id


def test_what_has_ended_makes_room(ports: Ports) -> None:
    token = ports.token()
    kept = opened(ports, token, 0, 2, NOW)
    ended = opened(ports, token, 1, 2, NOW)
    ports.uploads.reject(ended.id, Rejected("bad"))

    third = opened(ports, token, 2, 2, NOW)

    assert len({kept.id, ended.id, third.id}) == 3
    with pytest.raises(TooMany):
        opened(ports, token, 3, 2, NOW)


def test_what_has_expired_makes_room(ports: Ports) -> None:
    token = ports.token()
    opened(ports, token, 0, 1, SESSION + timedelta(seconds=1))

    assert opened(ports, token, 1, 1, NOW).filename == "demo-1-py3-none-any.whl"
