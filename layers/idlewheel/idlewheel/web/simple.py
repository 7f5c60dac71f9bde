"""The pages of the simple repository API, version 1.4, in JSON and in HTML.

PEP 503 and 691 (form), 592 (yanked), 629 (version), 700 (versions, size, upload-time), 714
(core-metadata), 792 (project-status). HTML is frozen at 1.4 for good (PEP 833). A page is a frame
and its lines; lines are rendered some at a time, so that a change renders few of them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Listing, Project, ProjectPage
    from idlewheel.services.project_sheets import Entry

API_VERSION = "1.4"

RENDERER = 2
"""Part of every ETag: raise it whenever the same page is rendered to other bytes."""

HERE = "../.."
"""The index as seen from ``/simple/{project}/``: file links that work under any prefix."""


class Frame(NamedTuple):
    """A page without its lines: what is before them, between two of them, and after them."""

    head: bytes
    separator: bytes
    tail: bytes


def frame_of(project: Project, versions: Sequence[str], *, is_json: bool) -> Frame:
    """Render a project's page, but for its files."""
    return json_frame(project, versions) if is_json else html_frame(project)


def root_frame(serial: int, *, is_json: bool) -> Frame:
    """Render the list of projects, but for the projects."""
    if is_json:
        return _json_frame({"meta": _meta(serial)}, "projects")
    return _html_frame("Simple index", {}, serial)


def json_frame(project: Project, versions: Sequence[str]) -> Frame:
    """Render a project's page as JSON, but for its files."""
    return _json_frame(
        {
            "meta": _meta(project.serial),
            "name": project.name,
            "project-status": _status(project),
            "versions": versions,
        },
        "files",
    )


class Links(NamedTuple):
    """Where a page's links lead."""

    files: str = HERE
    """What those to files begin with."""
    home: str = ""
    """The absolute URL of this index: those to provenance are absolute (PEP 740)."""


def json_files(entries: Iterable[Entry], project: NormalizedName, links: Links) -> bytes:
    """Render files as JSON objects with commas between."""
    return _dump([_file_object(entry, project, links) for entry in entries])[1:-1]


def root_json(listings: Iterable[Listing]) -> bytes:
    """Render projects as JSON objects with commas between."""
    return _dump(
        [{"_last-serial": listing.serial, "name": listing.display_name} for listing in listings]
    )[1:-1]


def _json_frame(document: Mapping[str, object], lines: str) -> Frame:
    head = _dump({**document, lines: []}).removesuffix(b"]}")
    return Frame(head, b",", b"]}")


def _dump(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def _meta(serial: int) -> dict[str, object]:
    return {"_last-serial": serial, "api-version": API_VERSION}


def _status(project: Project) -> dict[str, str]:
    reason = {"reason": project.status_reason} if project.status_reason else {}
    return {"status": project.status.value, **reason}


def files_of(page: ProjectPage) -> list[File]:
    """Answer the listed files in the order in which they are shown."""
    return sorted(page.files, key=attrgetter("filename"))


def _file_object(file: Entry, project: NormalizedName, links: Links) -> dict[str, object]:
    core_metadata = {"sha256": file.metadata_sha256} if file.metadata_sha256 else False
    requires = {"requires-python": file.requires_python} if file.requires_python else {}
    return {
        "filename": file.filename,
        "url": file_url(file, project, links.files),
        "hashes": {"sha256": file.sha256},
        **requires,
        "size": file.size,
        "upload-time": _moment(file.uploaded),
        "yanked": False if file.yanked is None else file.yanked or True,
        "core-metadata": core_metadata,
        "dist-info-metadata": core_metadata,
        **({"provenance": _provenance(file, project, links)} if file.attested else {}),
    }


def file_url(file: Entry | File, project: NormalizedName, base: str) -> str:
    """Link to a file; a bare ``+`` would be read as a space by S3 and by some clients."""
    return f"{base}/{quote(file.key(project))}"


def _provenance(file: Entry, project: NormalizedName, links: Links) -> str:
    return provenance_url(project, file.version, file.filename, links.home)


def provenance_url(project: NormalizedName, version: str, filename: str, home: str) -> str:
    """Say where the provenance of a file is told (as PyPI, "Integrity API")."""
    return f"{home}/integrity/{project}/{quote(version)}/{quote(filename)}/provenance"


def instant(moment: datetime) -> str:
    """Write a time as PEP 700 does: UTC, to the microsecond, with a Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _moment(microseconds: int) -> str:
    """Write a time, told in microseconds since the epoch, as :func:`instant` does."""
    return f"{(_EPOCH + timedelta(microseconds=microseconds)).isoformat('T', 'microseconds')}Z"


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the Z is written by _moment


def html_frame(project: Project) -> Frame:
    """Render a project's page as HTML, but for its files."""
    status = {f"pypi:project-{key}": text for key, text in _status_metas(project)}
    return _html_frame(f"Links for {project.display_name}", status, project.serial)


def html_files(entries: Iterable[Entry], project: NormalizedName, links: Links) -> bytes:
    """Render files as lines of HTML."""
    return _lines(_file_anchor(entry, project, links) for entry in entries)


def root_html(listings: Iterable[Listing], base: str = "") -> bytes:
    """Render projects as lines of HTML; relative to ``/simple/``, or beginning with *base*."""
    return _lines(
        _anchor({"href": f"{base}{listing.name}/"}, listing.display_name) for listing in listings
    )


def _status_metas(project: Project) -> Iterator[tuple[str, str]]:
    yield "status", project.status.value
    if project.status_reason:
        yield "status-reason", project.status_reason


def _html_frame(title: str, metas: Mapping[str, str], serial: int) -> Frame:
    versioned = {"pypi:repository-version": API_VERSION, **metas}
    head = (
        "<!DOCTYPE html>",
        '<html lang="en">',
        "  <head>",
        '    <meta charset="utf-8">',
        *(f"    <meta{_attributes({'name': n, 'content': c})}>" for n, c in versioned.items()),
        f"    <title>{escape(title)}</title>",
        "  </head>",
        "  <body>",
        f"    <h1>{escape(title)}</h1>",
    )
    tail = f"  </body>\n</html>\n<!--SERIAL {serial}-->"
    return Frame(_lines(head), b"", tail.encode())


def _lines(lines: Iterable[str]) -> bytes:
    """Encode *lines*; all but ASCII as references, so that they survive any guessed charset."""
    return "".join(f"{line}\n" for line in lines).encode("ascii", "xmlcharrefreplace")


def _anchor(attributes: Mapping[str, str], text: str) -> str:
    return f"    <a{_attributes(attributes)}>{escape(text)}</a><br>"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def _file_anchor(file: Entry, project: NormalizedName, links: Links) -> str:
    attributes = {"href": f"{file_url(file, project, links.files)}#sha256={file.sha256}"}
    if file.requires_python:
        attributes["data-requires-python"] = file.requires_python
    if file.metadata_sha256:
        attributes["data-core-metadata"] = f"sha256={file.metadata_sha256}"
        attributes["data-dist-info-metadata"] = f"sha256={file.metadata_sha256}"
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    if file.attested:
        attributes["data-provenance"] = _provenance(file, project, links)
    return _anchor(attributes, file.filename)
