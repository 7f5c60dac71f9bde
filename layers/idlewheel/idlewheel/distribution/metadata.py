"""The core metadata of a distribution, taken from METADATA or PKG-INFO and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.metadata import RawMetadata

STATIC_SINCE = (2, 2)
"""The Metadata-Version from which the PKG-INFO of an sdist can be relied on (PEP 643)."""
RELIED_ON = frozenset({"requires-dist", "requires-python", "provides-extra"})
"""What installers read; if one of these is dynamic, the PKG-INFO is not to be served alone."""


@dataclass(frozen=True, slots=True)
class CoreMetadata:
    """What an index tells about a release, as the file spells it."""

    metadata_version: str
    name: str
    version: str
    summary: str = ""
    description: str = ""
    description_content_type: str | None = None
    keywords: tuple[str, ...] = ()
    license: str | None = None
    license_expression: str | None = None
    license_files: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    requires_python: str | None = None
    requires_dist: tuple[str, ...] = ()
    requires_external: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    project_urls: tuple[tuple[str, str], ...] = ()
    """Label and URL, in the order of the file."""
    home_page: str = ""
    download_url: str = ""
    platforms: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    import_names: tuple[str, ...] = ()
    import_namespaces: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: RawMetadata) -> Self:
        """Return the fields that `packaging` has parsed; absent ones are empty."""
        known = {field.name for field in fields(cls)}
        given = {key: frozen(value) for key, value in raw.items() if key in known}
        return cls(**{"metadata_version": "", "name": "", "version": "", **given})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(**{key: frozen(value) for key, value in values.items()})

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return asdict(self)

    @property
    def is_static(self) -> bool:
        """Whether installers may rely on the PKG-INFO of an sdist without building it."""
        numbers = self.metadata_version.split(".")
        version = tuple(int(number) for number in numbers if number.isdecimal())
        dynamic = {field.lower() for field in self.dynamic}
        return version >= STATIC_SINCE and not dynamic & RELIED_ON


def frozen(value: Any) -> Any:  # noqa: ANN401 -- the values of a TypedDict, or of JSON
    """Return *value* with lists and dictionaries made tuples."""
    if isinstance(value, dict):
        return tuple(value.items())
    if isinstance(value, list | tuple):
        return tuple(frozen(one) for one in value)
    return value
