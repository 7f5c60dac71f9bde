from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idlewheel.errors import NotAcceptable
from idlewheel.web.negotiation import (
    HTML,
    JSON,
    SIMPLE,
    TEXT_HTML,
    choose,
    choose_simple,
    has_current,
    takes_gzip,
)

PIP = f"{JSON}, {HTML}; q=0.1, {TEXT_HTML}; q=0.01"
UV = f"{JSON}, {HTML};q=0.2, {TEXT_HTML};q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        pytest.param(None, TEXT_HTML, id="NEG-01: no header at all"),
        pytest.param("", TEXT_HTML, id="NEG-01: an empty header"),
        pytest.param("*/*", TEXT_HTML, id="NEG-02: anything, as curl asks"),
        pytest.param("*/*;q=0.1", TEXT_HTML, id="NEG-02: anything, but not eagerly"),
        pytest.param(HTML, HTML, id="NEG-04: the versioned HTML"),
        pytest.param(TEXT_HTML, TEXT_HTML, id="NEG-05: HTML"),
        pytest.param(BROWSER, TEXT_HTML, id="NEG-05: a browser"),
        pytest.param(PIP, JSON, id="NEG-06: pip"),
        pytest.param(UV, JSON, id="NEG-07: uv"),
        pytest.param(f"{JSON}, */*;q=0.1", JSON, id="NEG-07: poetry"),
        pytest.param(f"{JSON};q=0.1, {TEXT_HTML};q=0.9", TEXT_HTML, id="NEG-08: HTML preferred"),
        pytest.param(f"{JSON};q=.5, {TEXT_HTML};q=0.4", JSON, id="NEG-08: q without a zero"),
        pytest.param(f"{JSON};q=0.5, {HTML};q=1.000", HTML, id="NEG-08: q with three digits"),
        pytest.param(f"{JSON};q=0, {TEXT_HTML}", TEXT_HTML, id="NEG-09: no JSON"),
        pytest.param(f"*/*, {TEXT_HTML};q=0", JSON, id="NEG-09: anything but HTML"),
        pytest.param(f"*/*, {JSON};q=0, {TEXT_HTML};q=0", HTML, id="NEG-09: what is left"),
        pytest.param("application/vnd.pypi.simple.latest+json", JSON, id="NEG-10: latest JSON"),
        pytest.param("application/vnd.pypi.simple.latest+html", HTML, id="NEG-10: latest HTML"),
        pytest.param("application/*", JSON, id="NEG-16: any application type"),
        pytest.param(f"application/*, {JSON};q=0", HTML, id="NEG-16: any but JSON"),
        pytest.param("text/*", TEXT_HTML, id="NEG-16: any text"),
        pytest.param(f"application/*;q=0.3, {TEXT_HTML};q=0.2, */*;q=0.9", JSON, id="exactness"),
        pytest.param("Application/VND.PyPI.Simple.V1+JSON", JSON, id="NEG-17: capitals"),
        pytest.param(f"  {JSON} \t;\t Q = 0.5 ,, ", JSON, id="NEG-17: white space"),
        pytest.param("text/html;charset=utf-8", TEXT_HTML, id="NEG-17: other parameters"),
        pytest.param(f"{HTML}, {JSON}, {TEXT_HTML}", JSON, id="on equal terms JSON"),
        pytest.param(f"{TEXT_HTML}, {HTML}", HTML, id="on equal terms the versioned HTML"),
        pytest.param(f"{JSON};q=0.1, {JSON}", JSON, id="named twice: the kinder one"),
        pytest.param(f"{JSON};q=high, {TEXT_HTML};q=0.1", TEXT_HTML, id="NEG-15: q is no number"),
        pytest.param(f"{JSON};q=2, {TEXT_HTML};q=0.1", TEXT_HTML, id="NEG-15: q beyond one"),
        pytest.param(f"{JSON};q=\u0661, {TEXT_HTML};q=0.1", TEXT_HTML, id="NEG-15: q in Arabic"),
    ],
)
def test_the_form_wanted_most_is_answered(accept: str | None, answered: str) -> None:
    assert choose_simple(accept) == answered


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param("application/vnd.pypi.simple.v2+json", id="NEG-11: a version to come"),
        pytest.param("application/json", id="NEG-11: JSON that is not ours"),
        pytest.param("*/*;q=0", id="NEG-11: nothing at all"),
        pytest.param("nonsense", id="NEG-15: no media type"),
        pytest.param("\u00e9\udc80;q=\u0662", id="NEG-15: not ASCII"),
        pytest.param(";;;,,,===" * 10_000, id="NEG-15: huge and malformed"),
        pytest.param("text/html;q=nan", id="NEG-15: q is not a number"),
        pytest.param("*/html", id="NEG-15: half a wildcard"),
    ],
)
def test_who_takes_nothing_that_there_is_gets_406(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refused:
        choose_simple(accept)

    assert JSON in str(refused.value), "it says what there is"


@pytest.mark.parametrize(
    ("parameter", "answered"),
    [
        pytest.param(JSON, JSON, id="NEG-13: wins over the header"),
        pytest.param(JSON.replace("+", " "), JSON, id="NEG-13: with a plus sign left unencoded"),
        pytest.param(f" {HTML.upper()} ", HTML, id="NEG-13: in capitals"),
        pytest.param("application/vnd.pypi.simple.latest+json", JSON, id="NEG-13: latest"),
        pytest.param("", TEXT_HTML, id="NEG-13: empty, so the header decides"),
    ],
)
def test_the_format_parameter_wins(parameter: str, answered: str) -> None:
    assert choose_simple("text/html", parameter) == answered


@pytest.mark.checklist("NEG-14")
@pytest.mark.parametrize("parameter", ["bogus", "*/*", "json", "\udcff", "x" * 100_000])
def test_a_format_that_there_is_not_gets_406(parameter: str) -> None:
    with pytest.raises(NotAcceptable):
        choose_simple("*/*", parameter)


@pytest.mark.checklist("NEG-15")
@given(st.text(alphabet="apliconvdysmehtjxq.*/+;=,01 \t\u00e9\0", max_size=80) | st.text())
def test_whatever_the_header_is_the_outcome_is_an_offer_or_406(header: str) -> None:
    try:
        assert choose(header, SIMPLE, default=TEXT_HTML) in SIMPLE
    except NotAcceptable:
        assert header.strip(), "who names nothing is always answered"


@pytest.mark.parametrize(
    ("accept_encoding", "compressed"),
    [
        pytest.param(None, False, id="no header, as scripts send none and decode nothing"),
        pytest.param("", False, id="an empty header"),
        pytest.param("gzip, deflate", True, id="CACHE-08: pip"),
        pytest.param("gzip, deflate, zstd", True, id="CACHE-08: uv"),
        pytest.param("GZIP;Q=0.5", True, id="in capitals"),
        pytest.param("x-gzip", True, id="by its old name"),
        pytest.param("*", True, id="any"),
        pytest.param("identity", False, id="plain, as pip asks for files"),
        pytest.param("br, deflate", False, id="others only"),
        pytest.param("gzip;q=0", False, id="all but this"),
        pytest.param("gzip;q=0, *", False, id="any but this"),
        pytest.param("gzip;q=0.5, identity", False, id="plain preferred"),
        pytest.param("gzip;q=0.5, identity;q=0.5", True, id="plain no better"),
        pytest.param("gzip;q=oops", False, id="not readable"),
    ],
)
def test_pages_are_compressed_for_those_who_say_so(
    accept_encoding: str | None, compressed: bool
) -> None:
    assert takes_gzip(accept_encoding) is compressed


@pytest.mark.parametrize(
    ("if_none_match", "current"),
    [
        pytest.param(None, False, id="no header"),
        pytest.param('"a-1"', True, id="CACHE-02: the same"),
        pytest.param('"a-2"', False, id="CACHE-04: another"),
        pytest.param('"x", "a-1" ,"y"', True, id="CACHE-07: in a list"),
        pytest.param('W/"a-1"', True, id="CACHE-07: weakened on its way"),
        pytest.param('"x",W/"a-1"', True, id="CACHE-07: weak and in a list"),
        pytest.param("*", True, id="any"),
        pytest.param(" * ", True, id="any, with white space"),
        pytest.param('"*"', False, id="an asterisk as a tag"),
        pytest.param("a-1", False, id="without quotes"),
        pytest.param('"a-1', False, id="a quote missing"),
        pytest.param('"a-1-gzip"', False, id="a longer one"),
        pytest.param('"' * 9_999, False, id="quotes only"),
    ],
)
def test_a_client_that_has_the_page_is_recognized(if_none_match: str | None, current: bool) -> None:
    assert has_current(if_none_match, '"a-1"') is current
