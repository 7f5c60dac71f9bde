"""Puts the package `idlewheel` into the wheel: from the repository, or from an sdist's own copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg, misc, unused-ignore]
    """Called by hatchling for each wheel."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Name the folder of the package; hatchling itself would look below this one only."""
        root = Path(self.root)
        sources = (root.parent / "layers/idlewheel/idlewheel", root / "idlewheel")
        source = next(path for path in sources if path.is_dir())
        build_data["force_include"][str(source)] = "idlewheel"
