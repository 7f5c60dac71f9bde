"""Files: the client is sent to where the bytes are; how long they are, we say ourselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from idlewheel.domain.access import Action
from idlewheel.domain.names import NormalizedName, is_valid, normalize
from idlewheel.domain.project import METADATA_SUFFIX, File, FileState, file_key
from idlewheel.errors import Gone, NotFound
from idlewheel.web.gateway import Reply, redirect

if TYPE_CHECKING:
    from collections.abc import Callable

    from idlewheel.domain.project import Project
    from idlewheel.services.ports import Catalog
    from idlewheel.web.gateway import Request

_PATH = re.compile(
    r"(?P<project>[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])?)/(?P<sha256>[0-9a-f]{64})/"
    r"(?P<filename>[A-Za-z0-9_][A-Za-z0-9._+!-]{0,263})",
    re.ASCII,
)
"""``{project}/{sha256}/{filename}``; what does not look like it can be no file of ours.

Nothing longer than a name of 128 characters and a filename of 255 with its suffix: the table
refuses to look for keys that are too long.
"""


def asked_project(segment: str) -> NormalizedName:
    """Read the project that a segment of a path names, percent-encoded, in any spelling.

    Raises:
        NotFound: no project can have such a name.

    """
    name = unquote(segment)
    if not is_valid(name):
        raise NotFound("there is no such project: none can have this name")
    return normalize(name)


def offered(catalog: Catalog, name: NormalizedName) -> Project:
    """Find a project that is not in quarantine. Raises NotFound, as PyPI does."""
    project = catalog.project(name)
    if not project.status.offers_files:
        raise NotFound(f"project '{name}' is quarantined")
    return project


class Asked(NamedTuple):
    """What a URL under ``/files/`` names."""

    project: NormalizedName
    sha256: str
    filename: str
    """Without the suffix of the core metadata."""
    is_metadata: bool

    @property
    def key(self) -> str:
        """The key in the files bucket."""
        suffix = METADATA_SUFFIX if self.is_metadata else ""
        return file_key(self.project, self.sha256, self.filename) + suffix


def parse(request: Request) -> Asked:
    """Read the path after ``/files/``. Raises NotFound where it can name no file."""
    match = _PATH.fullmatch(unquote(request.parameters["proxy"]))
    if match is None:
        raise NotFound(
            "there is no such file: a file's URL is /files/{project}/{sha256}/{filename}"
        )
    filename = match["filename"]
    return Asked(
        NormalizedName(match["project"]),
        match["sha256"],
        filename.removesuffix(METADATA_SUFFIX),
        filename.endswith(METADATA_SUFFIX),
    )


@dataclass(frozen=True, slots=True)
class Downloads:
    """The files of the index, for those who may read their project."""

    catalog: Catalog
    sign: Callable[[str], str]
    """Makes a URL for a key, good for some minutes."""

    def redirect(self, request: Request) -> Reply:
        """Send the client to the bytes, without reading any table.

        A 302, never a 301 or 308: pip keeps those for good, and the signature expires.
        """
        asked = parse(request)
        request.principal().require(Action.READ, asked.project)
        return redirect(self.sign(asked.key), cache="private, no-store")

    def describe(self, request: Request) -> Reply:
        """Answer a HEAD by ourselves: a URL signed for GET would refuse it."""
        asked = parse(request)
        request.principal().require(Action.READ, asked.project)
        offered(self.catalog, asked.project)
        file = self.catalog.file(asked.project, asked.filename)
        return Reply(
            200,
            {
                "Content-Type": "text/plain; charset=utf-8"
                if asked.is_metadata
                else "application/octet-stream",
                "Content-Length": str(_length(file, asked)),
                "Accept-Ranges": "bytes",
                "Cache-Control": "private, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _length(file: File, asked: Asked) -> int:
    if file.sha256 != asked.sha256:
        raise NotFound(f"there is no file '{asked.filename}' with this digest")
    if file.state is FileState.DELETED:
        raise Gone(f"{asked.filename} was deleted")
    if not asked.is_metadata:
        return file.size
    if file.metadata_size is None:
        raise NotFound(f"{asked.filename} has no core metadata of its own")
    return file.metadata_size
