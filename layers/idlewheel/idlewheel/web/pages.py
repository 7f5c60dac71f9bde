"""The pages of the simple API: the project's, and the list of all projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.services import project_sheets, root_sheet
from idlewheel.services.current import Sheets
from idlewheel.services.project_sheets import ProjectSheets
from idlewheel.services.root_sheet import RootSheet
from idlewheel.web import simple
from idlewheel.web.assembly import Assembly
from idlewheel.web.delivery import Delivery, Rendered
from idlewheel.web.files import asked_project
from idlewheel.web.gateway import redirect
from idlewheel.web.variants import Variant

if TYPE_CHECKING:
    from idlewheel.domain.project import Project
    from idlewheel.services.current import Snapshots
    from idlewheel.services.ports import Catalog
    from idlewheel.services.sheets import Segment, Sheet
    from idlewheel.web.gateway import Reply, Request


@dataclass(frozen=True, slots=True)
class ProjectSource:
    """The page of one project."""

    sheets: ProjectSheets
    project: Project
    home: str
    """The absolute URL of this index, by which provenance is linked."""

    @property
    def name(self) -> str:
        """Where and of what: an index may have several hosts."""
        return f"{self.home} {self.project.name}"

    @property
    def revision(self) -> str:
        """The serial: it rises with every change, even in a table that was restored."""
        return f"{self.project.serial:x}"

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Render the files that are not rendered yet; the others are at hand."""
        project, sheet = self.sheets.current(self.project)
        page = assembly(project, sheet, variant, simple.Links(base or simple.HERE, self.home))
        revision = f"{project.serial:x}"
        if base is not None:
            return Rendered(revision, project.serial, page.fresh())
        form = f"{variant.form} {self.home}" if project_sheets.attested(sheet) else variant.form
        if made := page.fill(form):
            self.sheets.keep(project, sheet, made)
        content = page.kept(form, gzip=variant.gzip)
        return Rendered(revision, project.serial, content, is_gzip=variant.gzip)


def assembly(project: Project, sheet: Sheet, variant: Variant, links: simple.Links) -> Assembly:
    """Put a project's page together out of its sheet."""
    render = simple.json_files if variant.is_json else simple.html_files

    def lines(segment: Segment) -> bytes:
        return render(project_sheets.entries(sheet, segment), project.name, links)

    versions = project_sheets.versions(project, sheet)
    frame = simple.frame_of(project, versions, is_json=variant.is_json)
    segments = sheet.segments if project.status.offers_files else ()
    return Assembly(frame, segments, lines)


@dataclass(frozen=True, slots=True)
class RootSource:
    """The list of all projects."""

    sheet: RootSheet
    counters: tuple[int, ...]

    @property
    def name(self) -> str:
        """What no project can be called."""
        return "/"

    @property
    def revision(self) -> str:
        """The counters of all shards."""
        return _counted(self.counters)

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Render the projects that are not rendered yet; the others are at hand."""
        counters, sheet = self.sheet.current(self.counters)
        serial = root_sheet.serial(sheet)
        start = f"{base}/simple/" if base else ""

        def lines(segment: Segment) -> bytes:
            listings = root_sheet.listings(segment)
            if variant.is_json:
                return simple.root_json(listings)
            return simple.root_html(listings, start)

        frame = simple.root_frame(serial, is_json=variant.is_json)
        page = Assembly(frame, sheet.segments, lines)
        if base is not None:
            return Rendered(_counted(counters), serial, page.fresh())
        if made := page.fill(variant.form):
            self.sheet.keep(sheet, made)
        content = page.kept(variant.form, gzip=variant.gzip)
        return Rendered(_counted(counters), serial, content, is_gzip=variant.gzip)


class Pages:
    """The pages of the simple API, in whatever form is wanted."""

    def __init__(
        self,
        catalog: Catalog,
        delivery: Delivery | None = None,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Read from *catalog*; *delivery* keeps what was rendered, *snapshots* what of."""
        self._catalog = catalog
        self.delivery = delivery or Delivery()
        sheets = Sheets(snapshots, simple.RENDERER)
        self.sheets = ProjectSheets(catalog, sheets)
        self._root = RootSheet(catalog, sheets)

    def project(self, asked: str, request: Request) -> Reply:
        """Answer the page of the project called *asked*, as the URL spells it.

        Raises:
            NotFound: there is no such project.
            NotAcceptable: the client takes no form that there is.
            Unavailable: the page is too large for a function's answer, and there is no store.

        """
        name = asked_project(asked)
        if not request.path.endswith(f"/{name}/"):
            return redirect(_beside(request, f"{name}/"), status=301)
        variant = Variant.wanted(request)
        is_known = request.header("if-none-match") is not None
        project = self.sheets.project(name, is_known=is_known)
        source = ProjectSource(self.sheets, project, request.base_url)
        return self.delivery.answer(source, variant, request)

    def root(self, request: Request) -> Reply:
        """Answer the list of all projects. Raises as :meth:`project` does."""
        if not request.path.endswith("/"):
            return redirect(_beside(request, "simple/"), status=301)
        variant = Variant.wanted(request)
        source = RootSource(self._root, self._catalog.root_counters())
        return self.delivery.answer(source, variant, request)


def _beside(request: Request, name: str) -> str:
    """Point to *name* in place of the last segment asked for, whatever stage or prefix is before.

    What was asked of the page (``?format=``) is asked of it there too.
    """
    up = "../" if request.path.endswith("/") else ""
    return f"{up}{name}{request.query_string}"


def _counted(counters: tuple[int, ...]) -> str:
    return ".".join(f"{counter:x}" for counter in counters)
