"""Uploads by form: take one in, wait for its verdict, answer it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from idlewheel.distribution.form import check_form
from idlewheel.errors import IdlewheelError, Refusal
from idlewheel.services.receive import Reception
from idlewheel.settings import Settings
from idlewheel.storage.buckets import S3Inbox, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.tables import bind_index
from idlewheel.storage.uploads import DynamoUploads
from idlewheel.web import form, verdicts
from idlewheel.web.routing import Routes

if TYPE_CHECKING:
    from idlewheel.web.gateway import Reply, Request

PATIENCE = 26
"""Seconds after the gateway took the request; it gives up at 29."""

settings = Settings()
reception = Reception(
    catalog=DynamoCatalog(),
    uploads=DynamoUploads(bind_index(settings.index_table, settings.region)),
    inbox=S3Inbox(connect(settings.region), settings.inbox_bucket),
)
logger = Logger()
metrics = Metrics()


def note(error: IdlewheelError) -> None:
    """Log and count what a client is refused."""
    logger.info("refused", code=error.code, problems=[list(problem) for problem in error.problems])
    if isinstance(error, Refusal):
        metrics.add_metric("Rejections", MetricUnit.Count, 1)
        metrics.add_metadata("codes", [problem.code for problem in error.problems])


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


@routes.route("GET /uploads/{id}")
def status(request: Request) -> Reply:
    """Tell how far an upload is."""
    upload = reception.uploads.get(request.parameters["id"])
    verdicts.require_visible(upload, request.principal())
    return verdicts.status(upload, request)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request."""
    return routes(event, context)
