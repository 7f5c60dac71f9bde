"""What the fields of the upload form may say, before anybody looks at the file.

The form is that of the legacy upload API: PyPI is its reference, nothing its standard. It is a
routing hint: metadata is taken from the archive only. Still, what is wrong in the form is refused
early, and what `verify` must find again in the archive is handed on in a `Declaration`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from packaging.utils import canonicalize_name

from idlewheel.distribution import fields as core
from idlewheel.distribution import filenames
from idlewheel.distribution.rules import broken, shown
from idlewheel.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.metadata import RawMetadata

    from idlewheel.errors import Problem

DIGESTS = {"md5_digest": "md5", "sha256_digest": "sha256", "blake2_256_digest": "blake2b_256"}
"""Fields of the form, and the names of their digests everywhere else."""
DIGEST_LENGTHS = {"md5": 32, "sha256": 64, "blake2b_256": 64}
FILETYPES: dict[str, filenames.Kind] = {"bdist_wheel": "wheel", "sdist": "sdist"}

SINGLE = (
    *(":action", "protocol_version", "filetype", "pyversion", "comment", "attestations"),
    *DIGESTS,
    *("metadata_version", "name", "version", "summary", "description"),
    *("description_content_type", "keywords", "home_page", "download_url", "author"),
    *("author_email", "maintainer", "maintainer_email", "license", "license_expression"),
    "requires_python",
)
"""Fields that come at most once."""

RAW_NAMES = {
    "platform": "platforms",
    "supported_platform": "supported_platforms",
    "license_file": "license_files",
    "import_name": "import_names",
    "import_namespace": "import_namespaces",
}
"""Where the form's name of a repeated field is not that of `packaging.metadata`."""
REPEATED = (
    *("classifiers", "requires", "provides", "obsoletes", "requires_dist", "provides_dist"),
    *("obsoletes_dist", "requires_external", "project_urls", "provides_extra", "dynamic"),
    *RAW_NAMES,
)
METADATA_FIELDS = (*SINGLE[SINGLE.index("metadata_version") :], *REPEATED)

ATTESTATIONS_BYTES = 256 * 1024
"""Of all attestations of a file; there are two kinds of them, of some 10 KB each."""

COMPARED = ("requires_python", "requires_dist", "provides_extra")
"""What the form and the archive must agree on beside name and version: what installers act on."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the uploader says about the file; `verify` holds the file to it."""

    filename: str
    project: str
    """The normalized name (PEP 503)."""
    version: str
    """The canonical spelling (PEP 440)."""
    kind: filenames.Kind
    digests: Mapping[str, str] = field(default_factory=dict)
    """Lower-case hex under ``md5``, ``sha256``, ``blake2b_256``; those that were declared."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Metadata of the form that the archive must agree with (`COMPARED`)."""
    attestations: str | None = None
    """The JSON array of PEP 740, as sent."""

    @classmethod
    def of(
        cls, filename: str, digests: Mapping[str, str] | None = None, *, as_mirror: bool = False
    ) -> Declaration:
        """Declare no more than a filename says (a large upload, a mirror), or raise `Rejected`."""
        name = filenames.parse(filename, as_mirror=as_mirror)
        return cls(filename, name.project, name.version, name.kind, dict(digests or {}))


@dataclass(frozen=True, slots=True)
class Form:
    """The form with blanks taken out, beside what the filename says."""

    values: Mapping[str, tuple[str, ...]]
    filename: filenames.DistributionName | None

    def get(self, name: str) -> str:
        """Return the first value of a field, or nothing."""
        return self.values.get(name, ("",))[0]


def check_form(fields: Mapping[str, Sequence[str]], filename: str) -> Declaration:
    """Return what the form declares about the file *filename*, or raise `Rejected`.

    The error carries every problem of the form and of the filename.
    """
    name, problems = understood(filename)
    form = Form({key: kept for key, values in fields.items() if (kept := said(values))}, name)
    problems += tuple(broken(RULES, form)) + tuple(judge_metadata(form))
    if problems or name is None:
        raise Rejected(problems)
    return Declaration(
        filename=filename,
        project=name.project,
        version=name.version,
        kind=name.kind,
        digests={kind: form.get(key).lower() for key, kind in DIGESTS.items() if form.get(key)},
        fields={key: form.values[key] for key in COMPARED if key in form.values},
        attestations=form.get("attestations") or None,
    )


def understood(filename: str) -> tuple[filenames.DistributionName | None, tuple[Problem, ...]]:
    """Return what the filename says, or its problems."""
    try:
        return filenames.parse(filename), ()
    except Rejected as rejected:
        return None, rejected.problems


def said(values: Sequence[str]) -> tuple[str, ...]:
    """Return the values that say something: clients send blanks and ``UNKNOWN`` for nothing."""
    return tuple(value for value in values if value.strip() not in {"", "UNKNOWN"})


def judge_metadata(form: Form) -> Iterator[Problem]:
    """Yield the problems of the metadata fields, by the rules that hold for the archive too."""
    raw = raw_metadata(form)
    blocking = tuple(broken(core.LENGTH_RULES, raw))
    yield from blocking or broken(core.UPLOAD_RULES, raw)


def raw_metadata(form: Form) -> RawMetadata:
    """Return the metadata fields as `packaging.metadata` has them.

    A name or version that is missing or wrong has its own rule here, so it is replaced. Without
    a Metadata-Version the fields are judged by the newest.
    """
    raw: dict[str, Any] = {"metadata_version": core.METADATA_VERSIONS[-1]}
    for key in METADATA_FIELDS:
        if values := form.values.get(key):
            raw[RAW_NAMES.get(key, key)] = list(values) if key in REPEATED else values[0]
    raw["name"], raw["version"] = "valid", "1"
    if "keywords" in raw:
        raw["keywords"] = raw["keywords"].split(",")
    if "project_urls" in raw:
        pairs = (value.partition(",") for value in raw["project_urls"])
        raw["project_urls"] = {label.strip(): url.strip() for label, _, url in pairs}
    return cast("RawMetadata", raw)


def form_is_an_upload(form: Form) -> Iterator[str]:
    """``:action`` is ``file_upload``; registering and documentation uploads are long gone."""
    if form.get(":action") != "file_upload":
        yield f":action must be file_upload, not {shown(form.get(':action'))}"


def form_speaks_protocol_1(form: Form) -> Iterator[str]:
    """``protocol_version`` is ``1``, the only one there is; it may be left out."""
    if form.get("protocol_version") not in {"", "1"}:
        yield f"protocol_version must be 1, not {shown(form.get('protocol_version'))}"


def form_is_text(form: Form) -> Iterator[str]:
    """No field holds NUL or anything that was not valid UTF-8."""
    for key, values in form.values.items():
        if any(not is_text(value) for value in (key, *values)):
            yield f"{shown(key)} holds NUL or text that is not valid UTF-8"


def form_fields_come_once(form: Form) -> Iterator[str]:
    """A field that has one value comes once: a second one is an attack or a mistake."""
    for key in SINGLE:
        if len(form.values.get(key, ())) > 1:
            yield f"{key} comes more than once"


def form_has_the_filetype_of_the_filename(form: Form) -> Iterator[str]:
    """``filetype`` is ``bdist_wheel`` for a .whl and ``sdist`` for a .tar.gz."""
    filetype = form.get("filetype")
    if filetype not in FILETYPES:
        yield f"filetype must be bdist_wheel or sdist, not {shown(filetype)}"
    elif form.filename and form.filename.kind != FILETYPES[filetype]:
        yield f"filetype is {filetype}, but {form.filename.filename} is not"


def form_has_a_fitting_pyversion(form: Form) -> Iterator[str]:
    """``pyversion`` is the python tag of a wheel; for an sdist it is ``source`` or missing."""
    filetype, pyversion = form.get("filetype"), form.get("pyversion")
    if filetype == "sdist" and pyversion not in {"", "source"}:
        yield f"pyversion of an sdist must be source, not {shown(pyversion)}"
    if filetype == "bdist_wheel" and pyversion in {"", "source"}:
        yield "pyversion of a wheel must be its python tag, such as py3"


def form_has_a_digest(form: Form) -> Iterator[str]:
    """At least one digest is declared, so that a damaged upload is noticed."""
    if not any(form.get(key) for key in DIGESTS):
        yield f"One of {', '.join(DIGESTS)} is needed"


def form_has_well_formed_digests(form: Form) -> Iterator[str]:
    """Digests are hexadecimal and of their kind's length."""
    for key, kind in DIGESTS.items():
        length = DIGEST_LENGTHS[kind]
        if form.get(key) and not re.fullmatch(f"[0-9a-fA-F]{{{length}}}", form.get(key)):
            yield f"{key} must be {length} hexadecimal digits"


def form_has_a_valid_name(form: Form) -> Iterator[str]:
    """``name`` is a project name (PEP 508)."""
    if not filenames.NAME.fullmatch(form.get("name")):
        yield f"name must be a valid project name, not {shown(form.get('name'))}"


def form_has_a_valid_version(form: Form) -> Iterator[str]:
    """``version`` is a version (PEP 440)."""
    text = form.get("version")
    if len(text) > core.LENGTH_LIMITS["version"] or filenames.version_of(text) is None:
        yield f"version must be a valid version, not {shown(text)}"


def form_agrees_with_the_filename(form: Form) -> Iterator[str]:
    """Name and version of the form are those of the filename, however each is spelled."""
    found, name = form.filename, form.get("name")[: core.LENGTH_LIMITS["name"]]
    if found and name and canonicalize_name(name) != found.project:
        yield f"name is {shown(name)}, but {found.filename} is of {found.project}"
    version = filenames.version_of(form.get("version")[: core.LENGTH_LIMITS["version"]])
    if found and version and str(version) != found.version:
        yield f"version is {shown(str(version))}, but {found.filename} is of {found.version}"


def form_has_attestations_in_json(form: Form) -> Iterator[str]:
    """``attestations`` is a JSON array of objects, and neither empty nor huge (PEP 740)."""
    text = form.get("attestations")
    if not text:
        return
    if len(text.encode("utf-8", "replace")) > ATTESTATIONS_BYTES:
        yield f"attestations may have {ATTESTATIONS_BYTES} bytes"
        return
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(a, dict) for a in found):
        yield "attestations must be a JSON array of objects"


def is_text(value: str) -> bool:
    """Whether *value* holds neither NUL nor a lone surrogate (what was undecodable)."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


RULES = (
    form_is_an_upload,
    form_speaks_protocol_1,
    form_is_text,
    form_fields_come_once,
    form_has_the_filetype_of_the_filename,
    form_has_a_fitting_pyversion,
    form_has_a_digest,
    form_has_well_formed_digests,
    form_has_a_valid_name,
    form_has_a_valid_version,
    form_agrees_with_the_filename,
    form_has_attestations_in_json,
)
