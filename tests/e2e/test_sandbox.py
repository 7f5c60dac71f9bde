"""What a client is given to see of this machine: nothing that could help or hurt it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.e2e.sandbox import Sandbox
    from tests.e2e.wire import Wire


def test_no_setting_of_this_machine_reaches_a_client(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "UV_FIND_LINKS", "TWINE_PASSWORD", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "of this machine")
    said = sandbox.run("pip", "env").succeeded()

    assert "of this machine" not in said
    assert f"{sys.prefix}/" not in said


def test_another_host_is_refused_and_noted(sandbox: Sandbox, outside: Wire) -> None:
    options = ["--retries", "0", "--index-url", "https://example.invalid/simple/", "thing"]
    sandbox.run("pip", "python", "-m", "pip", "download", "--no-deps", *options).failed()
    refused, outside.refused[:] = set(outside.refused), []

    assert refused == {"example.invalid:443"}
