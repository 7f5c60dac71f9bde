from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.session import Session

from idlewheel.domain.names import NormalizedName
from idlewheel.domain.uploads import Lane, Upload
from idlewheel.errors import Unavailable
from idlewheel.storage.gate import S3Gate
from idlewheel.storage.signing import Credentials, Signer, session_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = "staged/large/0123/demo-1.0+local.1-py3-none-any.whl"
UPLOAD = Upload(
    id="0123",
    filename="demo-1.0+local.1-py3-none-any.whl",
    project=NormalizedName("demo"),
    version="1.0+local.1",
    sha256="ab" * 32,
    size=12,
    principal="ci",
    token_id="t1",
    scopes=(),
    received_at=NOW,
    lane=Lane.LARGE,
)


def signer(token: str | None = None, endpoint: str | None = None) -> Signer:
    return Signer("inbox", "eu-west-1", lambda: Credentials("AKID", "secret", token), endpoint)


def by_botocore(
    method: str, url: str, headers: Mapping[str, str], token: str | None, seconds: int
) -> str:
    """The same URL, signed by botocore at (almost) the same moment; the answer's whole query."""
    auth = S3SigV4QueryAuth(
        BotoCredentials("AKID", "secret", token), "s3", "eu-west-1", expires=seconds
    )
    request = AWSRequest(method=method, url=url, headers=dict(headers))
    auth.add_auth(request)
    return str(request.url)


def pairs(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


@pytest.mark.parametrize("token", [None, "session/token=="])
@pytest.mark.parametrize(
    ("method", "headers", "seconds"),
    [
        ("GET", {}, 300),
        ("PUT", {"content-length": "12", "if-none-match": "*"}, 900),
        ("PUT", {"x-amz-checksum-sha256": "q6ur+/==", "content-length": "5"}, 60),
    ],
)
def test_a_signature_is_the_one_that_botocore_makes(
    method: str, headers: dict[str, str], seconds: int, token: str | None
) -> None:
    theirs, ours = "", "?"
    while pairs(theirs).get("X-Amz-Date") != pairs(ours).get("X-Amz-Date") or not theirs:
        ours = signer(token).sign(method, KEY, datetime.now(UTC), headers, seconds)
        theirs = by_botocore(method, ours.partition("?")[0], headers, token, seconds)

    assert pairs(ours) == pairs(theirs)


def test_a_plus_in_a_key_travels_encoded() -> None:
    url = signer().sign("GET", KEY, NOW)

    assert urlsplit(url).path == "/staged/large/0123/demo-1.0%2Blocal.1-py3-none-any.whl"


def test_aws_is_addressed_by_the_bucket_and_another_store_by_path() -> None:
    aws, other = signer(), signer(endpoint="http://127.0.0.1:9000")

    assert aws.sign("GET", "k", NOW).startswith("https://inbox.s3.eu-west-1.amazonaws.com/k?")
    assert other.sign("GET", "k", NOW).startswith("http://127.0.0.1:9000/inbox/k?")


def test_credentials_are_asked_for_at_each_signature() -> None:
    given = iter([Credentials("first", "s", None), Credentials("second", "s", None)])
    signing = Signer("inbox", "eu-west-1", lambda: next(given))

    urls = [signing.sign("GET", "k", NOW) for _ in range(2)]

    assert ["first" in urls[0], "second" in urls[1]] == [True, True]


def test_without_credentials_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    monkeypatch.setattr(session, "get_credentials", lambda: None)

    with pytest.raises(Unavailable, match="no AWS credentials"):
        session_credentials(session)()


def test_an_admission_signs_all_that_it_is_about() -> None:
    admission = S3Gate(signer()).admit(UPLOAD, NOW)

    assert pairs(admission.url)["X-Amz-SignedHeaders"].split(";") == [
        "content-length",
        "host",
        "if-none-match",
        "x-amz-checksum-sha256",
    ]
    assert admission.headers["x-amz-checksum-sha256"] == "q6" + "urq6" * 10 + "s="
    assert pairs(admission.url)["X-Amz-Expires"] == "900"


def test_an_admission_ends_with_its_session() -> None:
    admission = S3Gate(signer()).admit(UPLOAD, UPLOAD.expires_at.replace(microsecond=0))

    assert pairs(admission.url)["X-Amz-Expires"] == "1"
