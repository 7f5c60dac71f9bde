"""What METADATA and PKG-INFO must be, as text and beside the filename and the form.

Metadata is in the format of e-mail headers, and e-mail is old: folding, MIME, bare carriage
returns. Whatever two parsers could read differently is refused. What the fields may say is in
``fields``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from idlewheel.distribution import fields, filenames
from idlewheel.distribution.form import METADATA_FIELDS
from idlewheel.distribution.rules import require, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from idlewheel.distribution.filenames import DistributionName

HEADER_LINES = 50_000
HEADER_NAMES = 200
"""There are forty fields; the parser's time grows with the square of their number."""

BLANK_LINE = re.compile(rb"\r?\n\r?\n")
FIELD_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)
FIELD_LINE = re.compile(rb"[!-9;-~]+:|[ \t]")
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
KNOWN = frozenset({"classifier", "project-url"}).union(
    field.replace("_", "-") for field in METADATA_FIELDS
)
"""The fields of core metadata; the form spells two of them in the plural."""


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """METADATA or PKG-INFO, understood, beside what it must agree with."""

    content: bytes
    raw: RawMetadata
    unparsed: Mapping[str, Sequence[str]]
    name: DistributionName
    declared: Mapping[str, Sequence[str]]
    """What the form said, by its names of the fields."""
    paths: frozenset[str]
    """Every file of the archive."""
    licenses: str
    """The folder that the License-Files are relative to, with a slash."""

    @property
    def header(self) -> bytes:
        """Everything before the description that follows the fields."""
        return header_of(self.content)


def read_metadata(
    content: bytes,
    name: DistributionName,
    declared: Mapping[str, Sequence[str]],
    paths: frozenset[str],
    licenses: str,
) -> MetadataFile:
    """Return the metadata, or raise `Unreadable` where parsing it would not be safe."""
    require(metadata_is_not_a_flood, content)
    require(metadata_is_no_mime, content)
    raw, unparsed = parse_email(content)
    return MetadataFile(content, what_is_said(raw), unparsed, name, declared, paths, licenses)


def what_is_said(raw: RawMetadata) -> RawMetadata:
    """Return *raw* without the fields that are ``UNKNOWN``: how setuptools long wrote nothing.

    A project may be called so.
    """
    kept = {
        field: value
        for field, value in raw.items()
        if field == "name" or {one.strip() for one in fields.values_of(raw, field)} != {"UNKNOWN"}
    }
    return cast("RawMetadata", kept)


def header_of(content: bytes) -> bytes:
    """Return everything up to the first empty line."""
    match = BLANK_LINE.search(content)
    return content[: match.start()] if match else content


def metadata_is_not_a_flood(content: bytes) -> Iterator[str]:
    """There are at most 50 000 lines of fields, under at most 200 names."""
    header = header_of(content)
    names = {match[1].lower() for match in FIELD_NAME.finditer(header)}
    if header.count(b"\n") > HEADER_LINES or len(names) > HEADER_NAMES:
        yield "The metadata has too many fields"


def metadata_is_no_mime(content: bytes) -> Iterator[str]:
    """No field is one of MIME, which would change how the description is decoded."""
    for match in FIELD_NAME.finditer(header_of(content)):
        if match[1].lower().startswith((b"content-", b"mime-")):
            yield f"The metadata has the field {shown(match[1])}, which is MIME's"


def metadata_is_utf8(metadata: MetadataFile) -> Iterator[str]:
    """Metadata is UTF-8."""
    try:
        metadata.content.decode()
    except UnicodeDecodeError as error:
        yield f"The metadata is not UTF-8 at byte {error.start}"


def metadata_has_plain_lines(metadata: MetadataFile) -> Iterator[str]:
    """The fields have no control characters and no bare carriage returns in them."""
    match = CONTROL.search(metadata.header)
    if match:
        yield f"The fields of the metadata have a control character at byte {match.start()}"


def metadata_has_fields_only(metadata: MetadataFile) -> Iterator[str]:
    """Every line before the first empty one is a field, or continues one."""
    for line in metadata.header.rstrip(b"\r\n").split(b"\n"):
        if not FIELD_LINE.match(line):
            yield f"The metadata has a line that is no field: {shown(line)}"


def metadata_fields_are_readable(metadata: MetadataFile) -> Iterator[str]:
    """No single-use field comes twice, and no known one is in another encoding.

    Fields that nobody knows are left alone.
    """
    for field in metadata.unparsed:
        if field in KNOWN:
            yield f"The field {field} comes twice, or cannot be decoded"


def metadata_has_name_and_version_of_the_filename(metadata: MetadataFile) -> Iterator[str]:
    """Name and Version are those of the filename, however each is spelled."""
    name, version = metadata.raw.get("name", ""), metadata.raw.get("version", "")
    limit = fields.LENGTH_LIMITS["name"]
    if canonicalize_name(name[:limit]) != metadata.name.project:
        yield f"The metadata is of {shown(name)}, the filename of {metadata.name.project}"
    if str(filenames.version_of(version[:limit])) != metadata.name.version:
        yield f"The metadata is of version {shown(version)}, not {metadata.name.version}"


def metadata_agrees_with_the_form(metadata: MetadataFile) -> Iterator[str]:
    """What the form says that installers act on, the metadata says too.

    Requires-Python, Requires-Dist and Provides-Extra are compared by meaning; what the form does
    not mention is not missed.
    """
    for field, values in metadata.declared.items():
        if meaning(field, values) != meaning(field, fields.values_of(metadata.raw, field)):
            yield f"{field} of the form is not that of the metadata in the file"


def metadata_has_its_license_files(metadata: MetadataFile) -> Iterator[str]:
    """Every License-File is in the archive where PEP 639 puts it (Metadata-Version 2.4)."""
    if fields.is_before(metadata.raw, "2.4"):
        return
    for path in metadata.raw.get("license_files", []):
        if metadata.licenses + path not in metadata.paths:
            yield f"The License-File {shown(path)} is not in the archive"


def meaning(field: str, values: Sequence[str]) -> frozenset[str]:
    """Return the values of a field in one spelling, blanks left out."""
    return frozenset(one_spelling(field, value) for value in values if value.strip())


def one_spelling(field: str, value: str) -> str:
    """Return *value* as everybody would spell it; as it is where it means nothing."""
    try:
        if field == "requires_python":
            return str(SpecifierSet(value))
        if field == "requires_dist":
            requirement = Requirement(value)
            requirement.name = canonicalize_name(requirement.name)
            return str(requirement)
    except (InvalidSpecifier, InvalidRequirement, ValueError, RecursionError):
        return value
    return canonicalize_name(value)


GATES = (metadata_is_not_a_flood, metadata_is_no_mime)
RULES = (
    metadata_has_name_and_version_of_the_filename,
    metadata_agrees_with_the_form,
)
UPLOAD_RULES = (
    metadata_is_utf8,
    metadata_has_plain_lines,
    metadata_has_fields_only,
    metadata_fields_are_readable,
    metadata_has_its_license_files,
)
"""These bind new uploads; older files, which a mirror carries, may break them."""
