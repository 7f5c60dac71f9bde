from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from idlewheel.domain.drafts import Draft, DraftState, StagedFile
from idlewheel.domain.names import NormalizedName
from idlewheel.errors import NotFound, Rejected
from idlewheel.web import drafts
from idlewheel.web.gateway import Request
from tests.unit.web.shelf import wheel

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ID = "d" * 32
DRAFT = Draft(ID, NormalizedName("demo-project"), "1.0", "ci", "t1", (), NOW)


def asked(document: object, **changes: object) -> Request:
    base = {"method": "POST", "path": "/drafts", "body": json.dumps(document)}
    return Request(base_url="https://index.example/prod", **{**base, **changes})  # type: ignore[arg-type]


def codes(document: object) -> list[str]:
    with pytest.raises(Rejected) as refused:
        drafts.wish(asked(document))
    return [problem.code for problem in refused.value.problems]


def test_a_release_is_named_in_any_spelling() -> None:
    wish = drafts.wish(asked({"name": "Demo.Project", "version": "1.0.0-RC1"}))

    assert wish == ("demo-project", "1.0.0rc1")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, ["invalid-name", "invalid-version"]),
        ({"name": "-demo", "version": "1"}, ["invalid-name"]),
        ({"name": ["demo"], "version": "1"}, ["invalid-name"]),
        ({"name": "demo", "version": "one"}, ["invalid-version"]),
        ({"name": "demo", "version": "1" * 300}, ["invalid-version"]),
        ({"name": "demo", "version": 1.10}, ["invalid-version"]),
        ({"name": 1, "version": "1"}, ["invalid-name"]),
        ([], ["invalid-json"]),
        ("demo", ["invalid-json"]),
    ],
)
def test_every_problem_of_a_wish_is_told(document: object, expected: list[str]) -> None:
    assert codes(document) == expected


@pytest.mark.parametrize("body", ["", "{}", '{"files": null}'])
def test_who_says_nothing_of_files_expects_none_in_particular(body: str) -> None:
    assert drafts.expected(Request(body=body)) is None


def test_who_names_files_expects_those() -> None:
    assert drafts.expected(asked({"files": ["a.whl", "b.whl"]})) == ["a.whl", "b.whl"]


@pytest.mark.parametrize("files", ["a.whl", [1], {"a": 1}, 5])
def test_files_are_a_list_of_names(files: object) -> None:
    with pytest.raises(Rejected) as refused:
        drafts.expected(asked({"files": files}))

    assert [problem.code for problem in refused.value.problems] == ["invalid-files"]


def test_the_project_is_asked_for_by_any_of_its_names() -> None:
    assert drafts.project(Request(query={"name": "Demo_Project"})) == "demo-project"

    with pytest.raises(Rejected, match="'name' must be"):
        drafts.project(Request())


def test_an_id_is_read_from_the_path() -> None:
    assert drafts.draft_id(Request(parameters={"id": ID})) == ID

    with pytest.raises(NotFound):
        drafts.draft_id(Request(parameters={"id": "../x"}))


def test_a_draft_says_where_to_go_on() -> None:
    reply = drafts.opened(DRAFT, asked({}))

    said = json.loads(reply.body)
    url = f"https://index.example/prod/drafts/{ID}"
    assert reply.status == 201
    assert reply.headers["Location"] == url
    assert said["links"] == {
        "self": url,
        "upload": "https://index.example/prod/uploads",
        "stage": f"{url}/simple/",
        "publish": f"{url}/publish",
    }
    assert (said["state"], said["files"]) == (DraftState.OPEN, [])
    assert said["expires_at"] == "2026-12-03T12:00:00+00:00"


def test_a_draft_tells_what_it_holds() -> None:
    reply = drafts.status(DRAFT, [StagedFile(wheel(), "u1", "Demo")], asked({}))

    assert json.loads(reply.body)["files"] == [
        {
            "filename": "demo_project-1.0-py3-none-any.whl",
            "size": 1234,
            "sha256": "a" * 64,
            "links": {"upload": "https://index.example/prod/uploads/u1"},
        }
    ]


def test_a_list_of_drafts_leaves_out_their_files() -> None:
    (found,) = json.loads(drafts.listed([DRAFT], asked({})).body)["drafts"]

    assert found["id"] == ID
    assert "files" not in found
