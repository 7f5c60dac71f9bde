"""Requests to a running local index, with a small system of its own behind it."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest

from tests.integration.localworld import TEMPLATE, do, json_of
from tests.localindex import LocalIndex, local_index

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    with local_index(tmp_path_factory.mktemp("state"), template=TEMPLATE) as running:
        yield running


def test_the_tokens_come_from_the_manage_function(index: LocalIndex) -> None:
    assert index.token == "publish read:* publish:*"
    assert index.admin_token.startswith("admin ")


def test_the_facts_are_for_us_only(index: LocalIndex) -> None:
    mode = (index.state / "local.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("credentials", ["", "wrong"])
def test_without_a_good_token_the_answer_is_401(index: LocalIndex, credentials: str) -> None:
    answer = do(index, "nothing", authorization=credentials)

    assert (answer.status_code, answer.json()) == (401, {"code": "unauthenticated"})
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Test"'


def test_a_path_that_the_template_does_not_have_is_a_404(index: LocalIndex) -> None:
    assert httpx.get(f"{index.url}/nowhere", trust_env=False).status_code == 404


def test_a_crash_is_a_502_and_the_next_request_is_fine(index: LocalIndex) -> None:
    answers = [do(index, what).status_code for what in ("crash", "nothing")]

    assert answers == [502, 200]


@pytest.mark.parametrize(("what", "seconds", "status"), [("hasty", 1, 504), ("sleep", 9, 502)])
def test_who_is_too_slow_is_cut_off(
    index: LocalIndex, what: str, seconds: int, status: int
) -> None:
    # The gateway waits no longer: 504. The function's own time is over: it has failed, 502.
    assert do(index, what, seconds=seconds).status_code == status


def test_a_body_arrives_byte_for_byte(index: LocalIndex) -> None:
    assert do(index, "nothing", "POST", content=os.urandom(4_000_000)).json()["size"] == 4_000_000


@pytest.mark.parametrize("size", [5_000_000, 11_000_000, 60_000_000])
def test_who_sends_too_much_hears_why(index: LocalIndex, size: int) -> None:
    answer = do(index, "nothing", "POST", content=b"x" * size)

    assert (answer.status_code, answer.text) == (413, "use something else")


def test_chunks_are_counted_too(index: LocalIndex) -> None:
    chunks = (b"x" * 1_000_000 for _ in range(12))

    assert do(index, "nothing", "POST", content=chunks).status_code == 413


def test_an_answer_does_not_wait_for_an_acknowledgement(index: LocalIndex) -> None:
    spent = []
    with httpx.Client(trust_env=False) as client:
        for _ in range(15):
            started = time.monotonic()
            client.get(f"{index.url}/nowhere")
            spent.append(time.monotonic() - started)

    # Nagle's algorithm and delayed acknowledgements together cost 40 ms.
    assert min(spent[5:]) < 0.02


def test_fifty_clients_at_once_get_their_own_answers(index: LocalIndex) -> None:
    names = [str(number) for number in range(50)]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda who: do(index, "sleep", who=who, seconds=0.2), names))

    assert [answer.json()["who"] for answer in answers] == names


def test_fifty_uploads_at_once_each_see_their_own_event_handled(index: LocalIndex) -> None:
    keys = [f"wheel+{number} %.whl" for number in range(50)]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda key: do(index, "publish", key=key), keys))

    assert [answer.json()["noted"] for answer in answers] == ["taken"] * 50


def test_what_fails_twice_is_buried(index: LocalIndex) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=json_of(index.state / "aws/process.json")["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    s3.put_object(Bucket=s3.list_buckets()["Buckets"][0]["Name"], Key="staged/bad", Body=b"x")

    deadline = time.monotonic() + 20
    while do(index, "read", key="bad").json()["noted"] is None and time.monotonic() < deadline:
        time.sleep(0.2)

    assert do(index, "read", key="bad").json()["noted"] == "buried"


def test_nothing_listens_beyond_this_machine(index: LocalIndex) -> None:
    ours = {f"socket:[{inode}]" for pid in (*index.pids.values(),) for inode in _socket_inodes(pid)}
    listening = {address for address, inode in _listening() if f"socket:[{inode}]" in ours}

    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def _socket_inodes(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            yield target[8:-1]


def _listening() -> Iterator[tuple[str, str]]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                yield fields[1], fields[9]
