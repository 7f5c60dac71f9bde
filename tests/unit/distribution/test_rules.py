from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from docs import generate_rules
from idlewheel.distribution.rules import (
    Findings,
    Unreadable,
    broken,
    code_of,
    printable,
    require,
    shown,
)
from idlewheel.errors import Problem
from tests.hostile import (
    cases_bombs,
    cases_links,
    cases_metadata,
    cases_names,
    cases_tar,
    cases_wheel,
    cases_zip,
)

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = sorted((generate_rules.ROOT / "layers/idlewheel/idlewheel/distribution").rglob("*.py"))
ELSEWHERE = {"The filename", "The upload form", "The file as a whole", "Attestations"}
"""Sections whose rules are not about the inside of a file, and are tested one by one."""
DOCUMENT = generate_rules.TARGET.read_text(encoding="utf-8")


def rules_in(source: Path) -> set[str]:
    """Return the functions of a module that read as rules: sentences that yield sentences."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and node.returns is not None
        and ast.unparse(node.returns) == "Iterator[str]"
        and not (ast.get_docstring(node) or "").startswith("Yield")
    }


def test_the_document_is_what_the_rules_say() -> None:
    text = generate_rules.text()

    assert text == DOCUMENT


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_rule_is_in_the_document(source: Path) -> None:
    missing = {name for name in rules_in(source) if f"`{name.replace('_', '-')}`" not in DOCUMENT}

    assert missing == set()


def test_every_rule_on_files_has_a_file_that_breaks_it() -> None:
    in_sdists = (cases_links, cases_tar)
    modules = (cases_bombs, cases_metadata, cases_names, *in_sdists, cases_wheel, cases_zip)
    shown_codes = {case.code for module in modules for case in module.cases()}
    in_files = {
        code_of(rule)
        for title, sections in generate_rules.SECTIONS
        if title not in ELSEWHERE
        for section in sections
        for rule, _ in generate_rules.rules_of(section)
    }

    assert in_files - shown_codes == {"metadata-agrees-with-the-form", "pkg-info-is-small"}


def no_letter_is_capital(text: str) -> object:
    return (f"{letter} is capital" for letter in text if letter.isupper())


def test_the_name_of_a_rule_is_the_code_of_its_problems() -> None:
    problems = list(broken((no_letter_is_capital,), "aBc"))  # type: ignore[arg-type]

    assert problems == [Problem("no-letter-is-capital", "B is capital")]


def test_a_parser_that_cannot_go_on_says_why() -> None:
    with pytest.raises(Unreadable) as unreadable:
        require(no_letter_is_capital, "AB")  # type: ignore[arg-type]

    assert unreadable.value.problem == Problem("no-letter-is-capital", "A is capital")


def test_findings_keep_five_of_a_kind_and_each_once() -> None:
    findings = Findings()

    findings.add(Problem("a", str(number % 9)) for number in range(100))
    findings.add([Problem("b", "x"), Problem("b", "x")])

    assert [problem.code for problem in findings.all()] == ["a"] * 5 + ["b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "'plain'"),
        ("été", "'été'"),
        ("a\nb", "'a\\nb'"),
        ("\x1b[2J", "'\\x1b[2J'"),
        ("\udc80", "'\\udc80'"),
        (b"a\xff", "'a\\xff'"),
    ],
)
def test_what_a_stranger_wrote_is_shown_without_its_effects(
    text: str | bytes, expected: str
) -> None:
    message = shown(text)

    assert message == expected


def test_what_a_stranger_wrote_at_length_is_cut() -> None:
    message = printable("a" * 1_000_000)

    assert len(message) == 121
