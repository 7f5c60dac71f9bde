"""Every client that installs: what it finds, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.installers import INSTALLERS, Installer
from tests.factories import sdist, wheel

if TYPE_CHECKING:
    from tests.e2e.index import Index
    from tests.e2e.sandbox import Sandbox

pytestmark = pytest.mark.parametrize("client", INSTALLERS, ids=lambda it: it.name)


@pytest.mark.shows("installs wheels and what they depend on")
def test_a_wheel_is_installed_with_what_it_depends_on(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has_release(name, requires_dist=[f"{name}-base>=1"])
    index.has_release(f"{name}-base", "1.5")
    client.install(sandbox, index.read_url, name).succeeded()

    found = sandbox.installed()
    assert (found[name], found[f"{name}-base"]) == ("1.0", "1.5")


@pytest.mark.shows("finds a project by any spelling of its name")
def test_any_spelling_of_a_name_finds_the_project(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(f"{name}.dotted_Name", "1.0"))
    client.install(sandbox, index.read_url, f"{name.title()}_dotted.NAME").succeeded()

    assert sandbox.installed()[f"{name}-dotted-name"] == "1.0"


@pytest.mark.shows("builds an sdist, with a backend from the index")
def test_an_sdist_is_built_with_a_backend_that_comes_from_the_index(
    client: Installer, backends: Index, sandbox: Sandbox, name: str
) -> None:
    backends.has(sdist(name, "1.0"))
    client.install(sandbox, backends.read_url, name).succeeded()

    assert sandbox.installed()[name] == "1.0"
    assert any("setuptools" in it.path for it in backends.asked_for("setuptools"))


@pytest.mark.shows("installs a local version (1.0+cu121)")
def test_a_local_version_is_installed(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0+cu121"))
    client.install(sandbox, index.read_url, f"{name}==1.0+cu121").succeeded()

    assert sandbox.installed()[name] == "1.0+cu121"


@pytest.mark.shows("leaves a release for another Python alone")
def test_a_release_for_another_python_is_left_alone(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"), wheel(name, "2.0", requires_python=">=3.99"))
    client.install(sandbox, index.read_url, name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("leaves a yanked release alone")
def test_a_yanked_release_is_left_alone(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"), wheel(name, "2.0"))
    index.yank(name, "2.0", "it eats data")
    client.install(sandbox, index.read_url, name).succeeded()

    assert sandbox.installed()[name] == "1.0"


@pytest.mark.shows("installs a yanked release that is pinned")
def test_a_yanked_release_is_installed_by_who_names_it_and_is_told_why_not_to(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"), wheel(name, "2.0"))
    index.yank(name, "2.0", "it eats data")
    said = client.install(sandbox, index.read_url, f"{name}==2.0").succeeded()

    assert sandbox.installed()[name] == "2.0"
    assert ("it eats data" in said) == (client.name in SHOW_THE_REASON)


SHOW_THE_REASON = {"pip", "pip24", "pip23", "uv", "poetry"}


@pytest.mark.shows("sees a new release at once")
def test_a_release_is_seen_at_once_by_who_has_just_looked(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    client.install(sandbox, index.read_url, name).succeeded()
    index.has(wheel(name, "2.0"))
    client.install(sandbox, index.read_url, name, upgrade=True).succeeded()

    assert sandbox.installed()[name] == "2.0"


@pytest.mark.shows("install with a wrong token: refused")
def test_a_wrong_token_installs_nothing(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    client.install(sandbox, index.url_with("iw_r_wrong"), name).failed()

    assert name not in sandbox.installed()


@pytest.mark.shows("install without a token: refused")
def test_no_token_installs_nothing(
    client: Installer, index: Index, sandbox: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"))
    client.install(sandbox, index.url, name).failed()

    assert name not in sandbox.installed()


@pytest.mark.shows("install with another project's token: refused")
def test_a_token_for_one_project_installs_no_other(
    client: Installer, index: Index, sandbox: Sandbox, another: Sandbox, name: str
) -> None:
    index.has(wheel(name, "1.0"), wheel(f"{name}-other", "1.0"))
    url = index.url_with(index.token(f"read:project:{name}"))
    client.install(sandbox, url, name).succeeded()
    client.install(another, url, f"{name}-other").failed()

    assert sandbox.installed()[name] == "1.0"
    assert f"{name}-other" not in another.installed()
