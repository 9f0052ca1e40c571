"""How a lead's page draws its score and chance, and folds its history."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflow.gateway.console.history import Entry
from leadflow.gateway.console.one_lead.answer import WIDTH, Point, bar, chance, in_words
from leadflow.gateway.console.one_lead.timeline import folded

NOW = datetime(2026, 3, 6, 15, tzinfo=UTC)


def test_the_bar_goes_from_the_average_to_where_the_score_is() -> None:
    drawn = bar([Point("a", 20.0), Point("b", -15.0), Point("c", 10.0), Point("d", -1.0)])
    first, second = drawn.speaks_for
    assert first.x == drawn.average
    assert second.x == pytest.approx(first.x + first.width, abs=0.2)
    end = second.x + second.width
    assert [one.words for one in drawn.against] == ["b", "d"]
    assert drawn.against[0].x + drawn.against[0].width == pytest.approx(end, abs=0.2)
    assert drawn.against[1].x == pytest.approx(drawn.here, abs=0.2)
    assert 0 < drawn.average < drawn.here < end < WIDTH


def test_what_only_speaks_against_it_goes_left_of_the_average() -> None:
    drawn = bar([Point("b", -15.0)])
    assert drawn.speaks_for == []
    assert 0 < drawn.here < drawn.average < WIDTH
    assert bar([]).here == bar([]).average


def test_a_small_chance_is_drawn_large_enough_to_see() -> None:
    assert chance(0.02, 0.01, 0.04).end == 0.05
    drawn = chance(0.5, 0.2, 0.8)
    assert (drawn.end, drawn.low, drawn.here, drawn.high) == (1.0, 80, 200, 320)


def test_no_name_of_ours_is_shown_of_a_feature_that_is_gone() -> None:
    assert in_words("attributes.annual_plan") == "annual plan"
    assert in_words("events.webinar_seen.days_since") == "webinar seen days since"


def did(what: str, hours: float) -> Entry:
    return Entry(NOW - timedelta(hours=hours), what, "the lead", "did")


def test_what_came_again_and_again_is_one_line_until_something_else_happens() -> None:
    entries = [
        *(did("website visit", hours) for hours in (1, 2, 30)),
        did("reply", 3),
        Entry(NOW - timedelta(hours=2.5), "scored 57, hot", "was 50, warm; model 2", "scored"),
        Entry(NOW - timedelta(hours=29), "scored 50, warm", "was 31, cold; model 2", "scored"),
        Entry(NOW - timedelta(hours=40), "given to Ann", "by the rule"),
        did("website visit", 50),
    ]
    told = folded(entries)
    assert [(one.what, one.more, len(one.moments)) for one in told] == [
        ("website visit, 3 times on 2 days", "the lead", 3),
        ("scored 57, hot", "was 31, cold; model 2", 2),
        ("reply", "the lead", 0),
        ("given to Ann", "by the rule", 0),
        ("website visit", "the lead", 0),
    ]
    assert told[0].moments == sorted(told[0].moments, reverse=True)
