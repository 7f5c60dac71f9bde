from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from idlewheel.domain.drafts import KEPT, Draft, DraftState, StagedFile
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import Status
from idlewheel.errors import Denied, Gone, NotFound
from idlewheel.web.negotiation import JSON, TEXT_HTML
from idlewheel.web.pages import Pages
from idlewheel.web.preview import Preview
from tests.fakes.drafts import FakeDrafts
from tests.fakes.world import World
from tests.unit.web.reader import BASE_URL, GZIP, asking, decoded, listed
from tests.unit.web.shelf import Shelf, page, sdist, wheel

if TYPE_CHECKING:
    from idlewheel.domain.project import File
    from idlewheel.web.gateway import Reply, Request

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ID = "d" * 32
HERE = f"/drafts/{ID}/simple/demo-project/"
CONTEXT = {
    "principal": "ann",
    "token_id": "t1",
    "scopes": "read:project:demo-project",
    "expires_at": "4102444800",
}


class Stage:
    """A draft over a shelf of published pages, and the preview of it."""

    def __init__(self, *pages: Any) -> None:
        self.world = World()
        self.shelf = Shelf(*pages)
        self.world.drafts[ID] = Draft(
            ID, NormalizedName("demo-project"), "2.0", "ci", "t1", (), NOW
        )
        self.preview = Preview(self.shelf, FakeDrafts(self.world), Pages(self.shelf))

    def stage(self, *files: File) -> None:
        for number, file in enumerate(files, 1):
            staged = StagedFile(replace(file, revision=number), f"u{number}", "Demo.Project")
            self.world.staged_files[ID, file.filename] = staged
            draft = self.world.drafts[ID]
            self.world.drafts[ID] = replace(draft, revision=draft.revision + 1)

    def change(self, **changes: Any) -> None:
        self.world.drafts[ID] = replace(self.world.drafts[ID], **changes)

    def ask(self, accept: str = JSON, path: str = HERE, **changes: Any) -> Reply:
        return self.preview.project(self.request(accept, path, **changes), NOW)

    def request(self, accept: str, path: str, **changes: Any) -> Request:
        parameters = {"id": ID, "project": path.strip("/").split("/")[-1]}
        given = {"context": CONTEXT, "parameters": parameters} | changes
        return asking(accept, path, **given)


@pytest.fixture
def stage() -> Stage:
    made = Stage(page(wheel("1.0")))
    made.stage(wheel("2.0"), sdist("2.0"))
    return made


def test_the_preview_shows_what_will_be_there(stage: Stage) -> None:
    reply = stage.ask()

    document = json.loads(decoded(reply))
    assert reply.status == 200
    assert listed(reply) == [
        "demo_project-1.0-py3-none-any.whl",
        "demo_project-2.0-py3-none-any.whl",
        "demo_project-2.0.tar.gz",
    ]
    assert document["versions"] == ["1.0", "2.0"]


def test_a_project_that_does_not_exist_yet_has_a_preview(stage: Stage) -> None:
    new = Stage()
    new.stage(wheel("2.0"))

    assert listed(new.ask()) == ["demo_project-2.0-py3-none-any.whl"]


def test_its_links_lead_to_where_files_are(stage: Stage) -> None:
    (first, *_) = json.loads(decoded(stage.ask()))["files"]

    located = urljoin(f"{BASE_URL}{HERE}", first["url"])

    assert located.startswith(f"{BASE_URL}/files/demo-project/")


def test_it_comes_as_html_and_compressed_as_well(stage: Stage) -> None:
    reply = stage.ask(TEXT_HTML, headers=GZIP)

    assert reply.headers["Content-Encoding"] == "gzip"
    assert b"demo_project-2.0.tar.gz" in decoded(reply)


def test_it_is_not_sent_again_until_it_changes(stage: Stage) -> None:
    etag = stage.ask().headers["ETag"]

    same = stage.ask(headers={"if-none-match": etag})
    stage.stage(wheel("2.0", filename="demo_project-2.0-1-py3-none-any.whl"))
    changed = stage.ask(headers={"if-none-match": etag})

    assert (same.status, changed.status) == (304, 200)


def test_the_real_page_does_not_show_it(stage: Stage) -> None:
    stage.ask()

    real = stage.preview.pages.project("demo-project", asking())

    assert listed(real) == ["demo_project-1.0-py3-none-any.whl"]


def test_provenance_is_told_of_published_files_only(stage: Stage) -> None:
    stage.stage(wheel("2.0", provenance_sha256="e" * 64))

    assert b"provenance" not in decoded(stage.ask())


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (f"/drafts/{ID}/simple/numpy/", f"{BASE_URL}/simple/numpy/"),
        (f"/drafts/{ID}/simple/numpy", f"{BASE_URL}/simple/numpy/"),
        (f"/drafts/{ID}/simple/Demo.Project/", f"{BASE_URL}{HERE}"),
        (f"/drafts/{ID}/simple/demo-project", f"{BASE_URL}{HERE}"),
    ],
)
def test_others_are_redirected_to_their_own_pages(stage: Stage, path: str, location: str) -> None:
    reply = stage.ask(path=path)

    assert reply.status == 302
    assert urljoin(BASE_URL + path, reply.headers["Location"]) == location


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_root_leads_to_the_one_page_there_is(stage: Stage, slash: str) -> None:
    path = f"/drafts/{ID}/simple{slash}"

    reply = stage.preview.root(stage.request(JSON, path), NOW)

    assert urljoin(BASE_URL + path, reply.headers["Location"]) == f"{BASE_URL}{HERE}"


def test_a_published_draft_leads_to_the_real_page(stage: Stage) -> None:
    stage.change(state=DraftState.PUBLISHED)

    reply = stage.ask()

    assert urljoin(BASE_URL + HERE, reply.headers["Location"]) == f"{BASE_URL}/simple/demo-project/"


@pytest.mark.parametrize(
    "change", [{"state": DraftState.CANCELLED}, {"opened_at": NOW - KEPT - timedelta(seconds=1)}]
)
def test_what_has_ended_is_gone(stage: Stage, change: dict[str, Any]) -> None:
    stage.change(**change)

    with pytest.raises(Gone):
        stage.ask()


def test_in_quarantine_nothing_is_shown() -> None:
    stage = Stage(page(wheel("1.0"), status=Status.QUARANTINED))
    stage.stage(wheel("2.0"))

    assert listed(stage.ask()) == []


def test_it_is_for_who_may_read_the_project(stage: Stage) -> None:
    other = {**CONTEXT, "scopes": "read:project:other publish:project:demo"}

    with pytest.raises(Denied):
        stage.ask(context=other)


@pytest.mark.parametrize("draft_id", ["e" * 32, "", "x", "../" * 10])
def test_there_is_no_other_draft(stage: Stage, draft_id: str) -> None:
    with pytest.raises(NotFound):
        stage.ask(parameters={"id": draft_id, "project": "demo-project"})
