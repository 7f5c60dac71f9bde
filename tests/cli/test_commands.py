"""The commands on a real index."""

from __future__ import annotations

import hashlib
import random
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.cli.scripted import Answer, serving
from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said
    from tests.localindex import LocalIndex

    Cli = Callable[..., Said]


@pytest.fixture
def project() -> str:
    """A name that no other test has."""
    return f"cli-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def dist(tmp_path: Path, project: str) -> Path:
    """A wheel and an sdist of version 1.0."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name, body in (wheel(project), sdist(project)):
        (folder / name).write_bytes(body)
    return folder


def large(folder: Path, project: str, size: int = 9_000_000) -> Path:
    """A wheel that no form can hold."""
    files = {f"{project.replace('-', '_')}/data.bin": random.Random(1).randbytes(size)}
    name, body = wheel(project, "2.0", files=files, compression=zipfile.ZIP_STORED)
    (folder / name).write_bytes(body)
    return folder / name


def page(index: LocalIndex, project: str) -> dict[str, Any]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    url = f"{index.index_url}{project}/"
    answer = httpx.get(url, auth=("", index.admin_token), headers=accept)
    found: dict[str, Any] = answer.json()
    return found


def test_small_and_large_files_are_published(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    path = large(dist, project)

    said = cli("publish", str(dist / "*"))

    digests = {it["filename"]: it["hashes"]["sha256"] for it in page(index, project)["files"]}
    assert said.code == 0, said.err
    assert said.out.startswith("3 published (8.6 MiB new)")
    assert len(digests) == 3
    assert digests[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_publishing_again_changes_nothing(cli: Cli, index: LocalIndex, dist: Path) -> None:
    large(dist, "twice")
    cli("publish", str(dist))

    said = cli("publish", str(dist), "--json")

    assert said.code == 0
    assert [it["verdict"] for it in said.json()["files"]] == ["exists"] * 3


def test_a_refused_file_does_not_stop_the_others(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    (dist / f"{project.replace('-', '_')}-3.0-py3-none-any.whl").write_bytes(b"bad")

    said = cli("publish", str(dist), "--json", "--no-check")

    verdicts = {it["verdict"]: it["problems"] for it in said.json()["files"]}
    assert said.code == 1
    assert set(verdicts) == {"published", "refused"}
    assert verdicts["refused"][0]["code"] == "zip-ends-in-an-end-record"


def test_a_taken_name_is_skipped_if_one_says_so(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    cli("publish", str(dist))
    name, body = wheel(project, description="changed")
    (dist / name).write_bytes(body)

    refused, skipped = cli("publish", str(dist)), cli("publish", "--skip-existing", str(dist))

    assert (refused.code, skipped.code) == (1, 0)
    assert "published with other content" in refused.err
    assert skipped.out.startswith("1 already there, 1 skipped")


def test_who_may_not_publish_is_told_which_scope_is_missing(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    made = cli("token", "create", "--for", "ci", "-s", "publish:project:other", "--json").json()

    said = cli("publish", str(dist), "--token", made["token"])

    assert said.code == 3
    assert f"needs the scope publish:project:{project}" in said.err


def test_a_wrong_token_ends_it(cli: Cli, index: LocalIndex, dist: Path) -> None:
    said = cli("publish", str(dist), "--token", "wrong", "--json")

    assert said.code == 3
    assert {it["verdict"] for it in said.json()["files"]} == {"failed"}


def test_twines_section_and_variables_publish_too(
    cli: Cli, index: LocalIndex, dist: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDLEWHEEL_URL")
    monkeypatch.delenv("IDLEWHEEL_TOKEN")
    text = f"[corp]\nrepository = {index.upload_url}\nusername = __token__\n"
    (home / ".pypirc").write_text(text)
    monkeypatch.setenv("TWINE_PASSWORD", index.token)

    assert cli("publish", "-r", "corp", "--non-interactive", str(dist)).code == 0


def test_attestations_are_sent_where_they_are_asked_for(
    cli: Cli, index: LocalIndex, dist: Path
) -> None:
    said = cli("publish", "--attestations", str(dist))

    assert said.code == 1
    assert ".attestation beside" in said.err


def test_logging_in_is_remembered_until_logging_out(
    cli: Cli, index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDLEWHEEL_URL")
    monkeypatch.delenv("IDLEWHEEL_TOKEN")
    entered = cli("login", index.index_url, "--token", index.token, "--name", "corp")
    who = cli("whoami", "--json").json()
    left = cli("logout", "--index", "corp")

    assert entered.out.startswith(f"logged in to {index.url} as local, good for 30 days")
    assert (who["principal"], who["scopes"]) == ("local", ["publish:*", "read:*"])
    assert left.out.startswith("forgot the token")
    assert cli("whoami", "-i", index.url).code == 3


def test_a_bad_token_is_not_remembered(
    cli: Cli, index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDLEWHEEL_TOKEN")

    said = cli("login", index.url, "--token", "iw_x")

    assert said.code == 3
    assert cli("whoami").code == 3


def test_tools_are_told_where_they_look(cli: Cli, index: LocalIndex, home: Path) -> None:
    arguments = ("login", index.url, "--token", index.token, "-c", "uv", "-c", "twine")
    first, second = cli(*arguments), cli(*arguments)

    uv = (home / ".config/uv/uv.toml").read_text()
    pypirc = (home / ".pypirc").read_text()
    assert (first.code, second.code) == (0, 0)
    assert uv.count("[[index]]") == 1
    assert "__token__@" in uv
    assert pypirc == f"[idlewheel]\nrepository = {index.upload_url}\nusername = __token__\n"
    assert index.token not in uv + pypirc


@pytest.mark.parametrize("case", [("a", "import"), ("b", "subprocess")])
def test_pip_is_told_how_to_ask_the_keyring(
    cli: Cli,
    index: LocalIndex,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, str],
) -> None:
    keyring, provider = case
    for place in (f"{keyring}/keyring", "a/pip"):
        command = tmp_path / place
        command.parent.mkdir(exist_ok=True)
        command.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\n')
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/a:{tmp_path}/b", prepend=":")

    said = cli("login", index.url, "--token", index.token, "-c", "pip")

    assert said.code == 0, said.err
    assert (tmp_path / "said").read_text().splitlines() == [
        f"config set global.index-url {index.index_url}",
        f"config set global.keyring-provider {provider}",
    ]


def test_a_tool_that_is_not_there_or_fails_is_told(
    cli: Cli, index: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "poetry").write_text("#!/bin/sh\necho no such setting >&2; exit 1\n")
    (tmp_path / "poetry").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = ("login", index.url, "--token", index.token)

    absent, failed = cli(*arguments, "-c", "pdm"), cli(*arguments, "-c", "poetry")

    assert "pdm is not installed" in absent.err
    assert "'poetry config repositories.idlewheel" in failed.err
    assert "no such setting" in failed.err


def test_tokens_come_and_go(cli: Cli, index: LocalIndex) -> None:
    made = cli("token", "create", "--for", "ci", "-s", "read:*", "-k", "read", "--json").json()
    rotated = cli("token", "rotate", made["id"], "--days", "2", "--json").json()
    states = {it["id"]: it["state"] for it in cli("token", "list", "--json").json()}
    revoked = cli("token", "revoke", rotated["id"])

    assert made["token"].startswith("iw_r_")
    assert (rotated["kind"], rotated["principal"]) == ("read", "ci")
    assert (states[made["id"]], states[rotated["id"]]) == ("revoked", "active")
    assert revoked.out == f"revoked {rotated['id']}\n"
    assert cli("whoami").code == 0


def test_rotating_ones_own_token_stays_logged_in(
    cli: Cli, index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = cli("token", "create", "-k", "admin", "--for", "me", "-s", "admin:*", "--json").json()
    monkeypatch.delenv("IDLEWHEEL_TOKEN")
    cli("login", index.url, "--token", own["token"])

    rotated = cli("token", "rotate", own["id"], "--json").json()

    assert cli("whoami", "--json").json()["token_id"] == rotated["id"]


def test_an_unknown_token_cannot_be_rotated(cli: Cli, index: LocalIndex) -> None:
    said = cli("token", "rotate", "nope")

    assert (said.code, said.err) == (1, "error: there is no token 'nope'\n")


def test_releases_are_yanked_deleted_restored_and_archived(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    cli("publish", str(dist))
    said = [
        cli("yank", project, "1.0", "-m", "bad ä"),
        cli("versions", project),
        cli("unyank", project, "1.0"),
        cli("delete", project, sdist(project)[0], "--yes"),
        cli("restore", project, sdist(project)[0]),
        cli("status", project, "archived", "-m", "moved"),
    ]

    assert [it.code for it in said] == [0] * 6
    assert said[1].out == "1.0  (yanked)\n"
    assert cli("status", project).out == f"{project} is archived (moved)\n"
    assert len(page(index, project)["files"]) == 2


def test_nothing_is_deleted_without_a_yes(
    cli: Cli, index: LocalIndex, dist: Path, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("publish", str(dist))
    monkeypatch.setattr("typer.confirm", lambda _: False)

    said = cli("delete", project)

    assert (said.code, said.err) == (1, "error: nothing was deleted\n")
    assert len(page(index, project)["files"]) == 2


def test_an_index_is_browsed_and_downloaded(
    cli: Cli, index: LocalIndex, dist: Path, project: str, tmp_path: Path
) -> None:
    large(dist, project)
    cli("publish", str(dist))

    said = cli("download", f"{project}>=1", "--dest", str(tmp_path / "down"), "--file", ".whl")
    downloaded = {path.name: path.read_bytes() for path in (tmp_path / "down").iterdir()}

    assert said.code == 0, said.err
    assert downloaded == {path.name: path.read_bytes() for path in dist.glob("*.whl")}
    assert project in cli("list").out.split()
    assert cli("versions", project, "--json").json() == ["2.0", "1.0"]
    assert cli("show", project, "1.0").out.startswith(f"{project} 1.0")
    assert cli("show", project, "--json").json()["info"]["version"] == "2.0"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("download", "nope-nope"), "there is no project"),
        (("download", "not a requirement"), "is no requirement"),
        (("show", "nope-nope"), "there is no project"),
    ],
)
def test_what_is_not_there_is_told(
    cli: Cli, index: LocalIndex, arguments: tuple[str, ...], text: str
) -> None:
    said = cli(*arguments)

    assert said.code == 1
    assert text in said.err


def test_a_version_that_is_not_there_is_told(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    cli("publish", str(dist))

    assert "no file of" in cli("download", f"{project}==9").err


def test_a_folder_is_imported_and_the_rest_of_it_later(
    cli: Cli, index: LocalIndex, dist: Path, project: str
) -> None:
    plan = cli("import", str(dist), "--dry-run")
    first = cli("import", str(dist), "--json").json()
    path = large(dist, project)
    second = cli("import", str(dist))

    assert plan.out.endswith("2 of 2 files would be imported\n")
    assert [it["verdict"] for it in first["files"]] == ["published"] * 2
    assert second.out.startswith("1 published (8.6 MiB new)")
    assert second.out.endswith("2 were here before\n")
    assert path.name in {it["filename"] for it in page(index, project)["files"]}
    assert cli("import", str(dist)).out.startswith("nothing to do")


@pytest.mark.parametrize("is_json", [True, False], ids=["json", "html"])
def test_another_index_is_imported_with_its_yanks(
    cli: Cli, index: LocalIndex, project: str, is_json: bool
) -> None:
    name, body = wheel(project)
    digest = hashlib.sha256(body).hexdigest()
    url = f"../../files/{name}"
    if is_json:
        file = {"filename": name, "url": url, "hashes": {"sha256": digest}, "yanked": "bad"}
        pages: list[Any] = [{"projects": [{"name": project}]}, {"files": [file]}]
    else:
        link = f'<a href="{url}#sha256={digest}" data-yanked="bad">{name}</a>'
        pages = [f"<a href='{project}/'>{project}</a>", f"<!DOCTYPE html>{link}<br>"]
    with serving(*(Answer(200, it) for it in pages), Answer(200, body)) as old:
        said = cli("import", f"{old.url}/simple/", "--json")

    (file_said,) = said.json()["files"]
    assert file_said["verdict"] == "published", file_said
    assert page(index, project)["files"][0]["yanked"] == "bad"
    assert old.lines[0] == "GET /simple/"


def test_an_index_that_lies_about_a_digest_is_not_believed(
    cli: Cli, index: LocalIndex, project: str
) -> None:
    name, body = wheel(project)
    file = {"filename": name, "url": f"/f/{name}", "hashes": {"sha256": "0" * 64}}
    pages = ({"projects": [{"name": project}]}, {"files": [file]}, body)
    with serving(*(Answer(200, it) for it in pages)) as old:
        said = cli("import", f"{old.url}/simple/", "--json")

    (file_said,) = said.json()["files"]
    assert said.code == 1
    assert (file_said["verdict"], file_said["problems"][0]["code"]) == ("failed", "not-fetched")


@pytest.mark.parametrize(
    ("answer", "code"), [(Answer(401, ""), 3), (Answer(404, ""), 1)], ids=["401", "404"]
)
def test_an_index_that_refuses_is_told(
    cli: Cli, index: LocalIndex, answer: Answer, code: int
) -> None:
    with serving(answer) as old:
        assert cli("import", f"{old.url}/simple/").code == code


def test_a_source_is_a_folder_or_an_index(cli: Cli, index: LocalIndex) -> None:
    assert "neither a folder nor" in cli("import", "nowhere").err


def test_the_doctor_finds_nothing_wrong_where_nothing_is(cli: Cli, index: LocalIndex) -> None:
    said = cli("doctor", "--json")

    assert said.code == 0, said.out
    assert {it["level"] for it in said.json()} <= {"ok", "warning"}


def test_the_doctor_finds_a_netrc_that_breaks_downloads(
    cli: Cli, index: LocalIndex, home: Path
) -> None:
    (home / ".netrc").write_text("default login x password y\n")
    (home / ".netrc").chmod(0o600)

    said = cli("doctor")

    assert said.code == 1
    assert "'default' entry" in said.out


def test_the_doctor_finds_a_wrong_clock_and_a_wrong_url(cli: Cli, index: LocalIndex) -> None:
    old = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    with serving(Answer(404, {"message": "no"}, old)) as server:
        said = cli("doctor", "--index", server.url)

    assert said.code == 1
    assert "is the stage in the URL?" in said.out
    assert "the clock here is" in said.out


def test_the_doctor_says_what_to_do_where_nothing_is_set_up(cli: Cli) -> None:
    said = cli("doctor")

    assert said.code == 1
    assert "Run 'idlewheel login URL' once" in said.out
