"""Charts are drawn beside the gateway, in the page's own colours; without one its table is left."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from leadflow.charts.drawing import Artist
from leadflow.charts.figures import (
    Bar,
    Figure,
    Moment,
    Table,
    bars,
    calibration,
    lift,
    over_time,
)

pytestmark = pytest.mark.uncounted

TABLE = Table(("Who", "Share"), (("Ann & <Bob>", "12"),))
START = datetime(2026, 11, 1, tzinfo=UTC)
BOTH = {"challenger": [(0.1, 2.0), (1.0, 1.0)], "now": [(0.1, 1.5), (1.0, 1.0)]}
FIGURES = [
    bars("Ann & <Bob> lead", [Bar("Ann & <Bob>", 12), Bar("Cem", 3, off=True)], "Leads", TABLE),
    bars("Above", [Bar("Ann", 1.2, 0.9, 1.6)], "Ratio", TABLE, 1.0, "as expected", ".1f"),
    calibration("Off by 2 %", {"challenger": [(0.1, 0.12), (0.3, 0.28)]}, TABLE),
    lift("Twice as often", BOTH, TABLE),
    over_time(
        "It rises",
        [Moment(START + timedelta(days=day), day, day - 1, day + 1) for day in range(4)],
        "Index",
        TABLE,
        2.0,
        "as it was",
    ),
]


def test_every_kind_is_drawn_in_the_colours_of_the_page_and_runs_nothing() -> None:
    artist = Artist()
    try:
        drawn = [artist.draw(figure) for figure in FIGURES]
    finally:
        artist.end()
    for figure, chart in zip(FIGURES, drawn, strict=True):
        assert chart.svg is not None, figure.kind
        root = etree.fromstring(chart.svg.encode())
        assert root.get("aria-label") == figure.title
        assert "var(--" in chart.svg
        assert "style=" not in chart.svg
        assert "<script" not in chart.svg
        assert len(chart.svg) < 10_000
    assert "Ann &amp; &lt;Bob&gt;" in str(drawn[0].svg)
    assert "stroke-dasharray" in str(drawn[2].svg), "the line to compare with"


def test_what_draws_ends_when_nobody_needs_it_and_the_same_is_not_drawn_twice() -> None:
    artist = Artist(idle=0.2)
    try:
        first = artist.draw(FIGURES[0])
        assert artist.running
        deadline = time.monotonic() + 20
        while artist.running:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert artist.draw(FIGURES[0]) == first
        assert not artist.running, "it was kept"
    finally:
        artist.end()


def test_what_cannot_be_drawn_leaves_its_table() -> None:
    stuck, wrong = Artist(patience=0.01), Artist()
    try:
        slow = stuck.draw(FIGURES[0])
        odd = wrong.draw(Figure("bars", "No values", "", "", [{"name": 1}], TABLE))
    finally:
        stuck.end()
        wrong.end()
    for chart in (slow, odd):
        assert chart.svg is None
        assert chart.rows == [["Ann & <Bob>", "12"]]
