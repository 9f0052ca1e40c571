"""Lengths of time as ISO 8601 writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.campaigns.definitions.spans import Span, read_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P2D", Span(days=2)),
        ("P1W", Span(days=7)),
        ("P1Y2M", Span(months=14)),
        ("PT90M", Span(minutes=90)),
        ("P1DT6H30M", Span(days=1, minutes=390)),
    ],
)
def test_a_span_is_read_as_it_is_written(text: str, span: Span) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "2d",
        "P-1D",
        "P1.5D",
        "PT30S",
        "P0D",
        "PT0M",
        "P11Y",
        "P2D ",
        "p2d",
        2,
    ],
)
def test_what_is_no_span_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"write a time"):
        read_span(text)


@given(st.integers(0, 36), st.integers(0, 400), st.integers(0, 20000))
def test_what_is_written_out_is_read_again(months: int, days: int, minutes: int) -> None:
    span = Span(months, days, minutes)
    if span.about.total_seconds():
        assert read_span(str(span)) == span
