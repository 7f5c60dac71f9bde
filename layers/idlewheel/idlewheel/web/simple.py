"""The pages of the simple repository API, version 1.4, in JSON and in HTML.

PEP 503 and 691 (form), 592 (yanked), 629 (version), 700 (versions, size, upload-time), 714
(core-metadata), 792 (project-status). HTML is frozen at 1.4 for good (PEP 833). Files and
versions are sorted, so that equal pages are equal bytes whoever renders them.
"""

from __future__ import annotations

import json
from datetime import UTC
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Listing, Project, ProjectPage

API_VERSION = "1.4"

RENDERER = 1
"""Part of every ETag: raise it whenever the same page is rendered to other bytes."""

HERE = "../.."
"""The index as seen from ``/simple/{project}/``: file links that work under any prefix."""


def as_json(page: ProjectPage, base: str = HERE) -> bytes:
    """Render a project's page as JSON; its links begin with *base*."""
    project = page.project
    return _dump(
        {
            "meta": _meta(project.serial),
            "name": project.name,
            "project-status": _status(project),
            "versions": _versions(page),
            "files": [_file_object(file, project.name, base) for file in files_of(page)],
        }
    )


def root_json(listings: Sequence[Listing]) -> bytes:
    """Render the list of projects as JSON."""
    projects = [
        {"_last-serial": listing.serial, "name": listing.display_name} for listing in listings
    ]
    return _dump({"meta": _meta(last_serial(listings)), "projects": projects})


def last_serial(listings: Sequence[Listing]) -> int:
    """Answer the serial of the whole index: that of its last change, 0 while it is empty."""
    return max((listing.serial for listing in listings), default=0)


def _dump(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def _meta(serial: int) -> dict[str, object]:
    return {"_last-serial": serial, "api-version": API_VERSION}


def _status(project: Project) -> dict[str, str]:
    reason = {"reason": project.status_reason} if project.status_reason else {}
    return {"status": project.status.value, **reason}


def _versions(page: ProjectPage) -> list[str]:
    """Every version, those without files included (PEP 700)."""
    return sorted(
        {release.version for release in page.releases} | {file.version for file in page.files}
    )


def files_of(page: ProjectPage) -> list[File]:
    """Answer the listed files in the order in which they are shown."""
    return sorted(page.files, key=attrgetter("filename"))


def _file_object(file: File, project: NormalizedName, base: str) -> dict[str, object]:
    core_metadata = {"sha256": file.metadata_sha256} if file.metadata_sha256 else False
    requires = {"requires-python": file.requires_python} if file.requires_python else {}
    return {
        "filename": file.filename,
        "url": file_url(file, project, base),
        "hashes": {"sha256": file.sha256},
        **requires,
        "size": file.size,
        "upload-time": instant(file.uploaded_at),
        "yanked": False if file.yanked is None else file.yanked or True,
        "core-metadata": core_metadata,
        "dist-info-metadata": core_metadata,
    }


def file_url(file: File, project: NormalizedName, base: str) -> str:
    """Link to a file; a bare ``+`` would be read as a space by S3 and by some clients."""
    return f"{base}/{quote(file.key(project))}"


def instant(moment: datetime) -> str:
    """Write a time as PEP 700 does: UTC, to the microsecond, with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def as_html(page: ProjectPage, base: str = HERE) -> bytes:
    """Render a project's page as HTML; its links begin with *base*."""
    project = page.project
    anchors = (_file_anchor(file, project.name, base) for file in files_of(page))
    status = {f"pypi:project-{key}": text for key, text in _status_metas(project)}
    return _document(f"Links for {project.display_name}", status, anchors, project.serial)


def root_html(listings: Sequence[Listing], base: str = "") -> bytes:
    """Render the list of projects as HTML; relative to ``/simple/``, or beginning with *base*."""
    anchors = (
        _anchor({"href": f"{base}{listing.name}/"}, listing.display_name) for listing in listings
    )
    return _document("Simple index", {}, anchors, last_serial(listings))


def _status_metas(project: Project) -> Iterator[tuple[str, str]]:
    yield "status", project.status.value
    if project.status_reason:
        yield "status-reason", project.status_reason


def _document(title: str, metas: Mapping[str, str], anchors: Iterator[str], serial: int) -> bytes:
    versioned = {"pypi:repository-version": API_VERSION, **metas}
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "  <head>",
        '    <meta charset="utf-8">',
        *(f"    <meta{_attributes({'name': n, 'content': c})}>" for n, c in versioned.items()),
        f"    <title>{escape(title)}</title>",
        "  </head>",
        "  <body>",
        f"    <h1>{escape(title)}</h1>",
        *anchors,
        "  </body>",
        "</html>",
        f"<!--SERIAL {serial}-->",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def _anchor(attributes: Mapping[str, str], text: str) -> str:
    return f"    <a{_attributes(attributes)}>{escape(text)}</a><br>"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def _file_anchor(file: File, project: NormalizedName, base: str) -> str:
    attributes = {"href": f"{file_url(file, project, base)}#sha256={file.sha256}"}
    if file.requires_python:
        attributes["data-requires-python"] = file.requires_python
    if file.metadata_sha256:
        attributes["data-core-metadata"] = f"sha256={file.metadata_sha256}"
        attributes["data-dist-info-metadata"] = f"sha256={file.metadata_sha256}"
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    return _anchor(attributes, file.filename)
