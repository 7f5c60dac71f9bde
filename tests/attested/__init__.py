"""Files that were really signed, and their attestations; README.md says where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

GITHUB = "pypi_attestations-0.0.19.tar.gz"
GITLAB = "gitlab_oidc_project-0.0.3.tar.gz"
CIRCLECI = "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl"
BY_A_PERSON = "rfc8785-0.1.2-py3-none-any.whl"

GITHUB_PUBLISHER = {
    "kind": "GitHub",
    "repository": "trailofbits/pypi-attestations",
    "workflow": "release.yml",
}


def file(filename: str) -> tuple[str, bytes]:
    """Give a filename and its bytes, as the factories do."""
    return filename, (FOLDER / filename).read_bytes()


def attestation(filename: str, kind: str = "publish") -> dict[str, Any]:
    """Give one of its attestations: `publish`, or `slsa`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{filename}.{kind}.attestation").read_text())
    return found


def sent(filename: str, *kinds: str) -> str:
    """Write its attestations as the upload form has them."""
    return json.dumps([attestation(filename, kind) for kind in kinds or ("publish",)])
