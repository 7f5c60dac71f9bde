"""Where the index and its token are found: options, variables, files, keyring."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

from idlewheel_cli import target, vault
from idlewheel_cli.config import Config
from idlewheel_cli.failures import CredentialsWanted, Failure
from idlewheel_cli.index import Index
from idlewheel_cli.keyring_backend import IdlewheelKeyring
from idlewheel_cli.target import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

CORP = Index("https://corp.example/prod")
OTHER = Index("http://127.0.0.1:8080")
PYPIRC = """
[distutils]
index-servers = corp
[corp]
repository = https://corp.example/prod/legacy/
username = ann
password = from-pypirc%
[empty]
username = ann
"""


def backend() -> IdlewheelKeyring:
    return IdlewheelKeyring()  # type: ignore[no-untyped-call]


@pytest.fixture
def logged_in() -> None:
    config = Config()
    config.add("other", OTHER)
    config.add("corp", CORP)
    config.save()
    vault.save(CORP, "corp-token")
    vault.save(OTHER, "other-token")


def test_the_usual_index_is_the_last_one_logged_in_to(logged_in: None) -> None:
    assert target.resolve(Wanted()) == target.Target(CORP, "corp-token")


@pytest.mark.parametrize("said", ["other", "http://127.0.0.1:8080/simple/", "127.0.0.1:8080"])
def test_an_index_is_named_or_given_by_url(logged_in: None, said: str) -> None:
    assert target.resolve(Wanted(said)) == target.Target(OTHER, "other-token")


def test_nobody_said_which_index() -> None:
    with pytest.raises(Failure, match="which index"):
        target.resolve(Wanted())


def test_an_unknown_name_is_no_host(home: Path) -> None:
    with pytest.raises(Failure, match="there is no index 'corp'"):
        target.resolve(Wanted("corp"))


def test_a_section_of_pypirc_names_an_index_and_its_token(home: Path) -> None:
    (home / ".pypirc").write_text(PYPIRC)

    assert target.resolve(Wanted("corp")) == target.Target(CORP, "from-pypirc%", "ann")


def test_a_section_without_a_repository_is_refused(home: Path) -> None:
    (home / ".pypirc").write_text(PYPIRC)

    with pytest.raises(Failure, match="names no repository"):
        target.resolve(Wanted("empty"))


def test_a_damaged_pypirc_is_named(home: Path) -> None:
    (home / ".pypirc").write_text("no section\n")

    with pytest.raises(Failure, match="pypirc cannot be read"):
        target.resolve(Wanted("corp"))


@pytest.mark.parametrize(
    ("variables", "password"),
    [
        ({"TWINE_PASSWORD": "twine"}, "twine"),
        ({"TWINE_PASSWORD": "twine", "IDLEWHEEL_TOKEN": "own"}, "own"),
        ({}, "corp-token"),
    ],
)
def test_variables_go_before_what_is_kept(
    logged_in: None, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], password: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert target.resolve(Wanted()).password == password


def test_options_go_before_variables(logged_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLEWHEEL_TOKEN", "variable")
    monkeypatch.setenv("TWINE_REPOSITORY_URL", "https://elsewhere.example/legacy/")
    monkeypatch.setenv("TWINE_USERNAME", "variable")

    found = target.resolve(Wanted("other", "ann", "option"))

    assert found == target.Target(OTHER, "option", "ann")


def test_the_variables_of_twine_name_the_index(
    home: Path, logged_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINE_REPOSITORY", "other")
    by_name = target.find_index(Wanted())
    monkeypatch.setenv("TWINE_REPOSITORY_URL", "https://x.example/legacy/")

    assert [by_name, target.find_index(Wanted())] == [OTHER, Index("https://x.example")]


def test_a_password_in_the_url_is_taken() -> None:
    found = target.resolve(Wanted("https://ann:secret@corp.example/prod/simple/"))

    assert found == target.Target(CORP, "secret", "ann")


def test_netrc_is_asked_last(home: Path) -> None:
    (home / ".netrc").write_text("machine corp.example login ann password from-netrc\n")
    (home / ".netrc").chmod(0o600)

    assert target.resolve(Wanted(CORP.base)) == target.Target(CORP, "from-netrc", "ann")


def test_without_a_token_and_without_anybody_to_ask_it_says_what_to_do() -> None:
    with pytest.raises(CredentialsWanted, match=r"idlewheel login https://corp\.example/prod"):
        target.resolve(Wanted(CORP.base, interactive=False))


def test_a_file_of_tokens_is_ours_alone(home: Path, logged_in: None) -> None:
    mode = (home / "idlewheel/tokens.json").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_a_dropped_token_is_gone(logged_in: None) -> None:
    assert [vault.drop(CORP), vault.drop(CORP)] == [True, False]
    assert [vault.load(CORP), vault.load(OTHER)] == [None, "other-token"]


def test_a_damaged_config_is_named(home: Path) -> None:
    (home / "idlewheel").mkdir()
    (home / "idlewheel/config.json").write_text("{}")

    with pytest.raises(Failure, match=r"config\.json cannot be read"):
        Config.load()


class Memory(KeyringBackend):
    """A keyring as a desktop has it."""

    priority = 0  # never chosen by itself

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(Memory):
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("locked")

    set_password = delete_password = get_password  # type: ignore[assignment]


def test_a_keyring_is_used_where_there_is_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr(vault, "system_keyring", lambda: memory)

    place = vault.save(CORP, "secret")

    assert memory.kept == {("idlewheel", CORP.base): "secret"}
    assert place.startswith("the keyring")
    assert not (home / "idlewheel/tokens.json").exists()
    assert [vault.load(CORP), vault.drop(CORP), vault.load(CORP)] == ["secret", True, None]


def test_a_locked_keyring_is_as_good_as_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "system_keyring", Locked)

    place = vault.save(CORP, "secret")

    assert place.endswith("tokens.json")
    assert vault.load(CORP) == "secret"


@pytest.mark.parametrize("username", [None, "__token__", "aws", ""])
@pytest.mark.parametrize(
    "service",
    [
        "https://corp.example/prod/simple/",
        "https://corp.example/prod/simple",
        "https://corp.example/prod/legacy/",
        "corp.example",
    ],
)
def test_tools_find_the_token_however_they_ask(
    logged_in: None, service: str, username: str | None
) -> None:
    ours = backend()

    found = ours.get_credential(service, username)

    assert isinstance(found, SimpleCredential)
    assert (found.username, found.password) == (username or "__token__", "corp-token")
    assert ours.get_password(service, username) == "corp-token"


def test_host_and_port_name_an_index(logged_in: None) -> None:
    assert backend().get_password("127.0.0.1:8080", "x") == "other-token"


@pytest.mark.parametrize(
    "service", ["https://other.example/simple/", "other.example", "127.0.0.1:9", "x"]
)
def test_of_other_hosts_the_backend_knows_nothing(logged_in: None, service: str) -> None:
    assert backend().get_credential(service, None) is None


def test_a_backend_that_cannot_read_its_config_says_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "idlewheel").mkdir()
    (home / "idlewheel/config.json").write_text("damaged")

    assert backend().get_password("corp.example", "x") is None
    assert capsys.readouterr() == ("", "")


def test_in_ci_two_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLEWHEEL_URL", CORP.simple)
    monkeypatch.setenv("IDLEWHEEL_TOKEN", "ci")

    ours = backend()

    assert ours.get_password(CORP.legacy, "__token__") == "ci"
    assert ours.get_password("https://other.example/simple/", "__token__") is None


def test_the_backend_leaves_keeping_to_others() -> None:
    with pytest.raises(NotImplementedError):
        backend().set_password("s", "u", "p")
    with pytest.raises(NotImplementedError):
        backend().delete_password("s", "u")


def test_a_failure_is_one_line_and_a_code(cli: Callable[..., Said]) -> None:
    said = cli("whoami")

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: which index?")
    assert cli("whoami", "--index", "https://127.0.0.1:9").code == 3
