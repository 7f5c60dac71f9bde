from __future__ import annotations

from tests.proof.conftest import cloud

__all__ = ["cloud"]
