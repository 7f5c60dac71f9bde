"""Archives, byte by byte: how ZIP and tar files are laid out, and how they may be."""
