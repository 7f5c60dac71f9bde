"""Every read of the index: pages, files, JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel import start
from idlewheel.domain.access import Action
from idlewheel.errors import WrongMethod
from idlewheel.settings import Settings
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.signing import Signer, session_credentials
from idlewheel.storage.snapshots import S3Snapshots
from idlewheel.storage.tables import bind_index
from idlewheel.telemetry import count, logger, observed
from idlewheel.web import cors
from idlewheel.web.delivery import Delivery
from idlewheel.web.files import Downloads, asked_project
from idlewheel.web.pages import Pages
from idlewheel.web.routing import Routes

if TYPE_CHECKING:
    from idlewheel.web.gateway import Reply, Request
    from idlewheel.web.preview import Preview

settings = Settings()
connection = bind_index(settings.index_table, settings.region)
catalog = DynamoCatalog()
signer = Signer(
    bucket=settings.files_bucket,
    region=settings.region,
    credentials=session_credentials(connection.session),
    endpoint=settings.s3_endpoint,
)
snapshots = S3Snapshots(signer, settings.index_table, logger.warning)
pages = Pages(catalog, Delivery(snapshots.publish), snapshots)
downloads = Downloads(catalog, lambda key: signer.sign("GET", key, datetime.now(UTC)))
routes = Routes()


@routes.route("GET /simple", "HEAD /simple")
@cors.shared
def root(request: Request) -> Reply:
    """List every project."""
    request.principal().require(Action.READ)
    return pages.root(request)


@routes.route("GET /simple/{project}", "HEAD /simple/{project}")
@cors.shared
def project(request: Request) -> Reply:
    """List the files of one project."""
    asked = request.parameters["project"]
    request.principal().require(Action.READ, asked_project(asked))
    return pages.project(asked, request)


@routes.route("GET /files/{proxy+}", "GET /packages/{proxy+}")
@cors.shared
def file(request: Request) -> Reply:
    """Send the client to where the bytes are."""
    count("Downloads")
    return downloads.redirect(request)


@routes.route("HEAD /files/{proxy+}", "HEAD /packages/{proxy+}")
@cors.shared
def file_head(request: Request) -> Reply:
    """Tell how long a file is."""
    return downloads.describe(request)


@routes.route(
    "GET /pypi/{project}/json",
    "HEAD /pypi/{project}/json",
    "GET /pypi/{project}/{version}/json",
    "HEAD /pypi/{project}/{version}/json",
)
@cors.shared
def json_api(request: Request) -> Reply:
    """Tell all that is known of a project, or of one release."""
    from idlewheel.web.json_api import JsonApi  # noqa: PLC0415 - installers never ask for it

    asked = request.parameters["project"]
    request.principal().require(Action.READ, asked_project(asked))
    return JsonApi(catalog).answer(request)


@routes.route("GET /drafts/{id}/simple", "HEAD /drafts/{id}/simple")
def preview_root(request: Request) -> Reply:
    """Send people to the page that a draft is about."""
    return preview().root(request, datetime.now(UTC))


@routes.route("GET /drafts/{id}/simple/{project}", "HEAD /drafts/{id}/simple/{project}")
def preview_project(request: Request) -> Reply:
    """Show a project as it will be once a draft is published."""
    return preview().project(request, datetime.now(UTC))


def preview() -> Preview:
    """Make what shows drafts."""
    from idlewheel.storage.drafts import DynamoDrafts  # noqa: PLC0415 - installers never ask for it
    from idlewheel.web.preview import Preview  # noqa: PLC0415

    return Preview(catalog, DynamoDrafts(connection), pages)


@routes.route("GET /rss/packages.xml")
def new_projects(request: Request) -> Reply:
    """Tell of the newest projects."""
    from idlewheel.web import feeds  # noqa: PLC0415 - only feed readers ask for it

    request.principal().require(Action.READ)
    return feeds.packages(catalog, request)


@routes.route("GET /rss/updates.xml")
def new_releases(request: Request) -> Reply:
    """Tell of the newest releases."""
    from idlewheel.web import feeds  # noqa: PLC0415 - only feed readers ask for it

    request.principal().require(Action.READ)
    return feeds.updates(catalog, request)


@routes.route("GET /rss/project/{project}/releases.xml")
def new_releases_of_project(request: Request) -> Reply:
    """Tell of the newest releases of one project."""
    from idlewheel.web import feeds  # noqa: PLC0415 - only feed readers ask for it

    request.principal().require(Action.READ, asked_project(request.parameters["project"]))
    return feeds.releases(catalog, request)


@routes.route("GET /stats")
@cors.shared
def stats(request: Request) -> Reply:
    """Tell how many bytes the index holds, and whose."""
    from idlewheel.web.statistics import statistics  # noqa: PLC0415 - installers never ask for it

    request.principal().require(Action.READ)
    return statistics(catalog)


@routes.route("GET /integrity/{project}/{version}/{filename}/provenance")
@cors.shared
def provenance(request: Request) -> Reply:
    """Send the client to what is attested of a file."""
    from idlewheel.web.integrity import Integrity  # noqa: PLC0415 - installers never ask for it

    return Integrity(catalog, downloads.sign).redirect(request)


routes.route(
    "OPTIONS /simple",
    "OPTIONS /simple/{project}",
    "OPTIONS /files/{proxy+}",
    "OPTIONS /packages/{proxy+}",
    "OPTIONS /pypi/{project}/json",
    "OPTIONS /pypi/{project}/{version}/json",
    "OPTIONS /integrity/{project}/{version}/{filename}/provenance",
)(cors.preflight)


@routes.route("POST /", "POST /simple", "POST /simple/{project}")
def wrong_upload(request: Request) -> Reply:
    """Refuse an upload to where people install from; uv explains a 405 to its user."""
    raise WrongMethod(f"nothing can be uploaded here; upload to {request.base_url}/legacy/")


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request."""
    return routes(event, context)


start.done()
