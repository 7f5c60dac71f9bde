"""A keyring backend, by which pip, uv, twine, poetry and pdm find the token by themselves.

They ask for the URL of the index, of the upload, for the host, or for host and port, with a user
name or without one. Whatever is asked about an index that we are logged in to is answered; about
any other, nothing, and fast: we are asked for every index, public ones included.

Nothing here may print: the `keyring` command's output is what uv and pip read.
"""

from __future__ import annotations

import os

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

from idlewheel_cli import vault
from idlewheel_cli.config import Config
from idlewheel_cli.failures import Failure
from idlewheel_cli.index import Index

USER = "__token__"


class IdlewheelKeyring(KeyringBackend):
    """Answers with the tokens of `idlewheel login`, and keeps nothing else."""

    priority = 9.9

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        """Answer the token of the index that *service* belongs to, for any user name."""
        token = token_for(service)
        return None if token is None else SimpleCredential(username or USER, token)

    def get_password(self, service: str, username: str | None) -> str | None:  # noqa: ARG002
        """Answer the token alone."""
        return token_for(service)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing: keyring then asks the next backend."""
        raise NotImplementedError("idlewheel login keeps the tokens of an index")

    def delete_password(self, service: str, username: str) -> None:
        """Delete nothing: keyring then asks the next backend."""
        raise NotImplementedError("idlewheel logout forgets the tokens of an index")


def token_for(service: str) -> str | None:
    """Find the token for a URL or a host; None for what is not ours."""
    try:
        named = os.environ.get("IDLEWHEEL_URL")
        index = Index.of(named) if named and Index.of(named).covers(service) else None
        index = index or Config.load().covering(service)
    except Failure:
        return None
    if index is None:
        return None
    return os.environ.get("IDLEWHEEL_TOKEN") or vault.load(index)
