"""`list`, `show`, `versions`, `download`: what an index holds."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urljoin

import typer
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from idlewheel_cli import progress
from idlewheel_cli.api import SIMPLE_JSON
from idlewheel_cli.failures import Failure, Unreachable
from idlewheel_cli.index import escaped
from idlewheel_cli.options import (
    IndexOption,
    JsonOption,
    Project,
    api,
    say,
    say_json,
    size_text,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel_cli.api import Api
    from idlewheel_cli.progress import Line

VersionArgument = Annotated[str | None, typer.Argument(metavar="[VERSION]")]
Wanted = Annotated[
    str, typer.Argument(metavar="REQUIREMENT", help="A project, perhaps with versions: 'demo==1.0'")
]
Folder = Annotated[Path, typer.Option("--dest", "-d", help="Where to put the files.")]
Only = Annotated[str | None, typer.Option("--file", help="Only files whose name holds this text.")]


def page(asked: Api, project: str) -> dict[str, Any]:
    """Ask for the page of a project (PEP 691)."""
    headers = {"Accept": f"{SIMPLE_JSON}, application/json;q=0.1"}
    return asked.ask("GET", f"/simple/{escaped(canonicalize_name(project))}/", headers=headers)


def projects(asked: Api) -> list[str]:
    """Ask for the names of all projects."""
    headers = {"Accept": f"{SIMPLE_JSON}, application/json;q=0.1"}
    return [str(it["name"]) for it in asked.ask("GET", "/simple/", headers=headers)["projects"]]


def list_projects(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List every project."""
    with api(index) as asked:
        found = projects(asked)
    if as_json:
        say_json(found)
    for name in () if as_json else found:
        say(name)


def versions(project: Project, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the versions of a project, the newest first; yanked ones are marked."""
    with api(index) as asked:
        found = page(asked, project)
    known = sorted(found.get("versions", ()), key=_order, reverse=True)
    if as_json:
        say_json(known)
        return
    yanked = _yanked(found["files"])
    for version in known:
        say(f"{version}  (yanked)" if version in yanked else version)


def show(
    project: Project,
    version: VersionArgument = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is known of a project, or of one of its releases."""
    part = f"/{escaped(version)}" if version else ""
    with api(index) as asked:
        found = asked.ask("GET", f"/pypi/{escaped(canonicalize_name(project))}{part}/json")
    if as_json:
        say_json(found)
        return
    info = found["info"]
    say(f"{info['name']} {info['version']}  {info.get('summary') or ''}".rstrip())
    for key in ("requires_python", "license_expression", "author", "home_page", "requires_dist"):
        if info.get(key):
            say(f"  {key.replace('_', ' ')}: {_joined(info[key])}")
    files = [
        {**it, "size": size_text(it["size"]), "uploaded": it.get("upload_time_iso_8601")}
        for it in found["urls"]
    ]
    table(files, "filename", "size", "uploaded")


def download(
    requirement: Wanted,
    dest: Folder = Path(),
    only: Only = None,
    index: IndexOption = None,
) -> None:
    """Download files of a project as they are, each checked against its digest.

    Examples:

      idlewheel download demo==1.0 --dest wheelhouse

      idlewheel download 'demo>=2' --file .whl

    """
    try:
        wanted = Requirement(requirement)
    except InvalidRequirement as error:
        raise Failure(f"'{requirement}' is no requirement: {error}") from None
    with api(index) as asked:
        found = page(asked, wanted.name)
        chosen = [it for it in found["files"] if _is_meant(it, wanted, only)]
        if not chosen:
            raise Failure(f"there is no file of {requirement} in {asked.index.base}")
        dest.mkdir(parents=True, exist_ok=True)
        base = f"{asked.index.simple}{canonicalize_name(wanted.name)}/"
        with progress.reporter(is_json=False) as reporter:
            for it in chosen:
                line = reporter.line(it["filename"])
                fetch(asked, urljoin(base, it["url"]), it, dest, line)
                say(str(dest / it["filename"]))


def fetch(asked: Api, url: str, file: dict[str, Any], dest: Path, line: Line) -> Path:
    """Download one file of a page into a folder, whole and checked, or not at all."""
    name = str(file["filename"])
    if Path(name).name != name or name.startswith("."):
        raise Failure(f"the index names a file '{name}'")
    target, unfinished = dest / name, dest / f".{name}.{os.getpid()}"
    line.phase("receiving", int(file.get("size") or 0))
    found = hashlib.sha256()
    try:
        with unfinished.open("wb") as stream:
            for chunk in _stream(asked, url):
                stream.write(chunk)
                found.update(chunk)
                line.advance(len(chunk))
        wanted = file.get("hashes", {}).get("sha256")
        if wanted and found.hexdigest() != wanted:
            raise Unreachable(f"{name} arrived damaged: its sha256 is {found.hexdigest()}")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _stream(asked: Api, url: str) -> Iterator[bytes]:
    with asked.download(url) as answer:
        if answer.status_code != 200:
            raise Unreachable(f"{url} answered {answer.status_code}")
        yield from answer.iter_raw(1024 * 1024)


def version_of(filename: str) -> Version | None:
    """Read the version out of a filename, however old its spelling; None where there is none."""
    stem = filename.removesuffix(".whl").removesuffix(".tar.gz")
    text = stem.split("-")[1] if filename.endswith(".whl") else stem.rpartition("-")[2]
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _is_meant(file: dict[str, Any], wanted: Requirement, only: str | None) -> bool:
    name = str(file["filename"])
    if only and only not in name:
        return False
    version = version_of(name)
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def _yanked(files: list[dict[str, Any]]) -> set[str]:
    kept = {str(version_of(it["filename"])) for it in files if it.get("yanked", False) is False}
    return {str(version_of(it["filename"])) for it in files} - kept


def _order(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")


def _joined(value: Any) -> str:  # noqa: ANN401
    return ", ".join(value) if isinstance(value, list) else str(value)
