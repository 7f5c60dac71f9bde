"""The pages of the simple API: the project's, and the list of all projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idlewheel.web import simple
from idlewheel.web.delivery import Delivery, Rendered
from idlewheel.web.files import asked_project
from idlewheel.web.gateway import redirect
from idlewheel.web.variants import Variant

if TYPE_CHECKING:
    from idlewheel.domain.project import Project
    from idlewheel.services.ports import Catalog
    from idlewheel.web.gateway import Reply, Request


@dataclass(frozen=True, slots=True)
class ProjectSource:
    """The page of one project."""

    catalog: Catalog
    project: Project

    @property
    def name(self) -> str:
        """The project's name."""
        return self.project.name

    @property
    def revision(self) -> str:
        """The serial: it rises with every change, even in a table that was restored."""
        return f"{self.project.serial:x}"

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Read the project's files and render them."""
        page = self.catalog.page(self.project)
        renderer = simple.as_json if variant.is_json else simple.as_html
        read = ProjectSource(self.catalog, page.project)
        return Rendered(read.revision, page.project.serial, renderer(page, base or simple.HERE))


@dataclass(frozen=True, slots=True)
class RootSource:
    """The list of all projects."""

    catalog: Catalog
    counters: tuple[int, ...]
    """Read before the list: a list that is newer than its name is only asked for once more."""

    @property
    def name(self) -> str:
        """What no project can be called."""
        return "/"

    @property
    def revision(self) -> str:
        """The counters of all shards."""
        return ".".join(f"{counter:x}" for counter in self.counters)

    def render(self, variant: Variant, base: str | None = None) -> Rendered:
        """Read the list and render it."""
        listings = self.catalog.listings()
        content = (
            simple.root_json(listings)
            if variant.is_json
            else simple.root_html(listings, f"{base}/simple/" if base else "")
        )
        return Rendered(self.revision, simple.last_serial(listings), content)


class Pages:
    """The pages of the simple API, in whatever form is wanted."""

    def __init__(self, catalog: Catalog, delivery: Delivery | None = None) -> None:
        """Read from *catalog*; *delivery* keeps what was rendered."""
        self._catalog = catalog
        self.delivery = delivery or Delivery()

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
        source = ProjectSource(self._catalog, self._catalog.project(name))
        return self.delivery.answer(source, variant, request)

    def root(self, request: Request) -> Reply:
        """Answer the list of all projects. Raises as :meth:`project` does."""
        if not request.path.endswith("/"):
            return redirect(_beside(request, "simple/"), status=301)
        variant = Variant.wanted(request)
        source = RootSource(self._catalog, self._catalog.root_counters())
        return self.delivery.answer(source, variant, request)


def _beside(request: Request, name: str) -> str:
    """Point to *name* in place of the last segment asked for, whatever stage or prefix is before.

    What was asked of the page (``?format=``) is asked of it there too.
    """
    up = "../" if request.path.endswith("/") else ""
    return f"{up}{name}{request.query_string}"
