"""What ends a command, and with which exit code."""

from __future__ import annotations

from typing import ClassVar

REFUSED = 1
"""A file or a wish was refused, or something went wrong that trying again will not mend."""
CREDENTIALS = 3
"""No token, a bad one, or one that may not do this. (2 is a wrong command line.)"""
UNAVAILABLE = 4
"""The index did not answer, or could not; trying again later may help."""


class Failure(Exception):
    """Ends a command; its text is for people."""

    exit_code: ClassVar[int] = REFUSED


class CredentialsWanted(Failure):
    """There is no token, or it is not good for this."""

    exit_code = CREDENTIALS


class Unreachable(Failure):
    """The index did not answer, or said that it cannot now."""

    exit_code = UNAVAILABLE


class Refused(Failure):
    """The index says no, and why."""

    def __init__(self, status: int, message: str, problems: tuple[tuple[str, str], ...]) -> None:
        """Carry the status of the answer, its sentence, and its problems as (code, sentence)."""
        self.status = status
        self.problems = problems or (("refused", message),)
        super().__init__(message)
