"""What help and docs say is what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer

from idlewheel_cli.main import COMMANDS, app
from idlewheel_cli.tokens import app as tokens
from tests.localindex import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Said

DOCS = (ROOT / "docs/cli.md").read_text()
NAMES = [name for name, _, _ in COMMANDS]
TOKEN_COMMANDS = ["create", "list", "revoke", "rotate"]
OBVIOUS = {"logout", "whoami", "list", "show", "versions", "unyank", "restore", "doctor"}


def parameters(name: str) -> list[Any]:
    command: Any = typer.main.get_command(app)
    found: list[Any] = command.commands[name].params
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_in_the_docs_and_helps(name: str, cli: Callable[..., Said]) -> None:
    said = cli(name, "--help")

    assert said.code == 0
    assert f"idlewheel {name}" in DOCS
    assert name in OBVIOUS or "Example" in said.out


@pytest.mark.parametrize("name", TOKEN_COMMANDS)
def test_every_token_command_is_in_the_docs(name: str) -> None:
    found: Any = typer.main.get_command(tokens)

    assert set(found.commands) == set(TOKEN_COMMANDS)
    assert f"idlewheel token {name}" in DOCS


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_does(name: str) -> None:
    options = [it for it in parameters(name) if it.param_type_name == "option"]

    assert all(it.help for it in options)


@pytest.mark.parametrize("option", [it for it in parameters("publish") if it.opts[0][0] == "-"])
def test_every_option_of_publish_is_in_the_docs(option: Any) -> None:
    assert any(f"`{spelling}`" in DOCS for spelling in option.opts if spelling.startswith("--"))


def test_without_a_command_there_is_help(cli: Callable[..., Said]) -> None:
    said = cli()

    assert "publish" in said.out + said.err
    assert said.code in {0, 2}


def test_a_wrong_command_line_has_a_code_of_its_own(cli: Callable[..., Said]) -> None:
    assert [cli("publish").code, cli("nope").code, cli("publish", "--nope").code] == [2, 2, 2]


def test_an_interrupt_says_how_to_go_on(
    cli: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("idlewheel_cli.publish.carry_out", interrupted)

    said = cli("publish", "x")

    assert said.code == 130
    assert said.err.endswith("goes on where this one ended\n")
