"""Our four HMACs against botocore's own signer."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.storage.signing import LIFETIME, Credentials, Signer

NOW = datetime(2026, 11, 22, 12, 30, 5, tzinfo=UTC)
KEY = "files/demo/" + "a" * 64 + "/demo-1.0+local.1-py3-none-any.whl"


def signer(token: str | None = None, endpoint: str | None = None) -> Signer:
    return Signer(
        "my-bucket", "eu-west-1", lambda: Credentials("AKIDEXAMPLE", "se/cr+et", token), endpoint
    )


def by_botocore(url: str, method: str, token: str | None) -> str:
    """Sign the same address with botocore at the same moment."""
    request = AWSRequest(method=method, url=url)
    request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
    auth = S3SigV4QueryAuth(
        BotoCredentials("AKIDEXAMPLE", "se/cr+et", token), "s3", "eu-west-1", expires=LIFETIME
    )
    auth.add_auth(request)
    return str(request.url)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))


def parts(url: str) -> tuple[str, str, dict[str, list[str]]]:
    split = urlsplit(url)
    return split.netloc, split.path, parse_qs(split.query)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE//x+y=="])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566"])
def test_a_signature_is_the_one_that_botocore_makes(
    method: str, token: str | None, endpoint: str | None
) -> None:
    ours = signer(token, endpoint).sign(method, KEY, NOW)

    assert parts(ours) == parts(by_botocore(ours.partition("?")[0], method, token))


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1))
def test_any_key_is_signed_as_botocore_signs_it(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
        ours = signer().sign("GET", f"files/{name}", NOW)

        assert parts(ours) == parts(by_botocore(ours.partition("?")[0], "GET", None))


def test_a_plus_travels_encoded() -> None:
    assert "demo-1.0%2Blocal.1" in signer().sign("GET", KEY, NOW)


def test_aws_is_addressed_by_the_buckets_own_regional_name() -> None:
    url = signer().sign("GET", KEY, NOW)

    assert url.startswith("https://my-bucket.s3.eu-west-1.amazonaws.com/files/demo/")
