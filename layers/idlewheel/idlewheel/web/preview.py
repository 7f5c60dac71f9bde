"""The page of a draft's project as it will be: what PEP 694 calls the stage.

It is an index of its own under ``/drafts/{id}/simple/``, to install from before anybody else can;
every other project it answers with the redirect to that project's real page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from idlewheel.domain.access import Action
from idlewheel.domain.drafts import DraftState, require_id
from idlewheel.domain.project import Delta, Project
from idlewheel.errors import NotFound
from idlewheel.services import project_sheets
from idlewheel.services.sheets import Sheet
from idlewheel.web import simple
from idlewheel.web.delivery import Rendered
from idlewheel.web.files import asked_project
from idlewheel.web.gateway import redirect
from idlewheel.web.pages import assembly
from idlewheel.web.variants import Variant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.domain.project import File
    from idlewheel.services.drafts import Drafts
    from idlewheel.services.ports import Catalog
    from idlewheel.services.project_sheets import ProjectSheets
    from idlewheel.web.gateway import Reply, Request
    from idlewheel.web.pages import Pages

HERE = "../../../.."
"""The index as seen from ``/drafts/{id}/simple/{project}/``."""


@dataclass(frozen=True, slots=True)
class PreviewSource:
    """The page of a project, with the files of a draft among its own."""

    sheets: ProjectSheets
    project: Project
    draft: Draft
    staged: Sequence[StagedFile]
    home: str

    @property
    def name(self) -> str:
        """What no project can be called."""
        return f"{self.home} draft {self.draft.id}"

    @property
    def revision(self) -> str:
        """The project's state and the draft's."""
        return f"{self.project.serial:x}.{self.draft.revision:x}"

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Render the whole page; few ask for it, so nothing of it is kept beyond its body."""
        exists = self.project.revision > 0
        project, sheet = self.sheets.current(self.project) if exists else (self.project, Sheet())
        files = tuple(_shown(one) for one in self.staged)
        sheet = project_sheets.updated(sheet, project, Delta(project, (), files))
        page = assembly(project, sheet, variant, simple.Links(base or HERE, self.home))
        revision = f"{project.serial:x}.{self.draft.revision:x}"
        return Rendered(revision, project.serial, page.fresh())


def _shown(staged: StagedFile) -> File:
    """Leave out the provenance: the integrity API tells of published files only."""
    return replace(staged.file, provenance_sha256=None)


@dataclass(frozen=True, slots=True)
class Preview:
    """The indexes that show drafts."""

    catalog: Catalog
    drafts: Drafts
    pages: Pages

    def root(self, request: Request, now: datetime) -> Reply:
        """Send people to the one page that there is to see."""
        draft, _ = self._open(request, now)
        up = "" if request.path.endswith("/") else "simple/"
        return redirect(f"{up}{draft.project}/", cache="no-store")

    def project(self, request: Request, now: datetime) -> Reply:
        """Answer the page of a project as it will be once the draft is published.

        Raises:
            NotFound, Gone: there is no such draft, or it has ended otherwise.
            NotAcceptable, Unavailable: as :meth:`Pages.project`.

        """
        draft, staged = self._open(request, now)
        name = asked_project(request.parameters["project"])
        up = "../../../.." if request.path.endswith("/") else "../../.."
        if name != draft.project or draft.state is DraftState.PUBLISHED:
            return redirect(f"{up}/simple/{name}/{request.query_string}", cache="no-store")
        if not request.path.endswith(f"/{name}/"):
            here = f"{up}/drafts/{draft.id}/simple/{name}/"
            return redirect(f"{here}{request.query_string}", cache="no-store")
        project = self._project(draft, staged)
        source = PreviewSource(self.pages.sheets, project, draft, staged, request.base_url)
        return self.pages.delivery.answer(source, Variant.wanted(request), request)

    def _open(self, request: Request, now: datetime) -> tuple[Draft, Sequence[StagedFile]]:
        draft, staged = self.drafts.staged(require_id(request.parameters["id"]))
        request.principal().require(Action.READ, draft.project)
        if draft.state is not DraftState.PUBLISHED:
            draft.require_open(now)
        return draft, staged

    def _project(self, draft: Draft, staged: Sequence[StagedFile]) -> Project:
        try:
            return self.catalog.project(draft.project)
        except NotFound:
            called = staged[0].display_name if staged else draft.project
            return Project(draft.project, called, 0, 0, draft.opened_at)
