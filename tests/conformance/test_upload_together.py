"""Uploads at once, one after the other, and in pieces: what they leave is what was sent."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests import factories
from tests.conformance.clients import JSON, basic, fresh, problems, sha256
from tests.conformance.forms import metadata_of, twine_form

if TYPE_CHECKING:
    from tests.conformance.clients import Index


@pytest.mark.checklist("UP-22")
def test_eight_uploads_to_one_release_at_once_are_all_listed(index: Index, name: str) -> None:
    made = [factories.wheel(name, build=str(number)) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: index.twine(*one), made))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert index.filenames(name) == {filename for filename, _ in made}


@pytest.mark.checklist("UP-23")
def test_of_several_contents_for_one_filename_exactly_one_is_taken(index: Index, name: str) -> None:
    made = [factories.wheel(name, files={"demo.py": f"who = {who}\n"}) for who in range(6)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: index.twine(*one), made))

    taken = [content for (_, content), a in zip(made, answers, strict=True) if a.is_success]
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409, 409, 409, 409, 409]
    assert index.file(name, made[0][0])["hashes"]["sha256"] == sha256(taken[0])
    assert index.download(index.file_url(name, made[0][0])).content == taken[0]


@pytest.mark.checklist("UP-24")
def test_a_wheel_of_20_mebibytes_is_taken_by_a_session(index: Index, name: str) -> None:
    noise = random.Random(1).randbytes(20 * 1024 * 1024)
    filename, content = factories.wheel(name, files={"demo.bin": noise}, compression=0)
    token = {"Authorization": basic(index.facts.token)}
    sessions = index.root_url.replace("/simple/", "/uploads")

    opened = index.http.post(
        sessions,
        json={"filename": filename, "size": len(content), "sha256": sha256(content)},
        headers=token,
    ).json()
    _put(opened, content)
    verdict = _await_verdict(index, opened)

    assert verdict["state"] == "published", verdict
    assert index.file(name, filename)["size"] == len(content)


def _put(session: dict[str, Any], content: bytes) -> None:
    upload = session["upload"]
    answer = httpx.put(upload["url"], content=content, headers=upload["headers"], timeout=60)
    assert answer.is_success, answer.text


def _await_verdict(index: Index, session: dict[str, Any]) -> dict[str, Any]:
    for _ in range(100):
        answer = index.get(session["links"]["self"], Accept="application/json").json()
        if answer["state"] != "received":
            break
        time.sleep(0.2)
    found: dict[str, Any] = answer
    return found


@pytest.mark.checklist("UP-26")
def test_an_older_release_may_follow_a_newer_one(index: Index, name: str) -> None:
    index.wheel(name, "2.0")
    index.wheel(name, "1.0")

    page = index.page(name)

    assert page["versions"] == ["1.0", "2.0"]
    assert len(page["files"]) == 2


def test_what_a_form_says_beside_the_archive_is_not_what_the_index_tells(
    index: Index, name: str
) -> None:
    filename, content = factories.wheel(name, headers=["Summary: of the archive"])

    answer = index.twine(filename, content, summary="of the form")

    info = index.get(f"{index.facts.json_url}{name}/json").json()["info"]
    assert answer.status_code == 200
    assert info["summary"] == "of the archive"


def test_the_parts_of_a_form_may_come_in_any_order(index: Index, name: str) -> None:
    filename, content = factories.wheel(name)

    answer = index.post(list(reversed(twine_form(filename, content))))

    assert answer.status_code == 200, problems(answer)
    assert (
        metadata_of(filename, content)
        == index.download(index.file_url(name, filename) + ".metadata").content
    )


def test_two_projects_may_ship_the_same_bytes_of_a_package(index: Index) -> None:
    first, second = fresh(), fresh()
    index.wheel(first, files={"shared.py": "x = 1\n"})
    index.wheel(second, files={"shared.py": "x = 1\n"})

    listed = index.get(index.root_url, Accept=JSON).text

    assert first in listed
    assert second in listed
