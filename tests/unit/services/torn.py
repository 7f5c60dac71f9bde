"""A world that does not show at once what was written, and an instance that reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from idlewheel.services.current import Sheets
from idlewheel.services.project_sheets import ProjectSheets
from tests.contract.ports import DEMO, Ports, fake_ports
from tests.fakes.reading import FakeCatalog

if TYPE_CHECKING:
    from idlewheel.domain.names import NormalizedName
    from idlewheel.domain.project import Delta, File, Project
    from idlewheel.services.sheets import Sheet
    from tests.fakes.world import World


class Torn(FakeCatalog):
    """A catalog that does not show the newest items at once, as DynamoDB may not."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.withheld: dict[str, int] = {}
        """For how many more reads an item is as it was before; negative: for ever."""
        self.before: dict[str, File] = {}
        self.reads = 0

    def withhold(self, filename: str, reads: int) -> None:
        """Go on showing the file as it is now for some reads."""
        self.withheld[filename] = reads
        if (DEMO, filename) in self.world.files:
            self.before[filename] = self.world.files[DEMO, filename]

    def changes(self, name: NormalizedName, since: int) -> Delta:
        self.reads += 1
        delta = super().changes(name, since)
        shown = (self._seen(file) for file in delta.files)
        return replace(delta, files=tuple(f for f in shown if f and f.revision > since))

    def _seen(self, file: File) -> File | None:
        left = self.withheld.get(file.filename, 0)
        self.withheld[file.filename] = left - 1 if left > 0 else left
        return self.before.get(file.filename) if left else file


class Index:
    """A world, and an instance of the function that reads it."""

    def __init__(self) -> None:
        self.ports: Ports = fake_ports()
        assert isinstance(self.ports.catalog, FakeCatalog)
        self.catalog = Torn(self.ports.catalog.world)
        self.pauses: list[float] = []
        self.token = self.ports.token()
        self.sheets = ProjectSheets(self.catalog, Sheets(pause=self.pauses.append))

    def publish(self, number: int) -> str:
        filename = f"demo-{number}-py3-none-any.whl"
        self.ports.publish(self.token, filename, version=str(number), sha256=f"{number:064x}")
        return filename

    def current(self) -> tuple[Project, Sheet]:
        return self.sheets.current(self.catalog.project(DEMO))
