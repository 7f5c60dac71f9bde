from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import (
    IN_FLIGHT,
    Lane,
    Upload,
    UploadState,
    new_upload_id,
    parse_staged_key,
)
from idlewheel.errors import REFUSALS, Conflict, Problem, Rejected

NOW = datetime(2026, 11, 22, tzinfo=UTC)
UPLOAD = Upload(
    id="0123",
    filename="demo-1.0+local.tar.gz",
    project=NormalizedName("demo"),
    version="1.0+local",
    sha256="a" * 64,
    size=3,
    principal="ann",
    token_id="0123456789",
    scopes=(),
    received_at=NOW,
)


@pytest.mark.parametrize("lane", Lane)
def test_a_staged_key_names_its_upload(lane: Lane) -> None:
    upload = replace(UPLOAD, lane=lane)

    assert parse_staged_key(upload.staged_key) == (lane, "0123", "demo-1.0+local.tar.gz")


@pytest.mark.parametrize(
    "key", ["", "staged/form/0123", "staged/other/0123/f", "x/form/0123/f", "staged/form/0/a/b"]
)
def test_other_keys_are_none_of_ours(key: str) -> None:
    assert parse_staged_key(key) is None


def test_an_upload_is_in_flight_until_it_is_judged_or_too_old() -> None:
    assert UPLOAD.in_flight(NOW)
    assert not UPLOAD.in_flight(NOW + IN_FLIGHT)
    assert not replace(UPLOAD, state=UploadState.PUBLISHED).in_flight(NOW)


def test_only_a_rejected_upload_has_a_refusal() -> None:
    assert UPLOAD.verdict() is None
    assert replace(UPLOAD, state=UploadState.PUBLISHED).verdict() is None


@pytest.mark.parametrize("kind", REFUSALS.values())
def test_a_refusal_comes_back_as_what_it_was(kind: type[Rejected]) -> None:
    problems = (Problem("a", "b"),)
    rejected = replace(UPLOAD, state=UploadState.REJECTED, refusal=kind.code, problems=problems)

    verdict = rejected.verdict()

    assert type(verdict) is kind
    assert verdict.problems == problems


def test_a_refusal_of_a_later_version_is_read_as_a_rejection() -> None:
    verdict = replace(UPLOAD, state=UploadState.REJECTED, refusal="new-kind").verdict()

    assert type(verdict) is Rejected


def test_ids_of_uploads_cannot_be_guessed() -> None:
    assert len(new_upload_id()) == 32
    assert new_upload_id() != new_upload_id()


def test_an_error_made_of_a_sentence_has_one_problem_of_its_own_code() -> None:
    assert Conflict("taken").problems == (Problem("file-exists", "taken"),)
