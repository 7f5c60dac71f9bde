"""Distributions made from text: what a build backend would write, without running one.

Everything has a default and the bytes are the same on every run, so a test states only what it
is about: ``wheel(requires_python=">=3.9")``. Nothing here checks anything: a test may ask for a
file that no index should take. The hostile ones, byte for byte, are made in ``tests.hostile``.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Files = Mapping[str, str | bytes]
    """Contents by name; text is written as UTF-8."""

UNRECORDED = ("/", ".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
"""What RECORD does not list: folders, and signatures of RECORD (PEP 427)."""
FIXED_DATE = (2020, 1, 1, 0, 0, 0)


def wheel(
    name: str = "demo",
    version: str = "1.0",
    *,
    metadata: str | None = None,
    files: Files | None = None,
    tags: Sequence[str] = ("py3-none-any",),
    build: str = "",
    requires_python: str | None = None,
    requires_dist: Sequence[str] = (),
    headers: Sequence[str] = (),
    description: str = "",
    compression: int = zipfile.ZIP_DEFLATED,
) -> tuple[str, bytes]:
    """Return the filename and the bytes of a wheel.

    *files* are what it installs, by path (``demo/__init__.py`` by default); those whose path
    begins with ``.dist-info/`` go into the wheel's own. *metadata* is the whole METADATA, for
    tests about its text; otherwise it is made of the rest (see `core_metadata`).
    """
    stem = distribution_stem(name, version)
    dist_info = f"{stem}.dist-info"
    text = metadata or core_metadata(
        name,
        version,
        requires_python=requires_python,
        requires_dist=requires_dist,
        headers=headers,
        description=description,
    )
    members = {
        **as_members(package_files(name) if files is None else files, dist_info),
        f"{dist_info}/METADATA": text.encode(),
        f"{dist_info}/WHEEL": wheel_text(tags, build).encode(),
    }
    members[f"{dist_info}/RECORD"] = record_text(members, f"{dist_info}/RECORD").encode()
    parts = [stem, build, compressed_tag(tags)]
    filename = "-".join(part for part in parts if part) + ".whl"
    return filename, zip_of(members, compression)


def sdist(
    name: str = "demo",
    version: str = "1.0",
    *,
    metadata: str | None = None,
    files: Files | None = None,
    requires_python: str | None = None,
    requires_dist: Sequence[str] = (),
    headers: Sequence[str] = (),
    description: str = "",
) -> tuple[str, bytes]:
    """Return the filename and the bytes of an sdist; the arguments are those of `wheel`.

    By default it can be built, with setuptools.
    """
    root = distribution_stem(name, version)
    text = metadata or core_metadata(
        name,
        version,
        requires_python=requires_python,
        requires_dist=requires_dist,
        headers=headers,
        description=description,
    )
    sources = {"pyproject.toml": pyproject_text(name, version), **package_files(name)}
    members = as_members(sources if files is None else files, root)
    contents = {
        f"{root}/PKG-INFO": text.encode(),
        **{f"{root}/{path}": content for path, content in members.items()},
    }
    return f"{root}.tar.gz", gzip.compress(tar_of(contents), mtime=0)


def upload_form(filename: str, content: bytes, **changes: str | list[str]) -> dict[str, list[str]]:
    """Return the fields that twine sends with this file, without the content itself.

    Name, version and python tag are read off the filename. *changes* replace fields (an empty
    list removes one); ``action`` stands for ``:action``.
    """
    is_wheel = filename.endswith(".whl")
    stem = filename.removesuffix(".whl").removesuffix(".tar.gz")
    name, version = stem.split("-")[:2] if is_wheel else stem.rsplit("-", 1)
    fields: dict[str, list[str]] = {
        ":action": ["file_upload"],
        "protocol_version": ["1"],
        "metadata_version": ["2.4"],
        "name": [name.replace("_", "-")],
        "version": [version],
        "filetype": ["bdist_wheel" if is_wheel else "sdist"],
        "pyversion": [stem.split("-")[-3] if is_wheel else "source"],
        "sha256_digest": [hashlib.sha256(content).hexdigest()],
        "blake2_256_digest": [hashlib.blake2b(content, digest_size=32).hexdigest()],
        "md5_digest": [hashlib.md5(content, usedforsecurity=False).hexdigest()],
    }
    for key, value in changes.items():
        field = ":action" if key == "action" else key
        fields[field] = [value] if isinstance(value, str) else value
    return {field: values for field, values in fields.items() if values}


def core_metadata(
    name: str = "demo",
    version: str = "1.0",
    *,
    metadata_version: str = "2.4",
    requires_python: str | None = None,
    requires_dist: Sequence[str] = (),
    headers: Sequence[str] = (),
    description: str = "",
) -> str:
    """Return the text of a METADATA or PKG-INFO; *headers* are whole lines such as ``Name: x``."""
    lines = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires_dist]
    lines += headers
    return "\n".join(lines) + "\n" + (f"\n{description}" if description else "")


def distribution_stem(name: str, version: str) -> str:
    """Return ``name-version`` as PEP 427 and PEP 625 spell it; an odd version is kept."""
    try:
        version = str(Version(version))
    except InvalidVersion:
        version = version.replace("-", "_")
    return f"{canonicalize_name(name).replace('-', '_')}-{version}"


def compressed_tag(tags: Sequence[str]) -> str:
    """Return the tags as a filename has them: ``("py2-none-any", "py3-none-any")`` in one."""
    columns = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(column)) for column in columns)


def package_files(name: str) -> dict[str, str]:
    """Return one importable package, named after the project."""
    return {f"{canonicalize_name(name).replace('-', '_')}/__init__.py": '"""Made for a test."""\n'}


def pyproject_text(name: str, version: str) -> str:
    """Return the pyproject.toml of an sdist that setuptools can build."""
    return (
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
    )


def wheel_text(tags: Sequence[str], build: str = "") -> str:
    """Return the WHEEL file for these (possibly compressed) tags."""
    lines = ["Wheel-Version: 1.0", "Generator: idlewheel-tests", "Root-Is-Purelib: true"]
    lines += [f"Build: {build}"] if build else []
    return "\n".join(lines + [f"Tag: {tag}" for tag in expanded(tags)]) + "\n"


def expanded(tags: Sequence[str]) -> list[str]:
    """Return every single tag that the (compressed) *tags* stand for."""
    return [
        f"{python}-{abi}-{platform}"
        for tag in tags
        for python in tag.split("-")[0].split(".")
        for abi in tag.split("-")[1].split(".")
        for platform in tag.split("-")[2].split(".")
    ]


def record_text(members: Mapping[str, bytes], own_path: str) -> str:
    """Return the RECORD of *members*, ending with the row for RECORD itself."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for path, content in members.items():
        if not path.endswith(UNRECORDED):
            writer.writerow((path, record_digest(content), len(content)))
    writer.writerow((own_path, "", ""))
    return text.getvalue()


def record_digest(content: bytes) -> str:
    """Return a digest as RECORD spells it: URL-safe base64 without padding."""
    digest = hashlib.sha256(content).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def as_members(files: Files, dist_info: str) -> dict[str, bytes]:
    """Return *files* as bytes, with ``.dist-info/`` replaced by the name of the real one."""
    return {
        path.replace(".dist-info/", f"{dist_info}/", 1)
        if path.startswith(".dist-info/")
        else path: (content.encode() if isinstance(content, str) else content)
        for path, content in files.items()
    }


def zip_of(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an ordinary ZIP of *members*, in their order; a name that ends in / is a directory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, content in members.items():
            entry = zipfile.ZipInfo(path, FIXED_DATE)
            entry.compress_type = compression
            entry.external_attr = (0o40755 << 16 | 0x10) if path.endswith("/") else 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def tar_of(members: Mapping[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    """Return an ordinary (uncompressed) tar of *members*, in their order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for path, content in members.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
