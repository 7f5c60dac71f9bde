"""The description of a release as HTML that is safe to show.

Rendered once, when the file is verified, by what PyPI uses: allow-listed tags and attributes,
links to http, https and mailto only, no file or raw HTML from reStructuredText. A description that
takes too long, or that breaks the renderer, is shown as plain text.
"""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from email.message import EmailMessage
from html import escape
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from idlewheel.distribution.metadata import CoreMetadata

BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that change the order in which text is shown."""
RENDERED_CHARACTERS = 500_000
"""Longer descriptions are shown as plain text."""
AGAIN_SECONDS = 0.1
"""An exception that lands in a callback of the collector is lost: then there is another."""
RST, MARKDOWN = "text/x-rst", "text/markdown"


class OutOfTimeError(BaseException):
    """Rendering took too long; not an `Exception`, for those the renderer catches."""


def render(core: CoreMetadata, seconds: float) -> str | None:
    """Return the description as HTML, None where it is not valid in its language.

    *seconds* is processor time; beyond it, and where the renderer itself fails, the answer is
    plain text.
    """
    text = harmless(core.description)
    if len(text) > RENDERED_CHARACTERS:
        return plain(text)
    try:
        with at_most(seconds):
            return rendered(text, core.description_content_type or "")
    except (OutOfTimeError, MemoryError, RecursionError, ArithmeticError, LookupError):
        return plain(text)


def rendered(text: str, content_type: str) -> str | None:
    """Return *text* as HTML by its content type; without one, as reStructuredText if it is that."""
    message = EmailMessage()
    message["Content-Type"] = content_type or RST
    kind = message.get_content_type()
    if kind == MARKDOWN:
        from readme_renderer import markdown  # noqa: PLC0415 -- each costs what only it needs

        variant = message["Content-Type"].params.get("variant", "GFM")
        return markdown.render(text, variant=variant) or plain(text)
    if kind == RST:
        from readme_renderer import rst  # noqa: PLC0415

        return rst.render(text) or (None if content_type else plain(text))
    return plain(text)


def load() -> None:
    """Load both renderers, with all that they load when they are first used."""
    for content_type in (RST, MARKDOWN):
        rendered("text", content_type)


def plain(text: str) -> str:
    """Return *text* as HTML that shows it as it is."""
    return f"<pre>{escape(harmless(text))}</pre>"


def harmless(text: str) -> str:
    """Return *text* with the characters that reorder it made visible."""
    return BIDI.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` when the block has used that much processor time."""

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise OutOfTimeError

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def description_renders(html: str | None) -> Iterator[str]:
    """A description that says that it is reStructuredText is (as on PyPI)."""
    if html is None:
        yield "The description is not valid reStructuredText, which its content type says it is"


UPLOAD_RULES = (description_renders,)
"""These bind new uploads; older files, which a mirror carries, may break them."""
