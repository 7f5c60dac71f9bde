from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.access import Actor
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.tokens import Kind, TokenState
from idlewheel.errors import Denied, NotFound
from tests.contract.ports import DEMO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.ports import Ports

STAGED = "staged/form/0123/demo-1.0+local.1-py3-none-any.whl"
KEY = "files/demo/" + "a" * 64 + "/demo-1.0+local.1-py3-none-any.whl"
BODY = b"PK demo"
SHA256 = hashlib.sha256(BODY).hexdigest()


def test_what_is_staged_can_be_fetched_until_it_is_discarded(ports: Ports, tmp_path: Path) -> None:
    path = tmp_path / "file"
    ports.inbox.stage(STAGED, BODY, SHA256)
    heard: list[bytes] = []
    fetched = ports.inbox.fetch(STAGED, path, heard.append)
    ports.inbox.discard(STAGED)
    ports.inbox.discard(STAGED)

    assert fetched
    assert b"".join(heard) == BODY
    assert path.read_bytes() == BODY
    assert not ports.inbox.fetch(STAGED, path, heard.append)


def test_staging_the_same_bytes_again_is_our_own_retry(ports: Ports, tmp_path: Path) -> None:
    ports.inbox.stage(STAGED, BODY, SHA256)
    ports.inbox.stage(STAGED, BODY, SHA256)

    assert ports.inbox.fetch(STAGED, tmp_path / "file", bytearray().extend)


def test_an_adopted_file_is_there_beside_its_metadata(ports: Ports) -> None:
    ports.inbox.stage(STAGED, BODY, SHA256)
    ports.files.adopt(STAGED, KEY)
    ports.files.put_metadata(KEY, b"Name: d\xc3\xa4mo\r\n")

    assert ports.download(KEY) == BODY
    assert ports.download(KEY + ".metadata") == b"Name: d\xc3\xa4mo\r\n"


def test_what_is_not_staged_any_more_cannot_be_adopted(ports: Ports) -> None:
    with pytest.raises(NotFound):
        ports.files.adopt(STAGED, KEY)


def test_dropping_one_version_leaves_the_twins(ports: Ports) -> None:
    ports.inbox.stage(STAGED, BODY, SHA256)
    ports.files.adopt(STAGED, KEY)
    twin = ports.files.adopt(STAGED, KEY)

    ports.files.drop(KEY, twin)

    assert ports.download(KEY) == BODY


def test_dropping_the_only_version_leaves_nothing(ports: Ports) -> None:
    ports.inbox.stage(STAGED, BODY, SHA256)
    ports.files.drop(KEY, ports.files.adopt(STAGED, KEY))

    assert ports.download(KEY) is None


def test_hidden_files_answer_404_until_they_are_revealed(ports: Ports) -> None:
    ports.inbox.stage(STAGED, BODY, SHA256)
    ports.files.adopt(STAGED, KEY)
    other = KEY.replace("demo-1.0", "demo-2.0")
    ports.files.adopt(STAGED, other)
    ports.files.hide([KEY])
    ports.files.hide([KEY])
    hidden, kept = ports.download(KEY), ports.download(other)
    ports.files.reveal([KEY])
    ports.files.reveal([KEY])

    assert hidden is None
    assert kept == BODY
    assert ports.download(KEY) == BODY


def test_nothing_to_hide_or_reveal_is_fine(ports: Ports) -> None:
    ports.files.hide([])
    ports.files.reveal([])

    assert ports.download(KEY) is None


def test_a_token_is_found_as_it_was_issued(ports: Ports) -> None:
    token = ports.token("publish:prefix:acme-*", "read:*")

    assert ports.tokens.get(token.id) == token


def test_a_revoked_token_is_revoked_however_often(ports: Ports) -> None:
    token = ports.token()
    ports.tokens.revoke(token.id)

    revoked = ports.tokens.revoke(token.id)

    assert revoked == replace(token, state=TokenState.REVOKED)
    assert ports.tokens.get(token.id) == revoked


def test_a_revoked_token_makes_no_other_and_revokes_none(ports: Ports) -> None:
    own, other = ports.token(), ports.token()
    as_own = ports.tokens.by(Actor("ann", own.id))
    ports.tokens.revoke(own.id)

    with pytest.raises(Denied, match="was revoked"):
        as_own.add(replace(other, id="new0000001"))
    with pytest.raises(Denied, match="was revoked"):
        as_own.revoke(other.id)
    with pytest.raises(NotFound):
        ports.tokens.get("new0000001")
    assert ports.tokens.get(other.id) == other


def test_a_token_makes_others_and_can_revoke_itself(ports: Ports) -> None:
    own = ports.token()
    as_own = ports.tokens.by(Actor("ann", own.id))

    as_own.add(replace(own, id="new0000002"))
    as_own.revoke(own.id)

    assert ports.tokens.get("new0000002").state is TokenState.ACTIVE
    assert ports.tokens.get(own.id).state is TokenState.REVOKED


def test_unknown_tokens_are_not_found(ports: Ports) -> None:
    with pytest.raises(NotFound):
        ports.tokens.get("0123456789")
    with pytest.raises(NotFound):
        ports.tokens.revoke("0123456789")


def test_tokens_are_listed_newest_first(ports: Ports) -> None:
    old = ports.token("read:*", kind=Kind.READ)
    new = replace(
        ports.token(), id="new0000000", created_at=datetime.now(UTC) + timedelta(seconds=5)
    )
    ports.tokens.add(new)

    assert next(iter(ports.tokens.all())).id == "new0000000"
    assert old.id in {token.id for token in ports.tokens.all()}


def test_unknown_things_are_not_found(ports: Ports) -> None:
    for name in (DEMO, NormalizedName("other")):
        with pytest.raises(NotFound):
            ports.catalog.project(name)
    with pytest.raises(NotFound):
        ports.catalog.file(DEMO, "demo-1.0.tar.gz")
    with pytest.raises(NotFound):
        ports.catalog.release(DEMO, "1.0")

    assert ports.catalog.claim("demo-1.0.tar.gz") is None
    assert list(ports.catalog.files(DEMO)) == []
    assert sum(ports.catalog.root_counters()) == 0
    assert list(ports.catalog.listings()) == []
