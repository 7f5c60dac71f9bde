"""Verify an index, rebuild one, try uploads again, from names: what operators' commands call.

The only part of the storage that the command line may import. Whatever AWS says comes as
botocore's errors, so that it need not know pynamodb's.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from pynamodb.exceptions import PynamoDBException

from idlewheel.services.sweep import Redrive
from idlewheel.services.verify import Verification
from idlewheel.storage import queues, rebuild
from idlewheel.storage.buckets import S3Files, S3Inbox, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.drafts import DynamoDrafts
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_index
from idlewheel.storage.uploads import DynamoUploads

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from idlewheel.domain.uploads import Lane
    from idlewheel.services.verify import Progress, Report


def verify_index(
    index_table: str,
    files_bucket: str,
    region: str,
    *,
    bytes_too: bool,
    progress: Progress = lambda *_: None,
) -> Report:
    """Check the table against the bucket and, if asked, against every byte; reads only."""
    with _as_aws_says():
        drafts = DynamoDrafts(bind_index(index_table, region))
        s3 = connect(region)
        files, manifests = S3Files(s3, files_bucket), S3Manifests(s3, files_bucket)
        verification = Verification(DynamoCatalog(), files, manifests, drafts)
        return verification.verify(bytes_too=bytes_too, progress=progress)


def rebuild_index(
    files_bucket: str,
    into_table: str,
    region: str,
    *,
    make_table: bool = False,
    progress: Progress = lambda *_: None,
) -> Counter[str]:
    """Write *into_table*, which must be empty, from the manifests of the bucket.

    Raises:
        NotEmpty: the table holds something; it was left as it is.
        NotFound: the bucket holds no manifest.

    """
    with _as_aws_says():
        connection = bind_index(into_table, region)
        if make_table:
            rebuild.make_table(cast("DynamoDBClient", connection.client), into_table)
        return rebuild.rebuild(S3Manifests(connect(region), files_bucket), progress)


def redrive_uploads(
    index_table: str,
    inbox_bucket: str,
    lanes: Mapping[Lane, tuple[str, str]],
    region: str,
) -> Counter[str]:
    """Have every upload that has no verdict yet judged again; count what was done.

    Args:
        index_table: the table of the uploads.
        inbox_bucket: where their bytes wait.
        lanes: of each lane the names of its queue and of its dead letters.
        region: of all of them.

    """
    with _as_aws_says():
        uploads = DynamoUploads(bind_index(index_table, region))
        inbox = S3Inbox(connect(region), inbox_bucket)
        sqs = queues.connect(region)
        urls = {lane: queues.url(sqs, queue) for lane, (queue, _) in lanes.items()}
        letters = [queues.url(sqs, name) for _, name in lanes.values()]
        events = queues.SqsEvents(sqs, urls, inbox_bucket)
        return Redrive(uploads, inbox, events, queues.SqsDeadLetters(sqs, letters)).redrive()


@contextmanager
def _as_aws_says() -> Iterator[None]:
    """Raise what botocore raised, where pynamodb has wrapped it."""
    try:
        yield
    except PynamoDBException as error:
        raise (error.cause or error) from None
