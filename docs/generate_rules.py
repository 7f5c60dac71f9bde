"""Write ``docs/rules.md`` from the rules themselves: ``python -m docs.generate_rules``.

A test compares the file with what this would write.
"""

# ruff: noqa: INP001 -- docs is a folder of papers, not a package
from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "layers" / "idlewheel"))

from idlewheel.distribution import (  # noqa: E402 -- found by the line above
    attestations,
    description,
    entry_points,
    fields,
    filenames,
    form,
    isolation,
    judge_sdist,
    judge_wheel,
    metadata_rules,
    record,
    sdist,
    verify,
    wheel,
)
from idlewheel.distribution.archive import (  # noqa: E402
    gzip_stream,
    names,
    tar_gates,
    tar_pax,
    tar_rules,
    zip_contents,
    zip_end,
    zip_layout,
    zip_rules,
)
from idlewheel.distribution.rules import code_of  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    Rule = Callable[..., object]

TARGET = ROOT / "docs" / "rules.md"
CORPUS = ROOT / "benchmarks" / "corpus" / "result.json"
SECTIONS: tuple[tuple[str, tuple[ModuleType, ...]], ...] = (
    ("The filename", (filenames,)),
    ("The upload form", (form,)),
    ("The file as a whole", (verify, isolation)),
    ("ZIP", (zip_end, zip_layout, zip_rules, zip_contents)),
    ("Names of members", (names,)),
    ("Wheels", (wheel, judge_wheel, record, entry_points)),
    ("gzip and tar", (gzip_stream, tar_gates, tar_pax, tar_rules)),
    ("Sdists", (sdist, judge_sdist)),
    ("Metadata as text", (metadata_rules, description)),
    ("Fields of metadata, in the file and in the form", (fields,)),
    ("Attestations", (attestations,)),
)
GATES, UPLOADS = "GATES", "UPLOAD_RULES"
INTRODUCTION = """\
# Rules of an upload

*Made from the code by `python -m docs.generate_rules`; do not edit.*

Every upload is held to all of these. A refusal names each rule that is broken, by the code below,
with a sentence that says where. A line is true of every file that the index takes.

Some rules are marked:

- **stops**: without it what it speaks of cannot be read further, so later problems stay unknown;
- **new**: binds new uploads only; an import of files published elsewhere (`as_mirror`) skips it.

What may look odd is welcome: local versions, epochs, build tags, compressed tag sets,
`linux_x86_64` and platform tags that nobody knows, `Private ::` classifiers, metadata in any
script and of any version from 1.0 to 2.6, ZIP64, stored members, PAX and GNU names, links that
stay inside an sdist.
"""


def rules_of(module: ModuleType) -> Iterator[tuple[Rule, set[str]]]:
    """Yield each rule of *module* once, with its marks.

    What is in a tuple of rules is one, and what yields sentences: helpers say that they "Yield".
    """
    found: dict[Rule, set[str]] = {}
    for name, value in vars(module).items():
        if getattr(value, "__module__", "") == module.__name__ and is_rule(value):
            found.setdefault(value, set())
        if name.endswith(("RULES", GATES)) and isinstance(value, tuple):
            for rule in value:
                if rule.__module__ == module.__name__:
                    marks = {GATES: {"stops"}, UPLOADS: {"new"}}.get(name, set())
                    found.setdefault(rule, set()).update(marks)
    yield from found.items()


def is_rule(value: object) -> bool:
    """Whether *value* is a function that states a rule."""
    yields = getattr(value, "__annotations__", {}).get("return") == "Iterator[str]"
    return yields and not (value.__doc__ or "").startswith("Yield")


def entry(rule: Rule, marks: set[str]) -> str:
    """Return one row of a table."""
    said = " ".join((rule.__doc__ or "").split()).replace("``", "`").replace("|", "\\|")
    marked = "".join(f" **{mark}**" for mark in sorted(marks))
    return f"| `{code_of(rule)}` | {said}{marked} |"


def section(title: str, modules: tuple[ModuleType, ...]) -> str:
    """Return one section."""
    rows = [entry(*rule) for module in modules for rule in rules_of(module)]
    return "\n".join([f"## {title}", "", "| code | rule |", "| --- | --- |", *rows, ""])


def corpus(result: dict[str, Any]) -> str:
    """Return the section on real files."""
    whose = f"The newest wheel and sdist of {result['projects']} of PyPI's most downloaded projects"
    lines = [
        "## Real files",
        "",
        f"{whose}, verified on {result['date']} (`benchmarks/corpus`).",
        "",
        "| files | number | MB | refused as new uploads | refused `as_mirror` |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind, row in result["kinds"].items():
        numbers = f"{row['files']} | {row['megabytes']} | {row['new']} | {row['mirror']}"
        lines.append(f"| {kind}s | {numbers} |")
    codes = Counter(code for refusal in result["refused"] for code in refusal["codes"])
    lines += ["", "Refused as new uploads: files older than the rule that they break.", ""]
    lines += ["| file | broken rules |", "| --- | --- |"]
    for refusal in result["refused"]:
        lines.append(f"| {refusal['file']} | {', '.join(f'`{c}`' for c in refusal['codes'])} |")
    lines += ["", f"Rules broken: {', '.join(f'`{c}` {n}' for c, n in codes.most_common())}.", ""]
    return "\n".join(lines)


def text() -> str:
    """Return the whole document."""
    parts = [INTRODUCTION, *(section(*one) for one in SECTIONS)]
    if CORPUS.exists():
        parts.append(corpus(json.loads(CORPUS.read_text(encoding="utf-8"))))
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
