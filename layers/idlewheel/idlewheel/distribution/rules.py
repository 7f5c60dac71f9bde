"""How a rule is written and run.

A rule is a function that reads one subject and yields a sentence for each way in which the
subject breaks it. Its name is true of a good upload; with hyphens it is the stable code of the
problem, and its docstring is its entry in ``docs/rules.md``. A rule reads no file and asks nobody:
whatever it needs is in the subject before it runs. Parsers that cannot go on raise `Unreadable`.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from idlewheel.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Subject = TypeVar("Subject")

MESSAGES_PER_RULE = 5
"""How often one rule speaks about one file: a flood of sentences is an attack too."""

SHOWN_CHARACTERS = 120


class Unreadable(Exception):
    """A parser cannot go on; the problem says why, under the code of the rule *code*."""

    def __init__(self, code: str, message: str) -> None:
        """Carry one problem."""
        self.problem = Problem(code, message)
        super().__init__(message)


def code_of(rule: Callable[..., object]) -> str:
    """Return the code under which the rule reports."""
    return rule.__name__.replace("_", "-")


class Findings:
    """The problems of one file as they come in, a bounded number of each code."""

    def __init__(self) -> None:
        """Begin without any."""
        self._by_code: dict[str, list[Problem]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_code)

    def add(self, problems: Iterable[Problem]) -> None:
        """Keep *problems*, except for those whose code has said enough, or the same before."""
        for problem in problems:
            known = self._by_code.setdefault(problem.code, [])
            if len(known) < MESSAGES_PER_RULE and problem not in known:
                known.append(problem)

    def all(self) -> tuple[Problem, ...]:
        """Return the problems, those of one code together."""
        return tuple(problem for problems in self._by_code.values() for problem in problems)


def broken(
    rules: Iterable[Callable[[Subject], Iterator[str]]], subject: Subject
) -> Iterator[Problem]:
    """Yield every problem that the rules see in *subject*, a bounded number for each rule."""
    for rule in rules:
        for message in islice(rule(subject), MESSAGES_PER_RULE):
            yield Problem(code_of(rule), message)


def require(rule: Callable[..., Iterator[str]], *subjects: object) -> None:
    """Raise `Unreadable` if *rule* is broken: for parsers that could not go on without it."""
    for message in rule(*subjects):
        raise Unreadable(code_of(rule), message)


def printable(text: str) -> str:
    """Return *text* fit for a message: short, ASCII where it must be."""
    cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def shown(text: str | bytes) -> str:
    """Return *text* as `printable`, in quotes."""
    if isinstance(text, bytes):
        text = text[: SHOWN_CHARACTERS * 2].decode("utf-8", "backslashreplace")
    return f"'{printable(text)}'"
