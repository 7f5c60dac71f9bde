"""Requests that a client might send: the samples of `events/`, changed in every way.

What API Gateway would not let through is left out: header names are tokens, header values and
paths have no control characters, parameters are percent-encoded as they came.
"""

from __future__ import annotations

import base64
import copy
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from tests import factories, samples
from tests.hostile.requests.gateway import ROUTES
from tests.unit.web.forms import BOUNDARY, TYPE, body, part

if TYPE_CHECKING:
    from collections.abc import Callable

    Event = dict[str, Any]
    Change = Callable[[Event], None]

WHEEL = factories.wheel()


class Asked(NamedTuple):
    """A request of one route."""

    key: str
    event: Event


LONG = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=5), st.just(3000))
TEXT = st.text(max_size=40) | LONG
JUNK = (
    *("\0", "\x7f", "\u2028", "\ufeff", "\u202e", "٣", "1e999", "-1", "NaN", "../..", "%", "%zz"),
    *("%00", "%2F", "%2e%2e", "demo", "demo-1.0-py3-none-any.whl", "1.0", "9" * 5000, "a" * 300),
)
WORD = st.sampled_from(JUNK) | TEXT

# --- headers -------------------------------------------------------------------------------------

FRAGMENTS = (
    *("application/json", "text/html", "application/vnd.pypi.simple.v1+json", "*/*", "text/*"),
    *(";q=", "0.5", "1.0", "q=0", ",", ";", " ", "=", '"', "W/", "*", "bytes=0-", "-", "gzip"),
    *("respond-async", "identity", "multipart/form-data", "boundary=", BOUNDARY, "charset=utf-8"),
    *("Basic ", "Bearer ", "iw_r_", "0123456789", "aXc6aXc=", "\\", "\t", "é", "\xff", "http"),
)
HEADER_VALUE = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join) | st.text(
    st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60
)
HEADER_NAME = st.sampled_from(
    [
        *("Accept", "Accept-Encoding", "Content-Type", "If-None-Match", "Range", "Prefer", "Host"),
        *("Authorization", "X-Forwarded-Proto", "Content-Encoding", "Transfer-Encoding", "x-a"),
    ]
)


@st.composite
def header_changes(draw: st.DrawFn) -> Change:
    """Send a header, perhaps several times."""
    name, values = draw(HEADER_NAME), draw(st.lists(HEADER_VALUE, min_size=1, max_size=3))

    def change(event: Event) -> None:
        event["headers"][name] = values[-1]
        event["multiValueHeaders"][name] = values

    return change


# --- the path and the query ----------------------------------------------------------------------

QUERY_NAME = st.sampled_from(["format", "wait", "project", "principal", "day", "", "x"])


@st.composite
def query_changes(draw: st.DrawFn) -> Change:
    """Ask with a query, of which parameters may come several times."""
    query = draw(st.dictionaries(QUERY_NAME, st.lists(WORD, min_size=1, max_size=3), max_size=3))

    def change(event: Event) -> None:
        event["multiValueQueryStringParameters"] = query or None
        event["queryStringParameters"] = {it: query[it][-1] for it in query} or None

    return change


@st.composite
def path_changes(draw: st.DrawFn) -> Change:
    """Ask for another path of the same route."""
    word = draw(WORD)
    segment = draw(st.sampled_from([quote(word, safe=""), quote(word, safe="%/"), word[:99]]))
    which = draw(st.integers(0, 3))
    slash = draw(st.sampled_from(["", "/"]))

    def change(event: Event) -> None:
        parameters = event["pathParameters"]
        if parameters and segment:
            name = sorted(parameters)[which % len(parameters)]
            event["path"] = event["path"].replace(parameters[name], segment)
            parameters[name] = segment
        event["path"] = event["path"].rstrip("/") + slash
        event["requestContext"]["path"] = f"/prod{event['path']}"

    return change


# --- bodies --------------------------------------------------------------------------------------

SURROGATES = st.text(st.characters(categories=["Cs", "Lu", "Cc"]), max_size=5)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | WORD | SURROGATES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.sampled_from(
    [
        *("kind", "principal", "scopes", "days", "note", "status", "reason", "policy", "filename"),
        *("publishers", "size", "sha256", "attestations", "draft", "name", "version", "files"),
    ]
)
SENSIBLE: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("read", "admin", "archived", "active", "require", "record", "a" * 64, WHEEL[0], 10, 0.1),
        *(["read:*"], ["read:\ud800"], ["read:project:" + "x" * 9000], ["read:*"] * 5000),
        *([{}], [{"kind": "GitHub", "repository": "a/b", "workflow": "c"}], "", None),
    ]
)


def raw(content: bytes) -> Change:
    """Send a body."""

    def change(event: Event) -> None:
        event["body"] = base64.b64encode(content).decode()
        event["isBase64Encoded"] = True

    return change


JSON_BODIES = (st.dictionaries(KNOWN, SENSIBLE | ANYTHING, max_size=6) | ANYTHING).map(
    lambda wish: raw(json.dumps(wish).encode())
)


@st.composite
def damaged(draw: st.DrawFn) -> Change:
    """Send the form of twine, damaged: cut, with a byte changed, or a piece of it twice."""
    content_type, content = samples.posted(*WHEEL)
    at, to = (draw(st.integers(0, len(content))) for _ in range(2))
    piece = draw(st.binary(max_size=8) | st.just(content[at:to]))
    start = draw(st.integers(0, len(content)))
    cut = draw(st.integers(0, len(piece)))

    def change(event: Event) -> None:
        raw(content[:start] + piece + content[start + cut :])(event)
        _type(event, content_type)

    return change


def _type(event: Event, content_type: str) -> None:
    event["headers"]["Content-Type"] = content_type
    event["multiValueHeaders"]["Content-Type"] = [content_type]


FIELDS = factories.upload_form(*WHEEL)
FIELD = st.sampled_from([*FIELDS, "content", "attestations", "gpg_signature", "classifiers"]) | WORD
DISPOSITION = st.builds(
    lambda name, filename, more: f'form-data; name="{name}"' + filename + more,
    FIELD,
    st.sampled_from(["", "", '; filename=""', f'; filename="{WHEEL[0]}"', '; filename="a\\"b"']),
    st.sampled_from(["", "", "; name=x", "; filename*=utf-8''%ff", ";", '; x="']),
)
PART_HEADERS = st.lists(
    st.sampled_from(
        [
            *("Content-Type: text/plain", "Content-Type: multipart/mixed", "X: y", "X:", ": x"),
            *("Content-Transfer-Encoding: base64", "Content-Disposition: form-data; name=z"),
        ]
    ),
    max_size=2,
)
VALUE = st.binary(max_size=30) | WORD.map(lambda text: text.encode("utf-8", "replace"))


@st.composite
def other_forms(draw: st.DrawFn) -> Change:
    """Send a form with the fields of a good one, but for some, and others."""
    left_out = draw(st.sets(st.sampled_from([*FIELDS, "content"]), max_size=2))
    good = [
        part(f'form-data; name="{name}"', value.encode())
        for name, values in FIELDS.items()
        for value in values
        if name not in left_out
    ]
    if "content" not in left_out:
        good.append(part(f'form-data; name="content"; filename="{WHEEL[0]}"', WHEEL[1]))
    others = draw(st.lists(st.builds(_part, DISPOSITION, VALUE, PART_HEADERS), max_size=4))
    parts = draw(st.permutations([*good, *others]))
    end = draw(st.sampled_from([b"", b"", b"x", b"\r\n", b"--", good[0]]))
    form = body(*parts) + end

    def change(event: Event) -> None:
        raw(form)(event)
        _type(event, TYPE)

    return change


def _part(disposition: str, value: bytes, headers: list[str]) -> bytes:
    plain = disposition.encode("utf-8", "replace").decode("utf-8", "replace")
    return part(plain, value, headers)


BODIES = JSON_BODIES | damaged() | other_forms() | st.binary(max_size=200).map(raw)
CHANGES = header_changes() | query_changes() | path_changes() | BODIES


@st.composite
def requests(draw: st.DrawFn, keys: tuple[str, ...] = tuple(ROUTES)) -> Asked:
    """A request of one of the routes *keys*, changed up to five times."""
    key = draw(st.sampled_from(keys))
    event = copy.deepcopy(samples.event(ROUTES[key].sample))
    for change in draw(st.lists(CHANGES, min_size=1, max_size=5)):
        change(event)
    return Asked(key, event)
