"""pip, which prepares no metadata: for downloading sdists without running their build backends.

``pip download`` builds the metadata of every sdist, which installs and runs what strangers wrote.
Here pip believes the PKG-INFO in the sdist instead. Everything else is the ordinary client: its
index, its cache, its retries. The arguments are pip's own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pip._internal.cli.main import main
from pip._internal.distributions import sdist
from pip._internal.metadata import get_metadata_distribution


def believe_pkg_info(self: Any) -> Any:  # noqa: ANN401 -- pip's own types are private
    """Stand in for building the metadata."""
    directory = Path(self.req.unpacked_source_directory)
    name = self.req.name
    found = get_metadata_distribution((directory / "PKG-INFO").read_bytes(), directory.name, name)
    self.req.get_dist = lambda: found
    return found


REPLACED: Any = sdist.SourceDistribution
REPLACED.prepare_distribution_metadata = lambda *_args, **_options: None
REPLACED.get_metadata_distribution = believe_pkg_info

if __name__ == "__main__":
    sys.exit(main())
