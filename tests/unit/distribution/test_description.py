from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idlewheel.distribution.description import RENDERED_CHARACTERS, render
from idlewheel.distribution.metadata import CoreMetadata

MARKDOWN, RST, PLAIN = "text/markdown", "text/x-rst", "text/plain"


def rendered(text: str, content_type: str | None = MARKDOWN, seconds: float = 2.0) -> str:
    core = CoreMetadata("2.4", "demo", "1.0", description=text)
    core = CoreMetadata(**{**core.to_json(), "description_content_type": content_type})
    return render(core, seconds) or ""


class Harms(HTMLParser):
    """Collects whatever in HTML a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "iframe", "object", "embed", "form", "meta", "base", "link"}:
            self.found.append(tag)
        for name, value in attrs:
            link = (value or "").strip().lower()
            leads = name in {"href", "src", "action", "xlink:href"}
            runs = leads and link.startswith(("javascript:", "data:"))
            if runs or name.startswith("on") or name == "style":
                self.found.append(f"{name}={value}")


def harms(html: str) -> list[str]:
    parser = Harms()
    parser.feed(html)
    return parser.found


ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<iframe src='https://a.b'></iframe>",
    "<style>body{display:none}</style>",
    "<div style='position:fixed'>x</div>",
    "<form action=//evil><input></form>",
    "<svg><script>alert(1)</script></svg>",
    "<math><a xlink:href='javascript:x'>y</a></math>",
    "<base href='//evil'>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
    "`x <javascript:alert(1)>`_",
    ".. raw:: html\n\n   <script>alert(1)</script>",
    ".. image:: javascript:alert(1)",
    ".. |a| image:: data:text/html,x\n\n|a|",
)


@pytest.mark.parametrize("content_type", [MARKDOWN, RST, PLAIN, None])
@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_in_a_description_runs(text: str, content_type: str | None) -> None:
    html = rendered(text, content_type)

    assert harms(html) == []


def test_no_file_gets_into_a_description() -> None:
    html = rendered(".. include:: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n", None)

    assert "root:" not in html


@pytest.mark.parametrize("content_type", [MARKDOWN, RST, PLAIN, None])
def test_characters_that_turn_the_direction_of_writing_are_made_visible(
    content_type: str | None,
) -> None:
    html = rendered("abc \u202eexe.txt \u2066x\u2069", content_type)

    assert "[U+202E]" in html
    assert not set("\u202e\u2066\u2069") & set(html)


def test_markdown_is_rendered() -> None:
    html = rendered("# Hello\n\n*a* [b](https://c.d)")

    assert "<em>a</em>" in html
    assert '<a href="https://c.d" rel="nofollow">b</a>' in html


def test_plain_text_is_shown_as_it_is() -> None:
    html = rendered("a < b\n  *c*", PLAIN)

    assert html == "<pre>a &lt; b\n  *c*</pre>"


def test_a_description_of_no_said_kind_is_text_where_it_is_no_rest() -> None:
    html = rendered("Hello\n=\n\n.. nothing::", None)

    assert html.startswith("<pre>Hello")


def test_a_description_that_says_it_is_rest_and_is_not_has_no_html() -> None:
    html = rendered("Hello\n=\n\n.. nothing::", RST)

    assert html == ""


def test_a_very_long_description_is_shown_as_text() -> None:
    html = rendered("*a* " * (RENDERED_CHARACTERS // 4 + 1))

    assert html.startswith("<pre>*a*")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ATTACKS) | st.text(max_size=10)), st.sampled_from([MARKDOWN, RST]))
def test_no_mixture_of_attacks_runs(parts: list[str], content_type: str) -> None:
    html = rendered(" ".join(parts), content_type)

    assert harms(html) == []
