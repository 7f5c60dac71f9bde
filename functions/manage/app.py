"""What people with the right to may do: tokens, yank, delete, restore, status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idlewheel import start
from idlewheel.domain.access import Action, Actor
from idlewheel.errors import IdlewheelError
from idlewheel.services import credentials
from idlewheel.services.manage import Management
from idlewheel.settings import Settings
from idlewheel.storage.access import bind_access
from idlewheel.storage.audit import DynamoAudit
from idlewheel.storage.buckets import S3Files, connect
from idlewheel.storage.catalog import DynamoCatalog
from idlewheel.storage.changes import DynamoChanges
from idlewheel.storage.manifests import S3Manifests
from idlewheel.storage.tables import bind_index
from idlewheel.storage.token_changes import DynamoTokens
from idlewheel.storage.trusts import DynamoTrusts
from idlewheel.telemetry import count, observed
from idlewheel.web import audit, trusts, wishes
from idlewheel.web.files import asked_project
from idlewheel.web.routing import Routes

if TYPE_CHECKING:
    from idlewheel.domain.names import NormalizedName
    from idlewheel.web.gateway import Reply, Request

settings = Settings()
connection = bind_index(settings.index_table, settings.region)
bind_access(settings.access_table, settings.region)
catalog = DynamoCatalog()
tokens = DynamoTokens(connection)
records = DynamoAudit()
asked_of_projects = DynamoTrusts()
s3 = connect(settings.region)
management = Management(
    catalog,
    DynamoChanges(connection),
    S3Files(s3, settings.files_bucket),
    S3Manifests(s3, settings.files_bucket),
)
routes = Routes()


def project_of(request: Request) -> NormalizedName:
    """Which project the path names."""
    return asked_project(request.parameters["project"])


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@routes.route("GET /manage/whoami")
def whoami(request: Request) -> Reply:
    """Tell whoever asks who they are here, and what their token allows until when."""
    return wishes.reply(wishes.describe_principal(request.principal()))


@routes.route("POST /manage/tokens")
def issue_token(request: Request) -> Reply:
    """Issue a token; the answer is the only time that it is shown."""
    principal = request.principal()
    principal.require(Action.ADMIN)
    wish = wishes.token(wishes.document(request))
    text, token = credentials.issue(tokens.by(principal.actor), wish, principal.name, now())
    count("TokensIssued")
    return wishes.reply({"token": text, **wishes.describe(token)}, 201)


@routes.route("GET /manage/tokens")
def list_tokens(request: Request) -> Reply:
    """List the tokens that have not expired."""
    request.principal().require(Action.ADMIN)
    found = credentials.listed(tokens, now())
    return wishes.reply({"tokens": [wishes.describe(token) for token in found]})


@routes.route("DELETE /manage/tokens/{id}")
def revoke_token(request: Request) -> Reply:
    """Revoke a token: nothing is published with it from now on."""
    principal = request.principal()
    principal.require(Action.ADMIN)
    revoked = tokens.by(principal.actor).revoke(wishes.token_id(request))
    return wishes.reply(wishes.describe(revoked))


@routes.route("GET /manage/audit")
def show_audit(request: Request) -> Reply:
    """Tell who did what, with which token, to what: of a project, of a principal, of a day."""
    asked = audit.asked(request)
    request.principal().require(Action.ADMIN, asked.project)
    found = records.find(asked.project, asked.principal, asked.day, audit.MOST, asked.before)
    return wishes.reply(audit.answer(found))


@routes.route("GET /manage/projects/{project}")
def show_project(request: Request) -> Reply:
    """Tell all about a project, deleted files included."""
    name = project_of(request)
    request.principal().require(Action.ADMIN, name)
    return wishes.reply(wishes.describe_project(catalog.project(name), catalog.files(name)))


@routes.route("GET /manage/projects/{project}/attestations")
def show_attestations(request: Request) -> Reply:
    """Tell what a project asks of attestations, if anything of its own."""
    name = project_of(request)
    request.principal().require(Action.ADMIN, name)
    return wishes.reply(trusts.describe(asked_of_projects.find(name)))


@routes.route("PUT /manage/projects/{project}/attestations")
def set_attestations(request: Request) -> Reply:
    """Ask of a project's files that they are attested, or by whom; it may have none yet."""
    name = project_of(request)
    request.principal().require(Action.ADMIN, name)
    wish = trusts.trust(wishes.document(request))
    asked_of_projects.set(name, wish)
    return wishes.reply(trusts.describe(wish))


@routes.route("PUT /manage/projects/{project}/status")
def set_status(request: Request) -> Reply:
    """Mark a project as active, archived, quarantined or deprecated (PEP 792)."""
    status, reason = wishes.status(wishes.document(request))
    project = management.set_status(request.principal(), project_of(request), status, reason)
    return wishes.reply(wishes.describe_project(project, catalog.files(project.name)))


@routes.route(
    "PUT /manage/projects/{project}/releases/{version}/yank",
    "DELETE /manage/projects/{project}/releases/{version}/yank",
)
def yank_release(request: Request) -> Reply:
    """Yank a release, or take that back (PEP 592)."""
    reason = wishes.yank(request)
    management.yank_release(
        request.principal(), project_of(request), wishes.version(request), reason
    )
    return wishes.done()


@routes.route(
    "PUT /manage/projects/{project}/files/{filename}/yank",
    "DELETE /manage/projects/{project}/files/{filename}/yank",
)
def yank_file(request: Request) -> Reply:
    """Yank one file, or take that back."""
    reason = wishes.yank(request)
    management.yank_file(request.principal(), project_of(request), wishes.filename(request), reason)
    return wishes.done()


@routes.route("DELETE /manage/projects/{project}/files/{filename}")
def delete_file(request: Request) -> Reply:
    """Delete one file; it can be restored for 30 days, and its name stays taken for ever."""
    management.delete_file(
        request.principal(), project_of(request), wishes.filename(request), now()
    )
    return wishes.done()


@routes.route("DELETE /manage/projects/{project}/releases/{version}")
def delete_release(request: Request) -> Reply:
    """Delete every file of a release."""
    management.delete_release(
        request.principal(), project_of(request), wishes.version(request), now()
    )
    return wishes.done()


@routes.route("DELETE /manage/projects/{project}")
def delete_project(request: Request) -> Reply:
    """Delete every file of a project; its name stays known."""
    management.delete_project(request.principal(), project_of(request), now())
    return wishes.done()


@routes.route("POST /manage/projects/{project}/files/{filename}/restore")
def restore_file(request: Request) -> Reply:
    """Take the deletion of a file back."""
    management.restore_file(
        request.principal(), project_of(request), wishes.filename(request), now()
    )
    return wishes.done()


@routes.route("POST /manage/projects/{project}/releases/{version}/restore")
def restore_release(request: Request) -> Reply:
    """Take the deletion of a release back."""
    management.restore_release(
        request.principal(), project_of(request), wishes.version(request), now()
    )
    return wishes.done()


@routes.route("POST /manage/projects/{project}/restore")
def restore_project(request: Request) -> Reply:
    """Take the deletion of a project's files back."""
    management.restore_project(request.principal(), project_of(request), now())
    return wishes.done()


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request, or who invokes the function with AWS credentials.

    An event of the gateway always has ``requestContext``, so no request can pass for a direct
    invocation: whoever may invoke the function owns the index.
    """
    if "requestContext" in event:
        return routes(event, context)
    return bootstrap(event)


def bootstrap(event: dict[str, Any]) -> dict[str, Any]:
    """Issue a token to the owner of the AWS account; this is how the first one comes about."""
    try:
        wish = wishes.token(event.get("issue"))
        text, token = credentials.issue(tokens.by(Actor("aws", "")), wish, "aws", now())
    except IdlewheelError as error:
        return wishes.refused(error)
    return {"token": text, **wishes.describe(token)}


start.done()
