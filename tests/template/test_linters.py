"""What others' tools say about the template."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.template.translation import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Tools = Callable[[str], Path]

pytestmark = [
    pytest.mark.template,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("template"),  # they may have to make the tools they share
]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool as somebody without AWS credentials would."""
    environment = {name: value for name, value in os.environ.items() if "AWS_" not in name}
    environment |= {"AWS_DEFAULT_REGION": "eu-west-1", "SAM_CLI_TELEMETRY": "0"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=240,
    )


def test_cfn_lint_has_nothing_to_say(tools: Tools) -> None:
    done = run(tools("template") / "cfn-lint")

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("options", [(), ("--lint",)], ids=["plain", "lint"])
def test_sam_finds_the_template_valid(tools: Tools, options: tuple[str, ...]) -> None:
    # Both: the plain one finds names that collide with those SAM makes, the other does not.
    done = run(tools("template") / "sam", "validate", *options)

    assert done.returncode == 0, done.stdout
    assert "is a valid SAM Template" in done.stdout


def test_checkov_finds_nothing_beyond_what_is_skipped(tools: Tools) -> None:
    done = run(tools("checkov") / "checkov", "--config-file", ".checkov.yaml")

    assert done.returncode == 0, done.stdout
    assert re.search(r"Passed checks: 1\d\d, Failed checks: 0", done.stdout), done.stdout


def test_every_check_of_checkov_that_is_skipped_has_its_reason_beside_it() -> None:
    text = (ROOT / ".checkov.yaml").read_text()
    skipped = yaml.safe_load(text)["skip-check"]

    reasons = dict(re.findall(r"- (CKV\w+) # (.{30,})", text))

    assert list(reasons) == skipped
