from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.domain.access import parse_scopes
from idlewheel.domain.project import FileState, Status
from idlewheel.domain.tokens import Kind, Token
from idlewheel.errors import NotFound, Rejected, TooLarge
from idlewheel.services.credentials import Wish
from idlewheel.web import wishes
from idlewheel.web.gateway import Request
from tests.unit.web.shelf import MOMENT, project, wheel

GOOD: dict[str, Any] = {"kind": "publish", "principal": "ci", "scopes": ["publish:project:demo"]}


def codes(document: object) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        wishes.token(document)
    return [problem.code for problem in rejected.value.problems]


def test_a_wish_for_a_token_is_read() -> None:
    wish = wishes.token({**GOOD, "days": 1.5, "note": " for \n CI "})

    assert wish == Wish(
        Kind.PUBLISH,
        "ci",
        parse_scopes(["publish:project:demo"]),
        timedelta(days=1.5),
        "for CI",
    )
    assert wishes.token(GOOD).life is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "minted"}, "invalid-kind"),
        ({"kind": ["read"]}, "invalid-kind"),
        ({"kind": None}, "invalid-kind"),
        ({"scopes": "read:*"}, "invalid-scope"),
        ({"scopes": [1]}, "invalid-scope"),
        ({"scopes": ["fly:*"]}, "invalid-scope"),
        ({"scopes": ["read:*"] * 201}, "too-many-scopes"),
        ({"days": 0}, "invalid-expiry"),
        ({"days": True}, "invalid-expiry"),
        ({"days": "7"}, "invalid-expiry"),
        ({"days": 1e300}, "invalid-expiry"),
        ({"days": float("nan")}, "invalid-expiry"),
        ({"note": {"x": 1}}, "invalid-note"),
        ({"note": "x" * 1001}, "invalid-note"),
        ({"note": "\ud800"}, "invalid-note"),
        ({"principal": 7}, "invalid-principal"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(changes: dict[str, Any], code: str) -> None:
    assert codes({**GOOD, **changes}) == [code]


def test_all_problems_of_a_wish_come_at_once() -> None:
    assert codes({"kind": 1, "scopes": 2, "days": -3}) == [
        "invalid-kind",
        "invalid-scope",
        "invalid-expiry",
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
WISHED = st.dictionaries(
    st.sampled_from(["kind", "principal", "scopes", "days", "note", "status", "reason"]), ANYTHING
)


@given(WISHED | ANYTHING)
def test_whatever_is_wished_the_outcome_is_a_wish_or_a_refusal(document: object) -> None:
    for read in (wishes.token, wishes.status):
        outcome: Any
        try:
            outcome = read(document)
        except Rejected as error:
            outcome = error.problems

        assert outcome, "a refusal has its reasons"


@pytest.mark.checklist("AUTH-05")
@pytest.mark.parametrize("body", ["{", "[" * 100_000, "\ud800", "nope", "null"])
def test_a_body_that_is_no_json_is_refused(body: str) -> None:
    with pytest.raises(Rejected):
        wishes.document(Request(body=body))


def test_a_body_is_as_long_as_a_wish_may_be() -> None:
    longest = '{"reason": "' + "x" * (wishes.LONGEST_DOCUMENT - 14) + '"}'

    assert wishes.document(Request(body=longest))
    with pytest.raises(TooLarge):
        wishes.document(Request(body=longest + " "))


@pytest.mark.parametrize(("body", "document"), [("", None), (" \n", None), ('{"a": 1}', {"a": 1})])
def test_a_body_is_json_or_nothing(body: str, document: object) -> None:
    assert wishes.document(Request(body=body)) == document


@pytest.mark.parametrize("document", [[], "archived", 7])
def test_a_wish_is_an_object(document: object) -> None:
    with pytest.raises(Rejected, match="object"):
        wishes.status(document)


@pytest.mark.parametrize(
    ("document", "wish"),
    [
        ({"status": "archived", "reason": "see  \u2028 demo2\n"}, (Status.ARCHIVED, "see demo2")),
        ({"status": "active", "reason": ""}, (Status.ACTIVE, None)),
        ({"status": "deprecated"}, (Status.DEPRECATED, None)),
    ],
)
def test_a_status_is_read_with_its_reason_in_one_line(document: object, wish: object) -> None:
    assert wishes.status(document) == wish


@pytest.mark.parametrize("status", ["gone", None, [], {}, 1])
def test_a_status_that_there_is_not_is_refused(status: object) -> None:
    with pytest.raises(Rejected, match="must be one of active, archived"):
        wishes.status({"status": status})


@pytest.mark.checklist("YANK-01", "YANK-02", "YANK-04")
@pytest.mark.parametrize(
    ("method", "body", "wish"),
    [
        ("PUT", '{"reason": "a \\"bad\\" <b> id\\u00e9e"}', 'a "bad" <b> idée'),
        ("PUT", "{}", ""),
        ("PUT", "", ""),
        ("DELETE", '{"reason": "ignored"}', None),
    ],
)
def test_a_yank_is_read_with_its_reason_and_an_unyank_has_none(
    method: str, body: str, wish: str | None
) -> None:
    assert wishes.yank(Request(method, body=body)) == wish


@pytest.mark.parametrize("reason", ["\\u0000", "\\ud800", "\\u0085x\\u0080", "x" * 1001])
def test_a_reason_that_no_page_can_show_is_refused(reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        wishes.yank(Request("PUT", body=f'{{"reason": "{reason}"}}'))

    assert [problem.code for problem in rejected.value.problems] == ["invalid-reason"]


def test_what_the_path_names_is_decoded() -> None:
    request = Request(parameters={"version": "1.0%2BL.1", "filename": "demo-1.0%2Bl.1.tar.gz"})

    assert wishes.version(request) == "1.0+l.1"
    assert wishes.filename(request) == "demo-1.0+l.1.tar.gz"


@pytest.mark.parametrize("version", ["x", "1" * 5_000, "1." * 200 + "0"])
def test_a_version_that_none_can_have_is_refused(version: str) -> None:
    with pytest.raises((Rejected, NotFound)):
        wishes.version(Request(parameters={"version": version}))


@pytest.mark.parametrize("filename", ["x" * 256, "", "a%00b", "%C3%A9"])
def test_a_filename_that_none_can_have_is_not_found(filename: str) -> None:
    with pytest.raises(NotFound):
        wishes.filename(Request(parameters={"filename": filename}))


@pytest.mark.checklist("AUTH-12")
def test_a_token_is_described_without_its_secret() -> None:
    token = Token(
        id="abc",
        digest="d" * 64,
        kind=Kind.READ,
        principal="ci",
        scopes=parse_scopes(["read:*"]),
        created_at=MOMENT,
        created_by="root",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    described = json.dumps(wishes.describe(token))

    assert "d" * 64 not in described
    assert json.loads(described)["scopes"] == ["read:*"]


def test_a_project_is_described_with_its_deleted_files() -> None:
    file = wheel(state=FileState.DELETED, deleted_at=MOMENT, yanked="bad")
    described = json.loads(json.dumps(wishes.describe_project(project(), [file])))

    assert described["files"][0]["state"] == "deleted"
    assert described["files"][0]["deleted_at"] == MOMENT.isoformat()
    assert (described["name"], described["status"]) == ("demo-project", "active")


def test_an_answer_is_json_that_no_cache_keeps() -> None:
    reply = wishes.reply({"token": "x"}, 201)

    assert (reply.status, json.loads(reply.body)) == (201, {"token": "x"})
    assert reply.headers == {"Content-Type": "application/json", "Cache-Control": "no-store"}
    assert json.loads(wishes.done().body) == {"done": True}


def test_a_direct_invoker_is_told_what_is_wrong() -> None:
    assert wishes.refused(Rejected("no")) == {
        "error": "rejected",
        "problems": [{"code": "rejected", "message": "no"}],
    }


@pytest.mark.parametrize("text", ["x" * 2049, "0123456789x", "", "012345678%C3%A9", "01234%00678"])
def test_a_token_id_that_none_can_have_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        wishes.token_id(Request(parameters={"id": text}))


def test_a_token_id_is_decoded() -> None:
    assert wishes.token_id(Request(parameters={"id": "%30123456789"})) == "0123456789"
