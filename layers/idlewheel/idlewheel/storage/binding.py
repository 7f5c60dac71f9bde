"""What the items of both tables have in common: how far a table is, and how it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.config import Config

from idlewheel.storage.answers import spare_the_parser
from idlewheel.storage.sessions import prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pynamodb.connection import Connection
    from pynamodb.models import Model

    Raw = Mapping[str, Mapping[str, Any]]
    """An item: attribute names, each with a type and a value."""

CURRENT_SCHEMA = 1
"""Every item carries the version of its schema; readers ignore attributes that they do not know."""

USER_AGENT = "idlewheel"
"""botocore composes its own anew for every call, which is a tenth of what a read costs."""


class Reach:
    """How long a call may take: shorter than a request, so that its answer is never a time-out.

    The retries are botocore's standard ones (AWS SDKs and Tools Reference, "Retry behavior").
    """

    connect_timeout_seconds = 2
    read_timeout_seconds = 5
    retry_configuration: Any = {"mode": "standard", "total_max_attempts": 4}  # noqa: RUF012 - pynamodb reads the attribute
    max_pool_connections = 20


def bind(base: type[Model], table_name: str, region: str) -> Connection:
    """Point *base*, a model, and all that derive from it at a table, over one connection."""
    base.Meta.table_name = table_name
    base.Meta.region = region
    base._connection = None  # noqa: SLF001 - pynamodb has no public way to bind a table late
    # The base connects first: its subclasses then inherit that one connection.
    connection: Connection = base._get_connection().connection  # noqa: SLF001
    prepared(connection.session).set_default_client_config(Config(user_agent=USER_AGENT))
    spare_the_parser(connection)
    return connection


def find(base: type[Model], pk: str, sk: str) -> Raw | None:
    """Find an item of the table of *base*, by one consistent read, as DynamoDB tells it."""
    table = base._get_connection()  # noqa: SLF001 - pynamodb has no public way to it
    found: Raw | None = table.get_item(pk, sk, consistent_read=True).get("Item")
    return found
