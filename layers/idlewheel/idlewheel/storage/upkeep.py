"""Verify an index, and rebuild one, from names: what an operator's command calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idlewheel.services.verify import Verification
from idlewheel.storage import rebuild
from idlewheel.storage.buckets import S3Files, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.drafts import DynamoDrafts
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_index

if TYPE_CHECKING:
    from collections import Counter

    from idlewheel.services.verify import Progress, Report


def verify_index(
    index_table: str,
    files_bucket: str,
    region: str,
    *,
    bytes_too: bool,
    progress: Progress = lambda _project: None,
) -> Report:
    """Check the table against the bucket and, if asked, against every byte; reads only."""
    connection = bind_index(index_table, region)
    s3 = connect(region)
    files, manifests = S3Files(s3, files_bucket), S3Manifests(s3, files_bucket)
    drafts = DynamoDrafts(connection)
    verification = Verification(DynamoCatalog(), files, manifests, drafts)
    return verification.verify(bytes_too=bytes_too, progress=progress)


def rebuild_index(
    files_bucket: str,
    into_table: str,
    region: str,
    progress: Progress = lambda _project: None,
) -> Counter[str]:
    """Write *into_table*, which must be empty, from the manifests of the bucket.

    Raises:
        NotEmpty: the table holds something; it was left as it is.

    """
    bind_index(into_table, region)
    return rebuild.rebuild(S3Manifests(connect(region), files_bucket), progress)
