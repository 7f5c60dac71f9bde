from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idlewheel.domain.access import parse_scopes
from idlewheel.domain.names import NormalizedName
from idlewheel.domain.project import FileState, Status
from idlewheel.errors import Denied, Gone, NotAcceptable, NotFound
from idlewheel.web.gateway import Request
from idlewheel.web.integrity import MEDIA_TYPE, Integrity
from tests.unit.web.shelf import Shelf, page, sdist, wheel

DEMO = NormalizedName("demo-project")
ATTESTED = wheel("1.0", provenance_sha256="d" * 64)


def ask(
    filename: str = ATTESTED.filename, version: str = "1.0", accept: str = "*/*", **changes: Any
) -> Request:
    scopes = " ".join(str(scope) for scope in parse_scopes([changes.pop("scope", "read:*")]))
    expiry = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    return Request(
        headers={"accept": accept},
        parameters={"project": "Demo_Project", "version": version, "filename": filename},
        context={
            "principal": "ann",
            "token_id": "t",
            "scopes": scopes,
            "expires_at": str(expiry),
        },
    )


def integrity(**changes: Any) -> Integrity:
    deleted = sdist("1.0", state=FileState.DELETED, provenance_sha256="e" * 64)
    listed = page(ATTESTED, wheel("2.0"), **changes)
    whole = replace(listed, files=(ATTESTED, wheel("2.0"), deleted))
    return Integrity(Shelf(whole), lambda key: f"https://store/{key}?signed")


@pytest.mark.parametrize("accept", ["*/*", "", "application/json", MEDIA_TYPE])
@pytest.mark.checklist("ATT-07")
def test_the_provenance_of_a_file_is_where_its_bytes_are(accept: str) -> None:
    reply = integrity().redirect(ask(accept=accept))

    assert reply.status == 302
    assert reply.headers["Location"] == (f"https://store/{ATTESTED.key(DEMO)}.provenance?signed")
    assert reply.headers["Cache-Control"] == "private, no-store"


@pytest.mark.checklist("ATT-06")
@pytest.mark.parametrize("accept", ["text/html", "application/xml", f"{MEDIA_TYPE};q=0"])
def test_who_takes_no_json_is_told_so(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        integrity().redirect(ask(accept=accept))


@pytest.mark.checklist("ATT-05")
@pytest.mark.parametrize(
    ("filename", "version"),
    [
        (wheel("2.0").filename, "2.0"),
        (ATTESTED.filename, "2.0"),
        ("x" * 300, "1.0"),
        ("é" * 200, "1.0"),
    ],
)
def test_a_file_without_provenance_has_none(filename: str, version: str) -> None:
    with pytest.raises(NotFound):
        integrity().redirect(ask(filename, version))


def test_a_deleted_file_has_no_provenance_any_more() -> None:
    with pytest.raises(Gone):
        integrity().redirect(ask(sdist("1.0").filename))


def test_a_project_in_quarantine_proves_nothing() -> None:
    with pytest.raises(NotFound):
        integrity(status=Status.QUARANTINED).redirect(ask())


def test_who_may_not_read_the_project_may_not_read_its_provenance() -> None:
    with pytest.raises(Denied):
        integrity().redirect(ask(scope="read:project:other"))
