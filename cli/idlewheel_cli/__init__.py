"""The `idlewheel` command: publish to an index, manage it, and let other tools find its token."""
