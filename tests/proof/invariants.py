"""What must be true of an index, as sentences about one state of it.

`always` holds at every moment, in the middle of anything. `settled` holds as well once every
event has been delivered and everybody who got no answer has asked again.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Any

from idlewheel.domain.drafts import DraftState
from idlewheel.domain.project import METADATA_SUFFIX, FileState, page_of
from idlewheel.domain.uploads import UploadState
from idlewheel.domain.versions import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from idlewheel.domain.drafts import Draft, StagedFile
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import File, Release
    from idlewheel.domain.uploads import Upload
    from tests.proof.state import State


def broken(state: State, before: State | None = None, *, settled: bool = False) -> list[str]:
    """Every invariant that does not hold, with where; *before* is an earlier state."""
    found = [*listed_files_are_true(state), *names_have_one_content(state)]
    found += [*projects_count_right(state), *lists_agree(state), *uploads_end_right(state)]
    found += drafts_are_whole(state)
    if before is not None:
        found += nothing_is_undone(before, state)
    if settled:
        found += nothing_is_left(state)
    return found


def listed_files_are_true(state: State) -> Iterator[str]:
    """1, 2: what a page lists downloads, has its digest and size, and its own metadata."""
    for name, file in _listed(state):
        body = state.objects.get(file.key(name))
        if body is None:
            yield f"{file.filename} is listed and does not download"
        elif (_sha256(body), len(body)) != (file.sha256, file.size):
            yield f"{file.filename} is listed with another digest or size than it has"
        elif file.metadata_sha256:
            metadata = state.objects.get(file.key(name) + METADATA_SUFFIX)
            if metadata is None or _sha256(metadata) != file.metadata_sha256:
                yield f"{file.filename} has no metadata, or other metadata than it lists"
            elif metadata != _metadata_inside(body):
                yield f"{file.filename} has other metadata than the archive has"


def names_have_one_content(state: State) -> Iterator[str]:
    """3: a file has its claim, a claim its file, and both say the same; in every spelling."""
    files: dict[str, File] = {}
    for (_, filename), file in state.files.items():
        if filename.casefold() in files:
            yield f"{filename} is two files"
        files[filename.casefold()] = file
    for name in files.keys() | state.claims.keys():
        known, claim = files.get(name), state.claims.get(name)
        if known is None or claim is None:
            yield f"{name} has a file without a claim, or a claim without a file"
        elif (known.filename, known.sha256, known.state) != (
            claim.filename,
            claim.sha256,
            claim.state,
        ):
            yield f"{name}: file and claim say different things"


def projects_count_right(state: State) -> Iterator[str]:
    """14: revisions and serials rise by one publication at a time, and files are all counted."""
    for name, project in state.projects.items():
        files = [file for (of, _), file in state.files.items() if of == name]
        releases = [release for (of, _), release in state.releases.items() if of == name]
        if project.file_count != len(files):
            yield f"{name} counts {project.file_count} files and has {len(files)}"
        there = sum(file.size for file in files if file.state is FileState.ACTIVE)
        if project.size != there:
            yield f"{name} counts {project.size} bytes and has {there}"
        latest = [one.revision for one in files] + [one.revision for one in releases]
        if any(revision > project.revision for revision in latest):
            yield f"{name} is at revision {project.revision} and something in it is later"
        moments = [file.uploaded_at for file in files]
        if len(set(moments)) != len(moments):
            yield f"{name} has two files of one moment"
        if moments and project.serial < max(moment.timestamp() for moment in moments) * 1e6 - 1:
            yield f"{name} has a serial before its newest file"
    for (owner, filename), file in state.files.items():
        release = (owner, canonical(file.version))
        if owner not in state.projects or release not in state.releases:
            yield f"{filename} has no project or no release"
        if release not in state.described:
            yield f"{filename} has no core metadata"


def lists_agree(state: State) -> Iterator[str]:
    """4, 15: the list of projects shows those that offer files; a page's versions are complete."""
    offering = {name for name, one in state.projects.items() if one.status.offers_files}
    if offering != set(state.listings):
        yield f"the list shows {sorted(state.listings)} and should show {sorted(offering)}"
    for name, project in state.projects.items():
        if name in state.listings and state.listings[name].serial != project.serial:
            yield f"the list knows another serial of {name} than its project"
        releases, files = _parts(state, name)
        page = page_of(project, releases, files)
        versions = {canonical(release.version) for release in page.releases}
        if not {canonical(file.version) for file in page.files} <= versions:
            yield f"{name} lists a file of a version that it does not list"


def uploads_end_right(state: State) -> Iterator[str]:
    """5, 13: a published upload's file is there; a rejected one's is not."""
    holders = {claim.upload_id: claim for claim in state.claims.values()}
    for upload in state.uploads.values():
        claim = state.claims.get(upload.filename.casefold())
        if upload.state is UploadState.PUBLISHED and (
            claim is None or claim.sha256 != upload.sha256
        ):
            yield f"{upload.filename} was published and is not there"
        if upload.id in holders and not _may_be_listed(state, upload):
            yield f"{upload.filename} is there and its upload is {upload.state}"


def _may_be_listed(state: State, upload: Upload) -> bool:
    if upload.state is UploadState.STAGED and upload.draft_id:
        return state.drafts[upload.draft_id].state is DraftState.PUBLISHED
    return upload.state is UploadState.PUBLISHED


def drafts_are_whole(state: State) -> Iterator[str]:
    """A draft counts its files right; all of a published one are listed, none of another."""
    holders = {claim.upload_id for claim in state.claims.values()}
    for draft in state.drafts.values():
        held = [one for (of, _), one in state.drafted.items() if of == draft.id]
        if (draft.file_count, draft.stamp) != (len(held), sum(one.file.revision for one in held)):
            yield f"draft {draft.id} counts {draft.file_count} files and has {len(held)}"
        for one in held:
            claim = state.claims.get(one.file.filename.casefold())
            if draft.state is not DraftState.PUBLISHED and one.upload_id in holders:
                yield f"{one.file.filename} is listed and its draft is {draft.state}"
            elif draft.state is DraftState.PUBLISHED and (
                claim is None or claim.sha256 != one.file.sha256
            ):
                yield f"{one.file.filename} was published with its draft and is not there"
            if draft.state is DraftState.OPEN:
                yield from _waits(state, draft, one)


def _waits(state: State, draft: Draft, staged: StagedFile) -> Iterator[str]:
    body = state.objects.get(staged.file.key(draft.project))
    claim = state.claims.get(staged.file.filename.casefold())
    was_published = claim is not None and claim.sha256 == staged.file.sha256
    if (body is None or _sha256(body) != staged.file.sha256) and not was_published:
        yield f"{staged.file.filename} is in an open draft and cannot be fetched"


def nothing_is_undone(before: State, after: State) -> Iterator[str]:
    """3, 14, 17: contents, upload times and verdicts never change; revisions never fall."""
    for place, file in before.files.items():
        now = after.files.get(place)
        if now is None or (now.sha256, now.size, now.uploaded_at, now.uploaded_by) != (
            file.sha256,
            file.size,
            file.uploaded_at,
            file.uploaded_by,
        ):
            yield f"{place[1]} has changed or is gone"
    for name, project in before.projects.items():
        later = after.projects.get(name)
        if later is None or (later.revision, later.serial) < (project.revision, project.serial):
            yield f"{name} went back"
        elif later.revision == project.revision and _parts(before, name) != _parts(after, name):
            yield f"{name} changed without a new revision"
    for upload in before.uploads.values():
        if upload.state.terminal and after.uploads[upload.id].state is not upload.state:
            yield f"the upload of {upload.filename} was judged twice"
    for draft in before.drafts.values():
        if draft.state is not DraftState.OPEN and after.drafts[draft.id] != draft:
            yield f"draft {draft.id} has changed after its end"


def nothing_is_left(state: State) -> Iterator[str]:
    """4, 12: nothing waits, and nothing that is not listed downloads."""
    for key in sorted(state.staged):
        yield f"{key} still waits"
    listed = {file.key(name) for name, file in _listed(state)} | set(_waiting(state))
    for key in sorted(state.objects):
        if key.startswith("files/") and key.removesuffix(METADATA_SUFFIX) not in listed:
            yield f"{key} downloads and is not listed"


def _waiting(state: State) -> Iterator[str]:
    for (draft_id, _), one in state.drafted.items():
        draft = state.drafts[draft_id]
        if draft.state is DraftState.OPEN:
            yield one.file.key(draft.project)


def _listed(state: State) -> Iterator[tuple[NormalizedName, File]]:
    for name, project in state.projects.items():
        releases, files = _parts(state, name)
        for file in page_of(project, releases, files).files:
            yield name, file


def _parts(state: State, name: str) -> tuple[tuple[Release, ...], tuple[File, ...]]:
    def of(found: Mapping[tuple[str, str], Any]) -> tuple[Any, ...]:
        return tuple(one for (owner, _), one in sorted(found.items()) if owner == name)

    return of(state.releases), of(state.files)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _metadata_inside(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(name)
