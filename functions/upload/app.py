"""Uploads: by form, where the answer is the verdict, and in sessions, for files of any size."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel import start
from idlewheel.distribution.form import check_form
from idlewheel.errors import IdlewheelError, Refusal
from idlewheel.services.receive import Reception
from idlewheel.services.sessions import Sessions
from idlewheel.settings import Settings
from idlewheel.storage.buckets import S3Inbox, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.drafts import DynamoDrafts
from idlewheel.storage.gate import S3Gate
from idlewheel.storage.signing import Signer, session_credentials
from idlewheel.storage.tables import bind_index
from idlewheel.storage.uploads import DynamoUploads
from idlewheel.telemetry import count, logger, observed
from idlewheel.web import form, sessions, verdicts
from idlewheel.web.routing import Routes

if TYPE_CHECKING:
    from idlewheel.domain.uploads import Upload
    from idlewheel.web.gateway import Reply, Request

PATIENCE = 26
"""Seconds after the gateway took the request; it gives up at 29."""

settings = Settings()
connection = bind_index(settings.index_table, settings.region)
catalog = DynamoCatalog()
uploads = DynamoUploads(connection)
reception = Reception(
    catalog=catalog,
    uploads=uploads,
    inbox=S3Inbox(connect(settings.region), settings.inbox_bucket),
)
desk = Sessions(catalog, uploads, DynamoDrafts(connection))
gate = S3Gate(
    Signer(
        bucket=settings.inbox_bucket,
        region=settings.region,
        credentials=session_credentials(connection.session),
        endpoint=settings.s3_endpoint,
    )
)


def note(error: IdlewheelError) -> None:
    """Log and count what a client is refused."""
    logger.info("refused", code=error.code, problems=[list(problem) for problem in error.problems])
    if isinstance(error, Refusal):
        count("Rejections", tuple(problem.code for problem in error.problems))


routes = Routes(heard=note)


@routes.route("POST /legacy")
def legacy(request: Request) -> Reply:
    """Publish the file of a form; 200 means that it can be installed from now on."""
    principal = request.principal()
    sent = form.parse(request.header("content-type"), request.content())
    declaration = check_form(sent.fields, sent.filename)
    arrived = datetime.fromtimestamp(request.time, UTC)
    upload = reception.receive(declaration, sent.content, principal, arrived)
    if upload is None:
        return verdicts.published(declaration.filename, request, is_new=False)
    if verdicts.asks_to_respond_early(request):
        return verdicts.pending(upload, request)
    reception.await_verdict(upload.id, request.time + PATIENCE)
    return verdicts.published(upload.filename, request, is_new=True)


@routes.route("POST /uploads")
def open_session(request: Request) -> Reply:
    """Let a client put a file of any size into the inbox; its arrival publishes it."""
    announced = sessions.announcement(request)
    upload = desk.open(announced, request.principal(), datetime.fromtimestamp(request.time, UTC))
    if upload is None:
        return verdicts.published(announced.declaration.filename, request, is_new=False)
    if upload.state.terminal:
        return verdicts.status(upload, request)  # in its draft already
    return sessions.opened(upload, gate.admit(upload, datetime.now(UTC)), request)


@routes.route("GET /uploads/{id}")
def status(request: Request) -> Reply:
    """Tell how far an upload is; ``?wait=20`` waits that many seconds for its verdict."""
    patience = sessions.patience(request)
    upload = visible(request)
    deadline = min(request.time + PATIENCE, time.time() + patience)
    return verdicts.status(desk.watch(upload, deadline, datetime.now(UTC)), request)


@routes.route("DELETE /uploads/{id}")
def cancel(request: Request) -> Reply:
    """End an upload before its verdict."""
    return verdicts.status(desk.cancel(visible(request)), request)


def visible(request: Request) -> Upload:
    """Find the upload that the path names, for who may see it."""
    upload = uploads.get(sessions.upload_id(request))
    verdicts.require_visible(upload, request.principal())
    return upload


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request."""
    return routes(event, context)


start.done()
