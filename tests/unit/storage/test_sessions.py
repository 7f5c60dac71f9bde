"""Clients are opened without looking for services that nobody uses, and are as ever."""

from __future__ import annotations

import os

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

from idlewheel.storage import sessions
from idlewheel.storage.sessions import prepared

REGION = "eu-west-1"


@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_botocore_has_every_file_of_the_services_that_are_used(kind: str) -> None:
    assert set(sessions.SERVICES) <= set(Loader().list_available_services(kind))


@pytest.mark.parametrize("service", sessions.SERVICES)
def test_a_client_can_do_what_any_client_of_the_service_can(service: str) -> None:
    plain = Session().create_client(service, region_name=REGION)
    client = prepared(Session()).create_client(service, region_name=REGION)

    assert client.meta.method_to_api_mapping == plain.meta.method_to_api_mapping
    assert client.meta.endpoint_url == plain.meta.endpoint_url


def test_no_folder_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: looked.append(str(path)) or listed(path))  # type: ignore[func-returns-value]
    sessions._loader.cache_clear()
    prepared(Session()).create_client("dynamodb", region_name=REGION)

    assert {os.path.basename(path) for path in looked} <= {"dynamodb"}  # noqa: PTH119


def test_a_service_that_is_not_used_is_unknown() -> None:
    with pytest.raises(UnknownServiceError, match="dynamodb, events, s3, sqs"):
        prepared(Session()).create_client("ec2", region_name=REGION)
