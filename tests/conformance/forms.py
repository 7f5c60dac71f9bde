"""The upload form, part for part as the real clients send it.

twine 7 puts the file last; uv 0.13 puts the attestations after it and gives the file no type.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from packaging.metadata import parse_email

from tests import factories

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORM_NAMES = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "license_files": "license_file",
    "import_names": "import_name",
    "import_namespaces": "import_namespace",
}
"""Fields of metadata whose name in the form is not that of `packaging.metadata`."""


class Part(NamedTuple):
    """One part of a multipart form; one with a filename is a file."""

    name: str
    value: bytes
    filename: str | None = None
    content_type: str | None = None


def multipart(parts: Sequence[Part], boundary: str = "b0undary0f32hexdigitsb0undary0f3") -> bytes:
    """Write a form as RFC 7578 has it, in the order of *parts*."""
    chunks = []
    for part in parts:
        filename = "" if part.filename is None else f'; filename="{part.filename}"'
        chunks.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"'.encode()
        )
        chunks.append(filename.encode("utf-8", "surrogateescape"))
        if part.content_type:
            chunks.append(f"\r\nContent-Type: {part.content_type}".encode())
        chunks += [b"\r\n\r\n", part.value, b"\r\n"]
    return b"".join([*chunks, f"--{boundary}--\r\n".encode()])


def content_type(boundary: str = "b0undary0f32hexdigitsb0undary0f3") -> str:
    """Give the Content-Type that goes with `multipart`."""
    return f"multipart/form-data; boundary={boundary}"


def metadata_of(filename: str, content: bytes) -> bytes:
    """Read METADATA or PKG-INFO, as an uploader does; nothing where the archive is no archive."""
    try:
        if filename.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                found = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
                return wheel.read(found)
        with tarfile.open(fileobj=io.BytesIO(content)) as sdist:
            member = next(it for it in sdist.getmembers() if it.name.endswith("/PKG-INFO"))
            stream = sdist.extractfile(member)
            return stream.read() if stream else b""
    except (zipfile.BadZipFile, tarfile.TarError, StopIteration, OSError, NotImplementedError):
        return b""


def metadata_fields(filename: str, content: bytes) -> dict[str, list[str]]:
    """Spell the metadata of an archive as the form does."""
    raw, _ = parse_email(metadata_of(filename, content))
    fields: dict[str, list[str]] = {}
    for name, value in raw.items():
        form_name = FORM_NAMES.get(name, name)
        if isinstance(value, dict):
            fields[form_name] = [f"{label}, {url}" for label, url in value.items()]
        elif isinstance(value, list):
            fields[form_name] = [", ".join(value)] if name == "keywords" else list(value)
        else:
            fields[form_name] = [str(value)]
    return fields


def twine_fields(
    filename: str, content: bytes, /, **changes: str | list[str]
) -> dict[str, list[str]]:
    """Give the fields that twine 7 sends: no MD5, and all of the metadata.

    *changes* replace fields as in `factories.upload_form`.
    """
    base = factories.upload_form(filename, content, md5_digest=[])
    control = {name: base.pop(name) for name in (":action", "protocol_version")}
    fields = {**base, **metadata_fields(filename, content), **control}
    for name, value in changes.items():
        field_name = ":action" if name == "action" else name
        fields[field_name] = [value] if isinstance(value, str) else value
    return {name: values for name, values in fields.items() if values}


def twine_form(filename: str, content: bytes, /, **changes: str | list[str]) -> list[Part]:
    """Give the form as twine 7 sends it: fields, `:action`, protocol, and the file last."""
    fields = twine_fields(filename, content, **changes)
    return [*texts(fields), Part("content", content, filename, "application/octet-stream")]


def uv_form(filename: str, content: bytes, /, **changes: str | list[str]) -> list[Part]:
    """Give the form as uv 0.13 sends it.

    `:action` first, plural import names, an empty requires_python, a file without a type, and the
    attestations after it.
    """
    fields = twine_fields(filename, content, **changes)
    fields.setdefault("requires_python", [""])
    attestations = fields.pop("attestations", [])
    for singular in ("import_name", "import_namespace"):
        if singular in fields:
            fields[f"{singular}s"] = fields.pop(singular)
    parts = [
        *texts({":action": fields.pop(":action"), **fields}),
        Part("future_field", b"nobody knows it yet"),
        Part("content", content, filename),
    ]
    return parts + texts({"attestations": attestations})


def texts(fields: Mapping[str, Sequence[str]]) -> list[Part]:
    """Give a part for each value of each field."""
    return [Part(name, value.encode()) for name, values in fields.items() for value in values]
