"""The JSON API, ``/pypi/{project}/json``: what PyPI answers there is all the standard there is.

Imported when it is first asked for, because ordering versions needs `packaging`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from packaging.version import InvalidVersion, Version

from idlewheel.errors import NotFound
from idlewheel.web.delivery import Delivery, Rendered
from idlewheel.web.files import asked_project, offered
from idlewheel.web.negotiation import takes_gzip
from idlewheel.web.simple import files_of, instant
from idlewheel.web.variants import Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Project, ProjectPage, Release
    from idlewheel.services.ports import Catalog
    from idlewheel.web.gateway import Reply, Request

MEDIA_TYPE = "application/json"

TEXTS = (
    *("author", "author_email", "description", "download_url", "home_page", "keywords"),
    *("license", "maintainer", "maintainer_email", "platform", "summary"),
)
"""Of core metadata; an empty text where they are absent."""

NULLABLE = (
    *("description_content_type", "dynamic", "license_expression", "license_files"),
    *("project_urls", "provides_extra", "requires_dist", "requires_python"),
)
"""Of core metadata; null where they are absent or empty."""

PACKAGE_TYPES = {"wheel": "bdist_wheel", "sdist": "sdist"}


class JsonApi:
    """Answers for a project, or for one of its releases."""

    def __init__(self, catalog: Catalog, delivery: Delivery | None = None) -> None:
        """Read from *catalog*; *delivery* keeps what was rendered."""
        self._catalog = catalog
        self._delivery = delivery or Delivery()

    def answer(self, request: Request) -> Reply:
        """Answer what is known of ``{project}``, at its latest release or at ``{version}``.

        The name may be spelled in any way, the version in any way that is equal to it.

        Raises:
            NotFound: there is no such project or release, the project has none, or nothing of it
                is offered while it is in quarantine (as on PyPI).
            Unavailable: the answer is too large.

        """
        project = offered(self._catalog, asked_project(request.parameters["project"]))
        version = request.parameters.get("version")
        asked = None if version is None else _read(unquote(version))
        source = JsonSource(self._catalog, project, asked, request.base_url)
        variant = Variant(MEDIA_TYPE, takes_gzip(request.header("accept-encoding")))
        return self._delivery.answer(source, variant, request)


def _read(version: str) -> Version:
    """Read a version. Raises NotFound where it is none: no release can be called so."""
    try:
        return Version(version)
    except (InvalidVersion, ValueError):  # ValueError: more digits than Python reads
        raise NotFound("There is no such release: that is no version") from None


@dataclass(frozen=True, slots=True)
class JsonSource:
    """What the JSON API says of a project, or of one of its releases."""

    catalog: Catalog
    project: Project
    version: Version | None
    """None stands for the latest."""
    base_url: str

    @property
    def name(self) -> str:
        """Where and of what: links in the answer are absolute."""
        return f"{self.base_url} {self.project.name} {self.version}"

    @property
    def revision(self) -> str:
        """The serial of the project's last change."""
        return f"{self.project.serial:x}"

    def render(self, _variant: Variant, base: str | None = None) -> Rendered:
        """Read the page and the release's metadata, and render them."""
        page = self.catalog.page(self.project)
        release = _release(page, self.version)
        metadata = self.catalog.release_metadata(self.project.name, release.version)
        document = describe(page, release, metadata, base or self.base_url)
        if self.version is None:
            document["releases"] = releases(page, base or self.base_url)
        content = json.dumps(document, separators=(",", ":")).encode("ascii")
        return Rendered(f"{page.project.serial:x}", page.project.serial, content)


def _release(page: ProjectPage, asked: Version | None) -> Release:
    """Pick a release; 1.0 and 1.0.0 are equal (PEP 440), so the one spelled as asked comes first.

    Raises:
        NotFound: there is none (any more).

    """
    candidates = [r for r in page.releases if asked is None or Version(r.version) == asked]
    if not candidates:
        raise NotFound(f"'{page.project.name}' has no {f'release {asked}' if asked else 'release'}")
    return max(candidates, key=lambda release: (release.version == str(asked), precedence(release)))


def precedence(release: Release) -> tuple[bool, bool, Version]:
    """Order releases as PyPI does: the latest is not yanked, then final, then the highest."""
    version = Version(release.version)
    return (release.yanked is None, not version.is_prerelease, version)


def describe(
    page: ProjectPage, release: Release, metadata: Mapping[str, Any], base: str
) -> dict[str, Any]:
    """Describe one release of a project."""
    return {
        "info": _info(page.project, release, metadata, base),
        "last_serial": page.project.serial,
        "ownership": {"organization": None, "roles": []},
        "urls": [
            _file_object(file, page, base)
            for file in files_of(page)
            if file.version == release.version
        ],
        "vulnerabilities": [],
    }


def releases(page: ProjectPage, base: str) -> dict[str, list[dict[str, object]]]:
    """Describe the files of every release, lowest version first; some may have none."""
    versions = {release.version for release in page.releases} | {f.version for f in page.files}
    described: dict[str, list[dict[str, object]]] = {
        version: [] for version in sorted(versions, key=Version)
    }
    for file in files_of(page):
        described[file.version].append(_file_object(file, page, base))
    return described


def _info(
    project: Project, release: Release, metadata: Mapping[str, Any], base: str
) -> dict[str, object]:
    page_url = f"{base}/simple/{project.name}/"
    return {
        "name": project.display_name,
        "version": release.version,
        **{key: metadata.get(key) or "" for key in TEXTS},
        **{key: metadata.get(key) or None for key in NULLABLE},
        "classifiers": metadata.get("classifiers") or [],
        "yanked": release.yanked is not None,
        "yanked_reason": release.yanked or None,
        "package_url": page_url,
        "project_url": page_url,
        "release_url": f"{base}/pypi/{project.name}/{quote(release.version)}/json",
        "bugtrack_url": None,
        "docs_url": None,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
    }


def _file_url(file: File, project: NormalizedName, base: str) -> str:
    """Link to a file under ``/packages/``, as PyPI does: bandersnatch mirrors no other."""
    return f"{base}/packages/{quote(file.key(project).removeprefix('files/'))}"


def _file_object(file: File, page: ProjectPage, base: str) -> dict[str, object]:
    moment = instant(file.uploaded_at)
    digests = {"blake2b_256": file.blake2b, "md5": file.md5, "sha256": file.sha256}
    return {
        "comment_text": None,
        "core-metadata": {"sha256": file.metadata_sha256} if file.metadata_sha256 else False,
        "digests": {name: digest for name, digest in digests.items() if digest},
        "downloads": -1,
        "filename": file.filename,
        "has_sig": False,
        "md5_digest": file.md5,
        "packagetype": PACKAGE_TYPES[file.kind],
        "python_version": file.python_tag,
        "requires_python": file.requires_python,
        "size": file.size,
        "upload_time": moment.partition(".")[0],
        "upload_time_iso_8601": moment,
        "url": _file_url(file, page.project.name, base),
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
    }
