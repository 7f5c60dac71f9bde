"""Everything that can go wrong, as one tree.

IdlewheelError
├── Refusal              an upload that will not be published as it is
│   ├── Rejected         it breaks rules
│   ├── Conflict         its filename is taken
│   └── Denied           its principal may not, or its project takes no files
├── Unauthenticated      no credentials, or none that are valid now
├── NotFound             no such project, file, upload or token
│   └── Gone             it was here, and was deleted
├── WrongMethod          this is not what can be done at this path
├── NotAcceptable        nothing that we can say is among what the client takes
├── TooLarge             more bytes than this door lets through
├── TooLate              what it was about has been published, and stays so
├── TooMany              more at once than one token may have
├── NotEmpty             a table that was to be rebuilt holds something
└── Unavailable          we cannot know now; asking again is safe
    └── Undecided        the upload has not been judged within the time of a request
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong: a stable code for programs, a sentence for people."""

    code: str
    message: str


class IdlewheelError(Exception):
    """The root of the tree: one or more problems under one stable code."""

    code: ClassVar[str] = "error"

    def __init__(self, problems: tuple[Problem, ...] | str) -> None:
        """Carry *problems*; a bare sentence becomes one problem of the error's own code."""
        self.problems = (Problem(self.code, problems),) if isinstance(problems, str) else problems
        super().__init__("; ".join(problem.message for problem in self.problems))


class Refusal(IdlewheelError):
    """An upload that will not be published as it is."""

    code = "refused"


class Rejected(Refusal):
    """The upload breaks one or more rules."""

    code = "rejected"


class Conflict(Refusal):
    """The filename is taken, by other bytes or by a deleted file."""

    code = "file-exists"


class Denied(Refusal):
    """The principal may not do this, or the project does not allow it now."""

    code = "denied"


class Unauthenticated(IdlewheelError):
    """No credentials, or none that are valid now."""

    code = "unauthenticated"


class NotFound(IdlewheelError):
    """No such project, file, upload or token: a consistent read found nothing."""

    code = "not-found"


class Gone(NotFound):
    """It was here, and was deleted."""

    code = "gone"


class WrongMethod(IdlewheelError):
    """Nothing of the kind can be done at this path, and something else can."""

    code = "wrong-method"


class NotAcceptable(IdlewheelError):
    """Nothing that we can say is among what the client takes."""

    code = "not-acceptable"


class TooLarge(IdlewheelError):
    """More bytes than this door lets through."""

    code = "too-large"


class TooLate(IdlewheelError):
    """What it was about has been published, and stays so."""

    code = "too-late"


class TooMany(IdlewheelError):
    """More at once than one token may have; some will end by themselves."""

    code = "too-many"


class NotEmpty(IdlewheelError):
    """The table holds something: rebuilding never mixes with what is there."""

    code = "not-empty"


class Unavailable(IdlewheelError):
    """We cannot know now; asking again is safe."""

    code = "unavailable"


class Undecided(Unavailable):
    """The upload has not been judged within the time of a request."""

    code = "undecided"


REFUSALS: dict[str, type[Refusal]] = {kind.code: kind for kind in (Rejected, Conflict, Denied)}
"""The refusals that a stored verdict can name."""
