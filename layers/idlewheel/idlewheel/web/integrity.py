"""The integrity API (PEP 740, as PyPI has it): who attests a file, ``/integrity/…/provenance``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from idlewheel.domain.access import Action
from idlewheel.domain.attestations import PROVENANCE_SUFFIX
from idlewheel.domain.project import FileState
from idlewheel.errors import Gone, NotFound
from idlewheel.web.files import asked_project, offered
from idlewheel.web.gateway import redirect
from idlewheel.web.negotiation import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File
    from idlewheel.services.ports import Catalog
    from idlewheel.web.gateway import Reply, Request

MEDIA_TYPE = "application/vnd.pypi.integrity.v1+json"
OFFERS = (MEDIA_TYPE, "application/json")
"""What may be asked for; the answer is always of the first (RFC 8259: each is JSON)."""

LONGEST = 255
"""Characters of a filename; the table refuses to look for keys that are too long."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """The provenance of files, for those who may read their project."""

    catalog: Catalog
    sign: Callable[[str], str]
    """Makes a URL for a key, good for some minutes."""

    def redirect(self, request: Request) -> Reply:
        """Send the client to the provenance of a file.

        Raises:
            NotAcceptable: the client takes none of the types that there are.
            NotFound: there is no such file, or nobody attests it.

        """
        name = asked_project(request.parameters["project"])
        request.principal().require(Action.READ, name)
        choose(request.header("accept"), OFFERS, default=MEDIA_TYPE)
        offered(self.catalog, name)
        file = self._file(name, unquote(request.parameters["filename"]))
        if file.version != unquote(request.parameters["version"]):
            raise NotFound(f"'{file.filename}' is not of that version, but of {file.version}")
        if file.provenance_sha256 is None:
            raise NotFound(f"'{file.filename}' has no provenance: it was uploaded without")
        return redirect(self.sign(file.key(name) + PROVENANCE_SUFFIX), cache="private, no-store")

    def _file(self, name: NormalizedName, filename: str) -> File:
        if len(filename.encode()) > LONGEST:
            raise NotFound("there is no such file: none can have this name")
        file = self.catalog.file(name, filename)
        if file.state is FileState.DELETED:
            raise Gone(f"{filename} was deleted")
        return file
