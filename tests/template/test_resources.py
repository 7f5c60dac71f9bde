"""Tables, buckets and queues: what stays, what is kept apart, what forgets by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.resolution import Resolution
from tests.template.translation import of_type

TABLES = ["IndexTable", "AccessTable"]
BUCKETS = ["InboxBucket", "FilesBucket"]
QUEUES = ["FormQueue", "FormDeadLetters", "LargeQueue", "LargeDeadLetters"]
DAYS = 24 * 3600


@pytest.fixture(scope="session")
def resolution(translated: dict[str, Any]) -> Resolution:
    return Resolution(translated)


def test_what_holds_packages_and_tokens_outlives_the_stack(translated: dict[str, Any]) -> None:
    stays = {
        name
        for name, resource in translated["Resources"].items()
        if resource.get("DeletionPolicy") == "Retain"
    }

    assert stays == {
        *TABLES,
        *BUCKETS,
        *(f"{bucket}Policy" for bucket in BUCKETS),
        "ApiAccount",
        "ApiAccountRole",
    }
    assert all(translated["Resources"][name]["UpdateReplacePolicy"] == "Retain" for name in stays)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_safe_and_costs_what_is_used(resolution: Resolution, table: str) -> None:
    properties = resolution.properties(table)

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert [key["AttributeName"] for key in properties["KeySchema"]] == ["pk", "sk"]
    assert "TableName" not in properties


def test_changes_since_a_revision_can_be_asked_for_consistently(resolution: Resolution) -> None:
    properties = resolution.properties("IndexTable")

    [index] = properties["LocalSecondaryIndexes"]

    assert index["IndexName"] == "by-revision"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["pk", "revision"]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert {"AttributeName": "revision", "AttributeType": "N"} in properties["AttributeDefinitions"]
    assert "LocalSecondaryIndexes" not in resolution.properties("AccessTable")


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_private_encrypted_and_versioned(resolution: Resolution, bucket: str) -> None:
    properties = resolution.properties(bucket)

    [encryption] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    [ownership] = properties["OwnershipControls"]["Rules"]

    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}
    assert "BucketName" not in properties


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_reached_over_tls_only(resolution: Resolution, bucket: str) -> None:
    policy = resolution.properties(f"{bucket}Policy")

    [statement] = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == bucket
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_and_reached_over_tls_only(resolution: Resolution, queue: str) -> None:
    *_, last = resolution.properties(f"{queue}Policy")["PolicyDocument"]["Statement"]

    assert resolution.properties(queue)["SqsManagedSseEnabled"] is True
    assert (last["Effect"], last["Principal"]) == ("Deny", "*")
    assert last["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def lifecycle(resolution: Resolution, bucket: str, prefix: str | None = None) -> dict[str, Any]:
    """What those rules of a bucket say together that are for *prefix*, or for all of it."""
    every = resolution.properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in every} == {"Enabled"}
    rules = [rule for rule in every if rule.get("Prefix") == prefix]
    named = {"Id", "Status", "Prefix"}
    return {k: v for rule in rules for k, v in rule.items() if k not in named}


def test_the_inbox_forgets_and_the_files_outlast_the_time_to_restore(
    resolution: Resolution,
) -> None:
    both = {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "ExpiredObjectDeleteMarker": True,
    }

    assert lifecycle(resolution, "InboxBucket") == {
        "ExpirationInDays": 3,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        **both,
    }
    assert lifecycle(resolution, "FilesBucket") == {
        "NoncurrentVersionExpiration": {"NoncurrentDays": 35},
        **both,
    }
    assert lifecycle(resolution, "FilesBucket", "pages/") == {
        "ExpirationInDays": 90,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }


def test_pages_of_other_origins_may_read_files_whose_url_they_know(resolution: Resolution) -> None:
    [rule] = resolution.properties("FilesBucket")["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedMethods"] == ["GET", "HEAD"]
    assert rule["AllowedOrigins"] == ["*"]
    assert "CorsConfiguration" not in resolution.properties("InboxBucket")


def test_what_is_staged_is_announced_to_the_queue_of_its_size(
    resolution: Resolution, translated: dict[str, Any]
) -> None:
    configurations = resolution.properties("InboxBucket")["NotificationConfiguration"]

    announced = {
        rule["Value"]: c["Queue"].rsplit(":", 1)[-1]
        for c in configurations["QueueConfigurations"]
        for rule in c["Filter"]["S3Key"]["Rules"]
    }

    assert announced == {"staged/form/": "FormQueue", "staged/large/": "LargeQueue"}
    waits_for = set(translated["Resources"]["InboxBucket"]["DependsOn"])
    assert waits_for == {"FormQueuePolicy", "LargeQueuePolicy"}
    assert "NotificationConfiguration" not in resolution.properties("FilesBucket")


@pytest.mark.parametrize("queue", ["FormQueue", "LargeQueue"])
def test_only_s3_of_this_account_puts_into_a_queue(resolution: Resolution, queue: str) -> None:
    allow, _ = resolution.properties(f"{queue}Policy")["PolicyDocument"]["Statement"]

    assert allow["Effect"] == "Allow"
    assert allow["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allow["Action"] == "sqs:SendMessage"
    assert allow["Resource"].endswith(f":{queue}")
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_message_lives_as_long_as_the_object_and_a_dead_letter_longer(
    resolution: Resolution,
) -> None:
    kept = {queue: resolution.properties(queue)["MessageRetentionPeriod"] for queue in QUEUES}
    expires = lifecycle(resolution, "InboxBucket")["ExpirationInDays"] * DAYS

    assert kept["FormQueue"] == kept["LargeQueue"] == expires
    assert kept["FormDeadLetters"] == kept["LargeDeadLetters"] == 14 * DAYS


def test_every_log_group_forgets(translated: dict[str, Any]) -> None:
    groups = of_type(translated, "AWS::Logs::LogGroup")

    assert len(groups) == 11
    assert all(g["Properties"]["RetentionInDays"] for g in groups.values())
