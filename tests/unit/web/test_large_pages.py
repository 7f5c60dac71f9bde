from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.errors import Unavailable
from idlewheel.web import bodies
from idlewheel.web.delivery import Delivery, LargePage
from idlewheel.web.negotiation import TEXT_HTML
from idlewheel.web.pages import Pages
from tests.unit.web.reader import BASE_URL, GZIP, answer, listed
from tests.unit.web.shelf import SERIAL, Shelf, page, wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.web.delivery import Link


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Answer a page that is over the limit as text, and compressed still under it."""
    monkeypatch.setattr(bodies, "LIMIT", 4_000)
    return Shelf(page(*(wheel(f"1.{number}") for number in range(30))))


def storing(stored: list[LargePage]) -> Callable[[LargePage], Link]:
    def store(found: LargePage) -> Link:
        stored.append(found)
        return lambda: "https://bucket.example/pages/1?signed"

    return store


def test_a_large_page_that_cannot_be_answered_says_what_helps(large: Shelf) -> None:
    with pytest.raises(Unavailable, match="ask for it with Accept-Encoding: gzip"):
        answer(Pages(large), "project")

    assert len(listed(answer(Pages(large), "project", headers=GZIP))) == 30


def test_a_large_page_is_stored_with_absolute_links_and_asked_for_there(large: Shelf) -> None:
    stored: list[LargePage] = []
    reply = answer(Pages(large, Delivery(storing(stored))), "project")
    files = json.loads(stored[0].content)["files"]

    assert (reply.status, reply.headers["Location"]) == (
        302,
        "https://bucket.example/pages/1?signed",
    )
    assert reply.headers["Cache-Control"] == "no-store", "the URL expires"
    assert files[0]["url"].startswith("https://index.example/prod/files/demo-project/")
    assert (stored[0].name, stored[0].serial) == (f"{BASE_URL} demo-project", SERIAL)


def test_a_large_list_of_projects_is_stored_compressed_if_asked_so(large: Shelf) -> None:
    noise = random.Random(7)  # names that do not compress
    for _ in range(400):
        name = NormalizedName(noise.randbytes(20).hex())
        large.pages[name] = page(name=name, display_name=name)
    stored: list[LargePage] = []
    pages = Pages(large, Delivery(storing(stored)))
    reply = answer(pages, "root", TEXT_HTML, headers=GZIP)

    assert reply.status == 302
    assert b'href="https://index.example/prod/simple/' in gzip.decompress(stored[0].content)


def test_a_large_page_is_stored_once_for_all_who_ask(large: Shelf) -> None:
    stored: list[LargePage] = []
    pages = Pages(large, Delivery(storing(stored)))
    replies = [answer(pages, "project") for _ in range(3)]

    assert len(stored) == 1
    assert {reply.status for reply in replies} == {302}


def test_a_large_page_that_changed_is_stored_again(large: Shelf) -> None:
    stored: list[LargePage] = []
    pages = Pages(large, Delivery(storing(stored)))
    answer(pages, "project")
    files = [wheel(f"1.{number}") for number in range(31)]
    large.pages[NormalizedName("demo-project")] = page(*files, serial=SERIAL + 1, revision=2)
    answer(pages, "project")

    assert [len(json.loads(found.content)["files"]) for found in stored] == [30, 31]
