"""The upload form of twine, uv, poetry, pdm, hatch and flit, taken apart.

``multipart/form-data`` (RFC 7578) with the fields of PyPI's upload API. Whatever the bytes are,
the outcome is a Form or Rejected with every problem that was found. Parts may come in any order
and the content without a Content-Type (uv and flit send it so).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from multipart import (
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from idlewheel.errors import Gone, Problem, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_PARTS = 2_000
LONGEST_HEADERS = 8 * 1024
"""Bytes of all headers of one part."""
LONGEST_FIELD = 1024 * 1024
"""Bytes of one text field."""
LONGEST_TEXT = 6 * 1024 * 1024
"""Bytes of all text fields."""

CONTENT = "content"
IGNORED = frozenset({"gpg_signature"})
"""Parts that old clients send and nobody reads any more, as text or as a file."""

OBSOLETE = frozenset({"submit", "submit_pkg_info", "doc_upload"})
"""What ``:action`` could ask for long ago; PyPI answers 410 as well."""

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]", re.ASCII)
"""RFC 2046 §5.1.1."""

_PARAMETER = re.compile(r';[ \t]*([\w*-]+)[ \t]*=[ \t]*(?:"(?:\\.|[^"\\])*"|[^";]*)', re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "identity"})


@dataclass(frozen=True, slots=True)
class Form:
    """What an upload form holds: its file, and the values of every text field as sent.

    What the values may be is not judged here (`idlewheel.distribution.form.check_form`).
    """

    filename: str
    content: bytes
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    """One part of the form, whole."""

    segment: MultipartSegment
    chunks: list[bytes] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The field's name."""
        name: str = self.segment.name
        return name

    @property
    def disposition(self) -> str:
        """The Content-Disposition header, as sent."""
        header: str = self.segment.header("Content-Disposition", "")
        return header

    @property
    def is_file(self) -> bool:
        """Whether the part has a filename, even an empty one."""
        return self.segment.filename is not None

    def content(self) -> bytes:
        """Put the chunks together."""
        return b"".join(self.chunks)


def parse(content_type: str | None, body: bytes) -> Form:
    """Take the form in *body* apart.

    Raises:
        Gone: it asks for what upload APIs could do long ago.
        Rejected: it is no form, it breaks a limit, or a part is not what it must be; with all
            problems.

    """
    parts = _read(_boundary(content_type), body)
    fields, problems = _fields(parts)
    _require_current(fields.get(":action", ()))
    contents = [part for part in parts if part.name == CONTENT]
    problems.extend(problem for part in parts for problem in _part_problems(part))
    problems.extend(_content_problems(contents))
    if problems:
        raise Rejected(tuple(problems))
    return Form(contents[0].segment.filename, contents[0].content(), fields)


def _require_current(actions: tuple[str, ...]) -> None:
    for action in OBSOLETE.intersection(actions):
        raise Gone(
            f"':action={action}' is long gone: metadata comes with the files, by file_upload"
        )


def _boundary(content_type: str | None) -> str:
    media_type, options = parse_options_header(content_type or "")
    if media_type != "multipart/form-data":
        raise _refused("not-a-form", "The body must be multipart/form-data, as twine sends it")
    boundary = options.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise _refused("malformed-form", "The Content-Type names no usable boundary")
    return str(boundary)


def _refused(code: str, message: str) -> Rejected:
    return Rejected((Problem(code, message),))


def _read(boundary: str, body: bytes) -> list[_Part]:
    """Read the parts. Raises Rejected where the form is malformed or beyond the limits."""
    parts: list[_Part] = []
    parser = PushMultipartParser(
        boundary,
        max_header_size=LONGEST_HEADERS,
        max_segment_count=MOST_PARTS,
        strict=True,
    )
    try:
        with parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    parts.append(_Part(event))
                elif event is not None:
                    parts[-1].chunks.append(event)
    except MultipartError as error:
        raise _refused("malformed-form", f"The form cannot be read: {error.args[0]}") from error
    _check_end(boundary, body)
    return parts


def _check_end(boundary: str, body: bytes) -> None:
    """Refuse what follows the closing delimiter: another reader might see another form there."""
    closing = f"--{boundary}--".encode("ascii")
    if body[body.find(b"\r\n" + closing) :].strip() != closing:
        raise _refused("malformed-form", "Something follows the end of the form")


def _part_problems(part: _Part) -> Iterator[Problem]:
    """Check the headers of one part."""
    segment, label = part.segment, _label(part)
    names = [name for name, _ in segment.headerlist]
    size = sum(len(name) + len(value) for name, value in segment.headerlist)
    parameters = [name.lower() for name in _PARAMETER.findall(part.disposition)]
    encoding = segment.header("Content-Transfer-Encoding", "").strip().lower()
    if size > LONGEST_HEADERS:
        yield Problem("form-limit", f"The headers of {label} are over {LONGEST_HEADERS} bytes")
    if len(set(names)) < len(names) or len(set(parameters)) < len(parameters):
        yield Problem("malformed-form", f"A header or parameter of {label} is there twice")
    if encoding not in _IDENTITY:
        yield Problem("transfer-encoding", f"{label} must be sent as it is, not encoded")
    if (segment.content_type or "").startswith("multipart/"):
        yield Problem("malformed-form", f"{label} must not be multipart itself")
    if _CONTROL.search(segment.name):
        yield Problem("malformed-form", "A field's name holds a control character")


def _label(part: _Part) -> str:
    """Name a part in a message; what a client calls it may be anything of any length."""
    return f"field {part.name[:60]!r}"


def _content_problems(contents: list[_Part]) -> Iterator[Problem]:
    """Check that there is one file, and that it has a plain name."""
    if not contents:
        yield Problem("no-content", "The form has no part 'content' with the file")
    if len(contents) > 1:
        yield Problem("two-contents", "The form has more than one part 'content'")
    for part in contents:
        if not part.segment.filename:
            yield Problem("no-filename", "The part 'content' has no filename")
        elif "\\" in part.disposition or _CONTROL.search(part.segment.filename):
            # The parser would repair such names; what is stored must be what was sent.
            yield Problem("invalid-filename", "The filename holds a backslash or control character")


def _fields(parts: list[_Part]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Collect the values of the text fields."""
    fields: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for part in parts:
        if part.name == CONTENT or part.name in IGNORED:
            continue
        try:
            fields[part.name] = (*fields.get(part.name, ()), _text(part))
        except Rejected as error:
            problems.extend(error.problems)
    total = sum(len(value) for values in fields.values() for value in values)
    if total > LONGEST_TEXT:
        problems.append(Problem("form-limit", f"The text is over {LONGEST_TEXT} bytes in all"))
    return fields, problems


def _text(part: _Part) -> str:
    """Read a text field. Raises Rejected where it is none."""
    content = part.content()
    if part.is_file:
        raise _refused("field-as-file", f"{_label(part)} must be text, not a file")
    if len(content) > LONGEST_FIELD:
        raise _refused("form-limit", f"{_label(part)} is over {LONGEST_FIELD} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise _refused("invalid-text", f"{_label(part)} is not UTF-8") from error
    if "\0" in text:
        raise _refused("invalid-text", f"{_label(part)} holds a NUL character")
    return text
