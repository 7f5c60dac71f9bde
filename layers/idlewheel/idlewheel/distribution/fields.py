"""The fields of core metadata, and what each may say.

The upload form and the METADATA of the archive make the same claims, so one set of rules judges
both. `packaging.metadata` does most of the work; the rules after it are those that it leaves to
the index. Everything here is bounded: a field that is too long is not looked into.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from packaging.metadata import InvalidMetadata, Metadata, RawMetadata
from packaging.requirements import InvalidRequirement, Requirement

from idlewheel.distribution.rules import printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6")
"""PEP 241, 314, 345, 566, 643, 685, 639, 794 and 808; there was no 2.0."""

SUMMARY_LIMIT = 512
LABEL_LIMIT = 32
VALUES_LIMIT = 10_000
LENGTH_LIMITS = {
    "name": 200,
    "version": 200,
    "metadata_version": 20,
    "requires_python": 1_000,
    "license_expression": 2_000,
    "description_content_type": 200,
    "requires_dist": 4_000,
    "provides_extra": 200,
    "dynamic": 100,
    "license_files": 1_000,
    "import_names": 500,
    "import_namespaces": 500,
}
"""Characters of one value of the fields that are parsed; the longest real ones have a tenth."""

SCHEMES = frozenset({"http", "https", "ftp", "git", "git+https", "git+ssh", "ssh", "mailto"})
"""What a URL of a project may begin with: nothing that a browser would run."""

BRACKETED = re.compile(r"<([^<>]*)>")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def values_of(raw: RawMetadata, field: str) -> tuple[str, ...]:
    """Return the values of a field, none where it is absent, one where it is single-use."""
    value: Any = cast("dict[str, Any]", raw).get(field)
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple(value.values())
    return (value,) if isinstance(value, str) else tuple(value)


def is_before(raw: RawMetadata, version: str) -> bool:
    """Whether the Metadata-Version is an older one than *version*, or none that is known."""
    stated = raw.get("metadata_version", "")
    if stated not in METADATA_VERSIONS:
        return True
    return METADATA_VERSIONS.index(stated) < METADATA_VERSIONS.index(version)


def of_its_time(raw: RawMetadata) -> RawMetadata:
    """Return *raw* without what was in use years before its Metadata-Version came to be.

    License-File was written by setuptools and wheel long before 2.4, and meant nothing.
    """
    kept = raw.copy()
    if is_before(raw, "2.4"):
        kept.pop("license_files", None)
    return kept


def requirements_of(raw: RawMetadata) -> Iterator[Requirement]:
    """Yield those requirements that can be read."""
    for value in values_of(raw, "requires_dist"):
        try:
            yield Requirement(value)
        except (InvalidRequirement, ValueError, RecursionError):
            continue


def fields_are_of_sane_length(raw: RawMetadata) -> Iterator[str]:
    """No field that has to be parsed is absurdly long, and none is given ten thousand times."""
    for field in raw:
        values = values_of(raw, field)
        if len(values) > VALUES_LIMIT:
            yield f"{field} has more than {VALUES_LIMIT} values"
        limit = LENGTH_LIMITS.get(field)
        if limit and any(len(value) > limit for value in values):
            yield f"{field} has a value of more than {limit} characters"


def fields_are_valid(raw: RawMetadata) -> Iterator[str]:
    """Every field is valid, and known to the Metadata-Version, as core metadata is specified.

    Judged by ``packaging.metadata``: names, versions, specifiers, requirements, licence
    expressions, content types, extras, dynamic fields, import names.
    """
    try:
        Metadata.from_raw(of_its_time(raw), validate=True)
    except ExceptionGroup as group:
        for error in group.exceptions:
            field = error.field if isinstance(error, InvalidMetadata) else "metadata"
            yield f"{field}: {printable(str(error))}"
    except (ValueError, RecursionError) as error:
        yield f"The metadata cannot be read: {printable(str(error))}"


def summary_is_short(raw: RawMetadata) -> Iterator[str]:
    """The summary has at most 512 characters."""
    if any(len(value) > SUMMARY_LIMIT for value in values_of(raw, "summary")):
        yield f"The summary is longer than {SUMMARY_LIMIT} characters"


def requirements_name_projects(raw: RawMetadata) -> Iterator[str]:
    """No requirement is a direct reference (``name @ https://…``): an index serves names."""
    for requirement in requirements_of(raw):
        if requirement.url is not None:
            yield f"{shown(str(requirement))} refers to a URL and not to an index"


def license_is_stated_once(raw: RawMetadata) -> Iterator[str]:
    """License and License-Expression exclude each other (PEP 639)."""
    if any(values_of(raw, "license")) and values_of(raw, "license_expression"):
        yield "License and License-Expression are both given; keep License-Expression"


def addresses_can_be_written_to(raw: RawMetadata) -> Iterator[str]:
    """Each address in Author-email and Maintainer-email has the form ``name@host``.

    Not judged by `email.utils`, whose answers differ from one micro version to the next.
    """
    for field in ("author_email", "maintainer_email"):
        for value in values_of(raw, field):
            several = filter(None, value.strip(" ,").split(","))
            for address in BRACKETED.findall(value) or several:
                if not ADDRESS.fullmatch(address.strip()):
                    yield f"{field} has {shown(address)}, which is no e-mail address"


def urls_are_links(raw: RawMetadata) -> Iterator[str]:
    """Home-page, Download-URL and the Project-URLs are URLs that are safe to follow."""
    for field in ("home_page", "download_url", "project_urls"):
        for value in values_of(raw, field):
            if value and not is_link(value):
                yield f"{field} has {shown(value)}, which is not a URL of a known scheme"


def project_urls_have_short_labels(raw: RawMetadata) -> Iterator[str]:
    """The label of a Project-URL has 1 to 32 characters."""
    for label, url in raw.get("project_urls", {}).items():
        if not 1 <= len(label) <= LABEL_LIMIT or not url:
            yield f"{shown(f'{label}, {url}')} is not of the form 'Label, URL' (label 1-32 long)"


def classifiers_are_known(raw: RawMetadata) -> Iterator[str]:
    """Each classifier is on PyPI's list, today's or a former one, or begins with ``Private ::``.

    The list is the one of the package `trove-classifiers` that this index was built with.
    """
    # Half a hundred kilobytes that nobody needs but for an upload.
    from trove_classifiers import classifiers, deprecated_classifiers  # noqa: PLC0415

    for value in values_of(raw, "classifiers"):
        is_known = value in classifiers or value in deprecated_classifiers
        if not is_known and not value.startswith("Private :: "):
            yield f"{shown(value)} is not a classifier of PyPI's list, nor a 'Private ::' one"


def is_link(url: str) -> bool:
    """Whether *url* has a known scheme and somewhere to go."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(parts.netloc or parts.path)


LENGTH_RULES = (fields_are_of_sane_length,)
"""Without these the others are not run."""

UPLOAD_RULES = (
    fields_are_valid,
    summary_is_short,
    requirements_name_projects,
    license_is_stated_once,
    addresses_can_be_written_to,
    urls_are_links,
    project_urls_have_short_labels,
    classifiers_are_known,
)
"""These bind new uploads; older files, which a mirror carries, may break them."""
