"""Drafts: releases that become visible all at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel import start
from idlewheel.errors import Refusal
from idlewheel.services.drafts import Drafting
from idlewheel.settings import Settings
from idlewheel.storage.access import bind_access
from idlewheel.storage.buckets import S3Files, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.draft_publication import DynamoDraftPublisher
from idlewheel.storage.drafts import DynamoDrafts
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_index
from idlewheel.telemetry import count, logger, observed
from idlewheel.web import drafts
from idlewheel.web.routing import Routes
from idlewheel.web.wishes import done, filename

if TYPE_CHECKING:
    from idlewheel.errors import IdlewheelError
    from idlewheel.web.gateway import Reply, Request

settings = Settings()
connection = bind_index(settings.index_table, settings.region)
bind_access(settings.access_table, settings.region)
catalog = DynamoCatalog()
kept = DynamoDrafts(connection)
s3 = connect(settings.region)
desk = Drafting(
    drafts=kept,
    publisher=DynamoDraftPublisher(connection, catalog, kept, settings.release_closes_after),
    files=S3Files(s3, settings.files_bucket),
    manifests=S3Manifests(s3, settings.files_bucket),
)


def note(error: IdlewheelError) -> None:
    """Log and count what a client is refused."""
    logger.info("refused", code=error.code, problems=[list(problem) for problem in error.problems])
    if isinstance(error, Refusal):
        count("Rejections", tuple(problem.code for problem in error.problems))


routes = Routes(heard=note)


def arrival(request: Request) -> datetime:
    """When the gateway took the request."""
    return datetime.fromtimestamp(request.time, UTC)


@routes.route("POST /drafts")
def open_draft(request: Request) -> Reply:
    """Open a draft of a release, or answer the one that this token has open."""
    wish = drafts.wish(request)
    draft = desk.open(wish.project, wish.version, request.principal(), arrival(request))
    return drafts.opened(draft, request)


@routes.route("GET /drafts")
def list_drafts(request: Request) -> Reply:
    """List the open drafts of a project."""
    found = desk.of(drafts.project(request), request.principal(), arrival(request))
    return drafts.listed(found, request)


@routes.route("GET /drafts/{id}")
def show(request: Request) -> Reply:
    """Tell what a draft is, and what it holds."""
    return drafts.status(*desk.find(drafts.draft_id(request), request.principal()), request)


@routes.route("POST /drafts/{id}/publish")
def publish(request: Request) -> Reply:
    """Make every file of a draft visible, or none."""
    wanted = drafts.expected(request)
    name = drafts.draft_id(request)
    draft, staged = desk.publish(name, wanted, request.principal(), arrival(request))
    count("DraftsPublished")
    return drafts.status(draft, staged, request)


@routes.route("DELETE /drafts/{id}")
def cancel(request: Request) -> Reply:
    """End a draft, and take its files away."""
    desk.cancel(drafts.draft_id(request), request.principal())
    return done()


@routes.route("DELETE /drafts/{id}/files/{filename}")
def remove(request: Request) -> Reply:
    """Take a file out of a draft."""
    name = drafts.draft_id(request)
    desk.remove(name, filename(request), request.principal(), arrival(request))
    return done()


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request."""
    return routes(event, context)


start.done()
